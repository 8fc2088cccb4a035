"""An embedded NanoVer server and a demo world for it; knows nothing of the client side."""

from nanover_jupyter.server.commands.registry import CommandRegistration
from nanover_jupyter.server.demo.world import DemoWorld
from nanover_jupyter.server.embedded import NanoverServer

__all__ = ["CommandRegistration", "DemoWorld", "NanoverServer"]
