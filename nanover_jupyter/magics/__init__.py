"""The IPython extension: `%load_ext nanover_jupyter` and the `%nanover` magic."""

from __future__ import annotations

from typing import Any

__all__ = ["load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(ipython: Any) -> None:
    """Register `%nanover`. Connects to nothing and imports no widgets."""
    from nanover_jupyter.magics.magics import NanoverMagics  # noqa: PLC0415 - needs IPython

    magics = NanoverMagics(ipython)
    ipython.register_magics(magics)
    magics.matcher.install()


def unload_ipython_extension(ipython: Any) -> None:
    """Close all connections of `%nanover` and unregister it."""
    registered = ipython.magics_manager.registry.pop("NanoverMagics", None)
    for kind in ("line", "cell"):
        ipython.magics_manager.magics[kind].pop("nanover", None)
    if registered is not None:
        registered.close()
