"""Shared state as traits and mappings: knows traitlets, and nothing of Jupyter."""
