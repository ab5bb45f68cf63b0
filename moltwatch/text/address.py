"""Addresses as they may be shown and kept: without what lets somebody in.

A name and a password can stand before the host, and keys behind the question mark. Whoever writes
an address into a recording, a log, a report or an error writes what :func:`masked_address` makes of
it (of a SOURCE, what :func:`moltwatch.sources.grammar.shown` makes of it).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote, unquote_plus

MASK = "***"

# Without slashes, what ends at the first colon may be a name.
_BEGINNING = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:(?=/|[^@:]*+:[^@]*+@|[^@]*+$))?/*")
_AUTHORITY = re.compile(r"[^/?#]*")
_HOST = re.compile(r"[\w.%~-]*(?::\d+)?|\[[^@]*\](?::\d+)?")
_AT = re.compile("(?<!/)@")


def masked_address(text: str, known: Collection[str] = ()) -> str:
    """The address with ``***`` in the place of a name and password, and of each value behind the
    question mark whose key is not one of ``known``.

    >>> masked_address("wss://ada:word@forum.example/live?token=abc&since=2h#general", ["since"])
    'wss://***@forum.example/live?token=***&since=2h#general'
    """
    address, hash, fragment = _without_user(text).partition("#")
    address, mark, query = address.partition("?")
    query = "&".join(_pair(part, known) for part in query.split("&"))
    if "=" in fragment:
        fragment = "&".join(_pair(part, known) for part in fragment.split("&"))
    return f"{address}{mark}{query}{hash}{fragment}"


def _without_user(text: str) -> str:
    begin = _BEGINNING.match(text)
    assert begin is not None
    authority = _AUTHORITY.match(text, begin.end())
    assert authority is not None
    _, at, host = authority[0].rpartition("@")
    if _HOST.fullmatch(host) and (host or not at):
        # What follows a slash is somebody's page; any other sign of it is a password that was not
        # encoded, and begins like a port.
        pages = text.partition("?")[0]
        ends = [match.start() for match in _AT.finditer(pages, begin.end())]
        end = max(text.rfind("@", begin.end(), authority.end()), *ends, -1)
    else:
        end = text.rfind("@")
    return text if end < begin.end() else f"{text[: begin.end()]}{MASK}{text[end:]}"


def _pair(part: str, known: Collection[str]) -> str:
    key, equals, value = part.partition("=")
    if equals and unquote_plus(key) in known:
        plain = unquote(value)
        masked = masked_address(plain)  # it may be an address of its own
        return part if masked == plain else f"{key}={masked}"
    if value:
        return f"{key}={MASK}"
    return MASK if part else part
