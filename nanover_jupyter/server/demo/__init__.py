"""A demo session with simulated people, for the embedded server."""
