"""The frames of a simulation, as a client receives them."""
