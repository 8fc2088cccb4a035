"""Synchronization between a widget in the kernel and its views in the page."""
