"""Settings of all tests, which neither read nor write the user's own files."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from nanover_jupyter import connect

# Otherwise each test process would compile all modules again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The time of an example depends more on the machine than on the code.
settings.register_profile("quick", deadline=None, max_examples=40)
# For --hypothesis-profile=thorough.
settings.register_profile("thorough", deadline=None, max_examples=500)
settings.load_profile("quick")

# A busy machine delays replies too. Tests of the timeout set their own.
connect.__kwdefaults__["timeout"] = 30.0

# A shell makes its background processes and their children ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def empty_config_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield
