"""Command buttons and interactive controls."""
