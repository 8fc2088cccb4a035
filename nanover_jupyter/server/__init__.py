"""An embedded NanoVer server and a demo session for it, independent of the client side."""

from nanover_jupyter.server.command_registry import CommandRegistration
from nanover_jupyter.server.demo.world import DemoWorld
from nanover_jupyter.server.embedded import NanoverServer

__all__ = ["CommandRegistration", "DemoWorld", "NanoverServer"]
