"""Leases on keys: requests, renewal, the table of leases, and locked editing."""
