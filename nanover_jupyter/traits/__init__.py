"""Shared state as traits and mappings. Depends on traitlets, not on Jupyter."""
