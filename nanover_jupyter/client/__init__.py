"""What we know of a server: its state, its commands, our locks; and how to reach it."""
