"""Any JSON websocket, and any stream of server-sent events, with a mapping file:
``json+wss://HOST/PATH?map=NAME`` and ``sse+https://HOST/PATH?map=NAME``."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from moltwatch.errors import UsageError
from moltwatch.sources.base import Status
from moltwatch.sources.live.addresses import host_name, need_privacy
from moltwatch.sources.live.keys import hint, read_key
from moltwatch.sources.live.websocket import WebsocketSource
from moltwatch.sources.mapped.feed import MappedFeed
from moltwatch.sources.mapped.mapping import Mapping, load_mapping, presets, uses_key_in_frames
from moltwatch.sources.mapped.sse import SseSource
from moltwatch.sources.registry import Opening, SourceSpec


def open_websocket(spec: SourceSpec, opening: Opening) -> WebsocketSource:
    """Make the source of a ``json+ws:`` or ``json+wss:`` address."""
    url, mapping = mapped_address(spec.text.partition("+")[2], "ws", "wss")
    status, feed, options = _prepare(url, mapping)
    return WebsocketSource(url, status, feed, spec=spec.text, **opening.connecting, **options)


def open_sse(spec: SourceSpec, opening: Opening) -> SseSource:
    """Make the source of an ``sse+http:`` or ``sse+https:`` address."""
    url, mapping = mapped_address(spec.text.partition("+")[2], "http", "https")
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
    key = read_key(mapping.key) if mapping.key else None
    if mapping.key:
        options["key_hint"] = hint(mapping.key)
    if key:
        options["secret"] = True
        if not uses_key_in_frames(mapping.send):
            options["headers"] = {"Authorization": f"Bearer {key}"}
    return status, MappedFeed(status, mapping, key), options
