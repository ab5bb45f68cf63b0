"""Keys of sources: from the environment or a file, never from the command line, where others on
the same machine and the shell's history would see them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from moltwatch.errors import UsageError

_LONGEST = 8_192
"""Bytes of a key; anything longer is another file."""


def read_key(variable: str, environment: Mapping[str, str] | None = None) -> str | None:
    """The key in an environment variable, or in the file that ``<variable>_FILE`` names.

    None if neither is set. Raises UsageError if the file cannot be read, or if what is there cannot
    be sent; the message never contains the key.
    """
    environment = os.environ if environment is None else environment
    where, key = variable, environment.get(variable, "").strip()
    if not key and (path := environment.get(f"{variable}_FILE")):
        where = path
        try:
            with Path(path).expanduser().open("rb") as file:
                key = file.read(_LONGEST + 1).decode("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a key"
            raise UsageError(f"{variable}_FILE: {path}: {reason}") from None
    return checked(key, where) if key else None


def checked(key: str, where: str) -> str:
    """The key, if it can be sent. Raises UsageError, which names ``where`` it was and not it."""
    if not key.isascii() or not key.isprintable() or len(key) > _LONGEST:
        raise UsageError(f"{where}: not a key: only printable ASCII can be sent")
    return key


def hint(variable: str) -> str:
    """What to do where a key is missing or wrong."""
    return f"it wants a key: set {variable}, or {variable}_FILE to the name of a file that holds it"
