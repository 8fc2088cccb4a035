"""Parsing and completion of `%nanover` lines."""
