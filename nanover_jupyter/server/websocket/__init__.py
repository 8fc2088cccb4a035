"""The WebSocket service and the sessions of its clients."""
