"""An embedded NanoVer server and a demo world for it; knows nothing of the client side."""

from nanover_jupyter.server.commands import CommandRegistration
from nanover_jupyter.server.demo import DemoWorld
from nanover_jupyter.server.embedded import NanoverServer

__all__ = ["CommandRegistration", "DemoWorld", "NanoverServer"]
