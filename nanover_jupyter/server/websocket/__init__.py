"""The WebSocket service."""
