"""Codec of NanoVer's gRPC protocol."""
