"""Interactions with a simulation and selections of its atoms."""
