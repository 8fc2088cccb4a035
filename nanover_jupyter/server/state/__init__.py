"""The server's shared state and its subscriptions."""
