"""References to secrets in environment variables and in the keyring."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module

from nanover_jupyter.magics.errors import MagicError

__all__ = ["Secret"]


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to a secret, without the secret itself.

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
        """Return the secret.

        Raises:
            MagicError: There is none at this place.
        """
        if self.env:
            found = os.environ.get(self.env)
            if not found:
                raise MagicError(
                    f"Environment variable {self.env}, which holds the token, is not set. Set it "
                    "before the kernel starts, or with %env in a cell that you do not save."
                )
            return found
        return self._from_keyring()

    def _from_keyring(self) -> str:
        try:
            keyring = import_module("keyring")
        except ImportError as error:
            raise MagicError(
                "The token is in the keyring, but the keyring package is not installed. "
                "Run pip install nanover-jupyter[keyring]."
            ) from error
        try:
            found = keyring.get_password(self.keyring, self.user)
        except Exception as error:  # each backend raises its own errors
            kind = type(error).__name__
            raise MagicError(f"Cannot read the keyring ({kind}).") from error
        if not found:
            raise MagicError(
                f"The keyring has no token for {self.user!r} of {self.keyring!r}. Store it with: "
                f"keyring set {self.keyring} {self.user}"
            )
        return str(found)
