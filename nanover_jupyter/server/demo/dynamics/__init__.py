"""A small molecular dynamics engine in numpy, and the systems that the demo simulates.

Units are NanoVer's: nm, ps, amu, K, kJ/mol and kJ/mol/nm.
"""
