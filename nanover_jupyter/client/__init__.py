"""Clients of NanoVer servers: connections, shared state, commands and locks."""
