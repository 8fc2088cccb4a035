"""The Simulation tool: playback, live plots and the fields of the current frame."""
