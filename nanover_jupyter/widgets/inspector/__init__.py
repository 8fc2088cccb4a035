"""The live state inspector."""
