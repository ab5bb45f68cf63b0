"""Addresses of Mastodon streams, and where REST has what they show. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from msgspec import Struct

from moltwatch.errors import UsageError
from moltwatch.sources.live.addresses import host_name, need_privacy

TOKEN = "MASTODON_ACCESS_TOKEN"
PATH = "/api/v1/streaming"


class Address(Struct, frozen=True, kw_only=True):
    """Where a stream is, and what belongs to it."""

    url: str
    """To connect to."""
    query: dict[str, str]
    """Parameters of the stream."""
    api: str
    """Where REST is: some servers stream from a host of its own."""


def stream_address(text: str) -> Address:
    """Understand what follows ``mastodon+``. Raises UsageError if it is no address.

    ``api=HOST`` names the host of REST where that is another.
    """
    host_name(text, "ws", "wss")
    need_privacy(text)
    parts = urlsplit(text)
    if parts.username or parts.password:
        raise UsageError(f"no passwords in a SOURCE: set {TOKEN}")
    query = dict(parse_qsl(parts.query))
    if "access_token" in query:
        raise UsageError(f"no keys in a SOURCE: set {TOKEN}")
    query.setdefault("stream", "hashtag" if "tag" in query else "public")
    timeline_path(query)
    api_host = query.pop("api", parts.netloc)
    scheme = "https" if parts.scheme == "wss" else "http"
    api = urlunsplit((scheme, api_host, "", "", ""))
    host_name(api, scheme)
    need_privacy(api)
    path = parts.path if parts.path.strip("/") else PATH
    url = urlunsplit((parts.scheme, parts.netloc, path, urlencode(query), ""))
    return Address(url=url, query=query, api=api)


def timeline_path(query: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Where REST has what a stream shows: a path and its parameters. Raises UsageError for streams
    there are none of."""
    stream, _, part = query["stream"].partition(":")
    params = {"local": {"local": "true"}, "remote": {"remote": "true"}, "": {}}.get(part)
    if stream == "public" and params is not None:
        return "/api/v1/timelines/public", params
    if stream == "hashtag" and part in ("", "local") and params is not None:
        if not query.get("tag"):
            raise UsageError("which hashtag? Add &tag=NAME")
        return f"/api/v1/timelines/tag/{quote(query['tag'], safe='')}", params
    raise UsageError("stream must be public, public:local, public:remote, hashtag or hashtag:local")
