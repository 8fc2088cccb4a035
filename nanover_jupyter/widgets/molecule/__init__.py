"""The molecular view: the atoms of the simulation and the people around them."""
