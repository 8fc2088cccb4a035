"""The servers and connections of the tests of interactions."""

from tests.unit.client.simulation.conftest import both, connection, open_connection, url

__all__ = ["both", "connection", "open_connection", "url"]
