"""Client settings for TLS connections: certificates and request metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nanover_jupyter.errors import ConnectError
from nanover_jupyter.regular_files import read_regular_file

__all__ = ["LARGEST_PEM", "TlsSettings"]

Material = bytes | str | Path

# The root certificates of an operating system take a quarter of it.
LARGEST_PEM = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """Certificates and tokens for an encrypted connection. `repr` hides them.

    Attributes:
        root_certificates: PEM of the trusted root certificates, as path or bytes. Defaults
            to those of the operating system. For a self-signed server, its certificate.
        private_key: PEM of the client's key, if the server requires one.
        certificate_chain: PEM of the client's certificate for that key.
        server_name: The name in the server's certificate, if it differs from the address.
        metadata: Headers of every call, such as {"authorization": "Bearer ..."}; names in
            lower case. Only sent over encrypted connections.
    """

    root_certificates: Material | None = field(default=None, repr=False)
    private_key: Material | None = field(default=None, repr=False)
    certificate_chain: Material | None = field(default=None, repr=False)
    server_name: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)

    def pem(self, name: str) -> bytes | None:
        """Return one of the three PEM fields as bytes, read from its file if it is a path.

        Raises:
            ConnectError: The file cannot be read, is not a regular file, or is larger than
                1 MiB.
        """
        material: Material | None = getattr(self, name)
        if material is None or isinstance(material, bytes):
            return material
        what = name.replace("_", " ")
        if "-----BEGIN " in str(material):
            # The message does not quote it, because it may be a key.
            raise ConnectError(
                "a TLS server",
                f"cannot read the {what}: this is PEM text; give it as bytes",
                "settings",
            )
        try:
            return read_regular_file(Path(material).expanduser(), limit=LARGEST_PEM)
        # Path raises RuntimeError if a home directory is unknown, ValueError for a null byte.
        except (OSError, RuntimeError, ValueError) as error:
            why = (isinstance(error, OSError) and error.strerror) or str(error)
            raise ConnectError(
                "a TLS server", f"cannot read the {what}: {material}: {why}", "settings"
            ) from error
