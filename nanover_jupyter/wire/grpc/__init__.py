"""Codec of the gRPC protocol."""
