"""Frames of a simulation: their keys, types and units, independent of the wire format."""
