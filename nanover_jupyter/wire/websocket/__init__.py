"""Codec of the WebSocket protocol, which sends MessagePack."""
