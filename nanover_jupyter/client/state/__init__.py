"""The client's copy of the shared state: mirror, changes, waiting, edits."""
