"""What holds for all tests: nothing of the person's who runs them is read or written."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from nanover_jupyter import connect

# Else each process of the tests would compile everything anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# How long an example takes says more about the machine than about the code.
settings.register_profile("quick", deadline=None, max_examples=40)
# For --hypothesis-profile=thorough.
settings.register_profile("thorough", deadline=None, max_examples=500)
settings.load_profile("quick")

# So does how long a server takes to answer; a test of that names a time of its own.
connect.__kwdefaults__["timeout"] = 30.0

# A shell that starts something in the background has it ignore Ctrl-C, and so have its children.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def preferences_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield
