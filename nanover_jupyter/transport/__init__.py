"""Transports: one interface, implemented over gRPC and over WebSocket."""
