"""References to secrets in environment variables and in the keyring."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module

from nanover_jupyter.magics.line.parser import MagicSyntaxError

__all__ = ["Secret"]


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is, not what it is.

    Attributes:
        env: The environment variable that holds it, or empty.
        keyring: The keyring service that holds it, or empty.
        user: The user name of the keyring entry.
    """

    env: str = ""
    keyring: str = ""
    user: str = ""

    def __str__(self) -> str:
        if self.env:
            return f"the environment variable {self.env}"
        return f"the secret {self.keyring!r} of {self.user!r} in the keyring"

    def read(self) -> str:
        """The secret.

        Raises:
            MistakenLine: It is not where it should be.
        """
        if self.env:
            found = os.environ.get(self.env)
            if not found:
                raise MagicSyntaxError(
                    f"the environment variable {self.env} is not set, which holds the token: "
                    "set it before the kernel starts, or with %env in a cell that is not saved"
                )
            return found
        return self._from_keyring()

    def _from_keyring(self) -> str:
        try:
            keyring = import_module("keyring")
        except ImportError as error:
            raise MagicSyntaxError(
                "the token is in the keyring, which is not installed here: "
                "pip install nanover-jupyter[keyring]"
            ) from error
        try:
            found = keyring.get_password(self.keyring, self.user)
        except Exception as error:  # each backend has errors of its own
            kind = type(error).__name__
            raise MagicSyntaxError(f"the keyring could not be read ({kind})") from error
        if not found:
            raise MagicSyntaxError(
                f"the keyring holds no token for {self.user!r} of {self.keyring!r}: "
                f"keyring set {self.keyring} {self.user} stores one"
            )
        return str(found)
