"""An embedded NanoVer server and a demo world for it; knows nothing of the client side."""

from nanover_jupyter.server.demo import DemoWorld
from nanover_jupyter.server.embedded import NanoverServer

__all__ = ["DemoWorld", "NanoverServer"]
