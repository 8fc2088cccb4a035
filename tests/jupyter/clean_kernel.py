"""Cleans the kernel that runs this code, and prints leaks as JSON.

The warm kernel executes this file between two tests, with its IPython as `shell`. It closes
what a test has left open, like a restart of the kernel. Remaining objects are leaks.
"""

import gc
import json
import sys
import threading
import time


def close_what_is_open(shell):
    if "nanover_jupyter" in shell.extension_manager.loaded:
        shell.extension_manager.unload_extension("nanover_jupyter")
    if "ipywidgets" in sys.modules:
        sys.modules["ipywidgets"].Widget.close_all()
    for thing in open_things():
        thing.close()
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def open_things():
    """The connections, clients, servers and demo worlds that exist, but for closed clients."""
    package = sys.modules.get("nanover_jupyter")
    if package is None:
        return []
    return [
        *open_clients(),
        *instances_of(package.Connection, package.DemoWorld, package.NanoverServer),
    ]


def open_clients():
    core = sys.modules.get("nanover_jupyter.client.base_client")
    if core is None:
        return []
    return [each for each in instances_of(core.BaseClient) if each.status.state != "closed"]


def instances_of(*kinds):
    # Not isinstance, which asks a proxy for the class of what it stands for.
    return [each for each in gc.get_objects() if issubclass(type(each), kinds)]


def leftovers():
    widgets = []
    if "ipywidgets" in sys.modules:
        widgets = sys.modules["ipywidgets"].widgets.widget._instances.values()
    threads = [each.name for each in threading.enumerate() if each.name.startswith("nanover-")]
    return [type(each).__name__ for each in widgets] + [*map(repr, open_clients())] + threads


def clean(shell):
    close_what_is_open(shell)
    # A traceback keeps the variables of its frames.
    for name in ("last_exc", "last_type", "last_value", "last_traceback"):
        if hasattr(sys, name):
            delattr(sys, name)
    shell.reset(new_session=False)
    gc.collect()
    # A stopping thread may take a moment.
    deadline = time.monotonic() + 10
    while (left := leftovers()) and time.monotonic() < deadline:
        time.sleep(0.01)
    sys.stdout.write(json.dumps(left))


clean(globals()["shell"])
