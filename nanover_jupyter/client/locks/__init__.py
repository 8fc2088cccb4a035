"""Leases on keys of the shared state: table, renewal, server requests, locked editing."""
