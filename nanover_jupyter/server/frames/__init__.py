"""The frames of the server's simulation and their subscriptions."""
