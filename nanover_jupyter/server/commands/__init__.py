"""Commands that the server or its clients offer."""
