"""The lock manager."""
