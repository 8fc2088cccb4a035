"""Claims in the shared state: cooperative locks, and who holds or waits for a lock."""
