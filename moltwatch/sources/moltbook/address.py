"""Which Moltbook server a SOURCE means, and the key that belongs to it.

The key goes to https://www.moltbook.com alone unless ``MOLTBOOK_API_KEY_HOST`` names another host,
and never in clear over a network.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from moltwatch.dialects.fields import read_json
from moltwatch.errors import UsageError
from moltwatch.sources.live.addresses import Key, checked, host_name, is_loopback, read_key

HOST = "www.moltbook.com"
BASE = f"https://{HOST}/api/v1"
KEY_VARIABLE = "MOLTBOOK_API_KEY"
KEY = Key(KEY_VARIABLE, home=HOST)

_NAMES = ("api_key", "apiKey", "key")
_LARGEST = 64 * 1024


def understand(scheme: str, rest: str) -> tuple[str, str | None]:
    """Base address and submolt of a SOURCE. Raises UsageError."""
    if scheme == "moltbook":
        base, name = BASE, rest.removeprefix("m/")
        if name.startswith("//"):
            raise UsageError("a Moltbook server is written moltbook+https://HOST/api/v1")
    else:
        address, _, name = rest.partition("#")
        base = _base(f"{scheme.removeprefix('moltbook+')}:{address}")
    if "?" in name:
        raise UsageError(f"a key does not belong into an address: set {KEY_VARIABLE}")
    submolt = unquote(name)
    if "," in submolt or "/" in submolt:
        raise UsageError("one submolt a SOURCE: several sources may be named side by side")
    return base, submolt or None


def short_name(base: str, submolt: str | None) -> str:
    """What posts carry as their source: ``moltbook``, or host and port of another server."""
    name = "moltbook" if base == BASE else host_name(base, "http", "https")
    return f"{name}:{submolt}" if submolt else name


def credentials_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where agents on Moltbook keep their key: ``~/.config/moltbook/credentials.json``, with or
    without ``XDG_CONFIG_HOME`` set."""
    folder = environment.get("XDG_CONFIG_HOME")
    return (Path(folder) if folder else Path.home() / ".config") / "moltbook" / "credentials.json"


def key_for(base: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The key to send to the server at ``base``; None if there is none that belongs to it.

    ``MOLTBOOK_API_KEY`` (or the file that ``MOLTBOOK_API_KEY_FILE`` names) comes before the
    credentials file, which is only for the public server. Raises UsageError, which does not quote
    it, for a key that cannot be sent.
    """
    if not _is_private(base):
        return None
    if read_key(KEY_VARIABLE, environment):
        return KEY.sent_to(base, environment)
    return _from_file(credentials_file(environment)) if _is_public(base) else None


def key_hint(base: str, key: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """What to do where the server at ``base`` wants a key, or does not accept ``key``."""
    if read_key(KEY_VARIABLE, environment):
        if key is None and KEY.goes_to(base, environment):
            return f"{KEY_VARIABLE} is set, and not sent in clear over a network: use https"
        return KEY.hint(base, environment)
    file = credentials_file(environment)
    if key is not None:
        return f"the key in {file} was sent, and is not accepted: wrong, or expired"
    if _from_file(file):
        return f"the key in {file} is for {HOST} alone: set {KEY_VARIABLE} and {KEY_VARIABLE}_HOST"
    return KEY.hint(base, environment)


def _base(address: str) -> str:
    host = host_name(address, "http", "https")
    parts = urlsplit(address)
    if parts.username is not None or parts.password is not None or parts.query:
        raise UsageError(f"a key does not belong into an address: set {KEY_VARIABLE}")
    if parts.hostname in ("moltbook.com", HOST):
        return BASE  # the bare name only redirects, and loses the key on the way
    return f"{parts.scheme}://{host}{parts.path.rstrip('/') or '/api/v1'}"


def _is_public(base: str) -> bool:
    return urlsplit(base).netloc.lower() == HOST


def _is_private(base: str) -> bool:
    """Nobody on the way can read what is sent."""
    return urlsplit(base).scheme == "https" or is_loopback(base)


def _from_file(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            value: Any = read_json(file.read(_LARGEST))
    except (OSError, ValueError):
        return None
    if not isinstance(value, dict):
        return None
    found = (value.get(name) for name in _NAMES)
    key = next((key.strip() for key in found if isinstance(key, str) and key.strip()), None)
    return checked(key, str(path)) if key else None
