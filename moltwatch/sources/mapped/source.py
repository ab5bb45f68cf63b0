"""Any JSON websocket, and any stream of server-sent events, with a mapping file:
``json+wss://HOST/PATH?map=NAME`` and ``sse+https://HOST/PATH?map=NAME``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from moltwatch.dialects.mapped import Mapping, SendRule, read_mapping
from moltwatch.errors import UsageError
from moltwatch.sources.base import Status
from moltwatch.sources.live.addresses import Key, host_name, need_privacy
from moltwatch.sources.live.websocket import WebsocketSource
from moltwatch.sources.mapped.feed import MappedFeed
from moltwatch.sources.mapped.sse import SseSource
from moltwatch.sources.registry import Opening, SourceSpec

_PRESETS = Path(__file__).with_name("presets")
_LARGEST = 1_000_000
"""Bytes of a mapping file."""


def open_websocket(spec: SourceSpec, opening: Opening) -> WebsocketSource:
    """Make the source of a ``json+ws:`` or ``json+wss:`` address."""
    url, mapping = mapped_address(spec.text.partition("+")[2], "ws", "wss")
    status, feed, options = _prepare(url, mapping)
    return WebsocketSource(url, status, feed, spec=spec.text, **opening.connecting, **options)


def open_sse(spec: SourceSpec, opening: Opening) -> SseSource:
    """Make the source of an ``sse+http:`` or ``sse+https:`` address."""
    url, mapping = mapped_address(spec.text.partition("+")[2], "http", "https")
    if mapping.send or mapping.history:
        raise UsageError("server-sent events take no answers: no [[send]], no [history]")
    status, feed, options = _prepare(url, mapping)
    return SseSource(url, status, feed, spec=spec.text, **opening.connecting, **options)


def mapped_address(text: str, *schemes: str) -> tuple[str, Mapping]:
    """The address without its ``map=``, and the mapping. Raises UsageError."""
    host_name(text, *schemes)
    need_privacy(text)
    parts = urlsplit(text)
    if parts.username or parts.password:
        raise UsageError("no passwords in a SOURCE: a mapping names the variable of its key")
    query = parse_qsl(parts.query, keep_blank_values=True)
    names = [value for key, value in query if key == "map"]
    if len(names) != 1:
        raise UsageError(
            f"which mapping? Add ?map=FILE, or one of the presets: {', '.join(presets())}"
        )
    rest = urlencode([(key, value) for key, value in query if key != "map"])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, rest, "")), load_mapping(names[0])


def _prepare(url: str, mapping: Mapping) -> tuple[Status, MappedFeed, dict[str, Any]]:
    name = mapping.source or host_name(url, urlsplit(url).scheme)
    status = Status(name=name)
    options: dict[str, Any] = {}
    key = None
    if mapping.key:
        key = Key(mapping.key).sent_to(url)
        options["key_hint"] = Key(mapping.key).hint(url)
    if key:
        options["secret"] = True
        if not uses_key_in_frames(mapping.send):
            options["headers"] = {"Authorization": f"Bearer {key}"}
    return status, MappedFeed(status, mapping, key), options


def presets() -> dict[str, Path]:
    """The mappings that come with moltwatch, by name."""
    return {path.stem: path for path in sorted(_PRESETS.glob("*.toml"))}


def load_mapping(name: str) -> Mapping:
    """The preset or the file of this name. Raises UsageError that says what is wrong with it."""
    known = presets()
    path = known.get(name) or Path(name).expanduser()
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a name"
        there_is = ", ".join(known)
        raise UsageError(f"mapping {name}: {reason}; presets are: {there_is}") from None
    return read_mapping(data, name)


def uses_key_in_frames(rules: Sequence[SendRule]) -> bool:
    """Whether the key goes into a frame, and so not into a header."""
    return any(b'"{key}"' in msgspec.json.encode(rule.frame) for rule in rules)
