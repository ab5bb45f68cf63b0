"""The forum websocket protocol, version 1: what ``moltwatch serve`` speaks and ``ws:`` understands.

Text frames, one JSON object each. Unknown keys are ignored, on both sides. Any forum can offer its
public stream this way; the least it has to do is the last section.

**The client** speaks first, once::

    {"type": "subscribe", "protocol": 1, "since": null, "communities": ["general"]}

``since`` is a cursor from an earlier frame of the same forum, or null (or absent) to begin with
what comes next. ``communities``, when given, leaves out posts of other communities; posts that have
none, and events that are not posts, come anyway.

**The server** answers::

    {"type": "welcome", "protocol": 1, "forum": "agora", "clock": "wall", "cursor": "…",
     "resumed": false, "missed": null, "heartbeat": 15}

``clock``
    ``wall``: what is sent happens now, and the client stamps it on arrival. ``stream``: a recorded
    forum is being played; the times in the events count and the client keeps them.
``resumed``
    Everything after ``since`` will be sent. When false, ``missed`` is the number of events lost, or
    null where nobody knows.
``heartbeat``
    The server is never silent for longer than this many seconds. A client that hears nothing for
    three times as long takes the connection for dead. Null or absent: no promise.

then, for as long as it lasts::

    {"type": "events", "cursor": "…", "events": [{"type": "post", …}, …]}
    {"type": "heartbeat", "at": 1769836771200000, "cursor": "…"}
    {"type": "error", "code": "bad-frame", "message": "…"}
    {"type": "end", "cursor": "…"}

Events are recording lines (:mod:`moltwatch.model`): times are microseconds since 1970 UTC. ``at``
is the time the stream has reached; it never runs ahead of what has been sent or left out. ``end``:
the recording is over, nothing will follow. After an error with one of the codes in
:data:`FATAL_CODES` the server closes; after any other the stream goes on.

A server may want a token: the client sends it as ``Authorization: Bearer TOKEN`` with its upgrade
request, and is answered 401 where it is missing or wrong.

A ``cursor`` stands for everything up to and including its frame. Clients keep the latest, give it
back as ``since``, and read nothing into it. Servers make it of what lasts: ours is a fingerprint of
the recording (of the run, for a live source) and the ordinal of the event, so that a server started
again with the same recording goes on where each client was.

**A simple forum** may leave all of that out and send one event, or one post as its own API gives
it, a frame: ``{"id": "7", "author": "ada", "content": "hello"}``. It is stamped on arrival, and
after a broken connection the client counts what happened meanwhile as missed.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import msgspec
from msgspec import Raw, Struct

from moltwatch.times import EARLIEST, LATEST, Micros, parse_time

PROTOCOL = 1

TOKEN = "MOLTWATCH_SERVE_TOKEN"
"""The environment variable of the token, on both ends; with ``_FILE`` the name of its file."""

LONGEST_CURSOR = 512
"""Characters; a longer one is not kept."""

FATAL_CODES = frozenset({"unsupported-protocol", "unauthorized", "forbidden", "not-found"})
"""Error codes after which trying again is useless."""


class Subscribe(Struct, frozen=True, kw_only=True, tag_field="type", tag="subscribe"):
    """What a client asks for."""

    protocol: int = PROTOCOL
    since: str | None = None
    communities: tuple[str, ...] | None = None


class Welcome(Struct, frozen=True, kw_only=True, tag_field="type", tag="welcome"):
    """What the client is going to get."""

    protocol: int = PROTOCOL
    forum: str = ""
    clock: Literal["wall", "stream"] = "wall"
    cursor: str | None = None
    resumed: bool = False
    missed: int | None = None
    heartbeat: float | None = None


class Events(Struct, frozen=True, kw_only=True, tag_field="type", tag="events"):
    """Events, each still as it was sent: a bad one costs only itself."""

    cursor: str | None = None
    events: tuple[Raw, ...] = ()


class Beat(Struct, frozen=True, kw_only=True, tag_field="type", tag="heartbeat"):
    """The connection lives, and the stream has reached ``at``."""

    at: Micros | None = None
    cursor: str | None = None


class End(Struct, frozen=True, kw_only=True, tag_field="type", tag="end"):
    """Nothing will follow."""

    cursor: str | None = None


class Error(Struct, frozen=True, kw_only=True, tag_field="type", tag="error"):
    """Something was wrong, in words."""

    code: str = ""
    message: str = ""


class Garbage(Struct, frozen=True, kw_only=True):
    """A frame that makes no sense; the reason is short and the same for all of its sort."""

    reason: str


ServerFrame: TypeAlias = Welcome | Events | Beat | End | Error
Frame: TypeAlias = Subscribe | ServerFrame


class _Envelope(Struct):
    type: object = None


class _LooseBeat(Struct):
    at: int | str | None = None
    seen_at: int | str | None = None
    cursor: str | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_decoders: dict[str, msgspec.json.Decoder[ServerFrame]] = {
    "welcome": msgspec.json.Decoder(Welcome),
    "events": msgspec.json.Decoder(Events),
    "end": msgspec.json.Decoder(End),
    "error": msgspec.json.Decoder(Error),
}
_beat = msgspec.json.Decoder(_LooseBeat)
_subscribe = msgspec.json.Decoder(Subscribe)

# A surrogate escape without its other half is legal JSON for most servers and an error for a
# strict decoder. Pairs and escaped backslashes are matched first, so that they stay.
_SURROGATES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def encode(frame: Frame) -> bytes:
    """The text of a frame, in UTF-8. To be sent as a text frame."""
    return msgspec.json.encode(frame)


def read_server_frame(data: bytes) -> ServerFrame | Garbage:
    """What a server sent. A bare event or post comes out as :class:`Events` holding it alone."""
    try:
        return _read(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        text = data.decode(errors="replace")
    mended = _SURROGATES.sub(lambda match: r"\ufffd" if match[1] else match[0], text)
    try:
        return _read(mended.encode())
    except msgspec.ValidationError:
        return Garbage(reason="a frame of the wrong shape")
    except (msgspec.DecodeError, RecursionError):
        return Garbage(reason="a frame that is not JSON")


def _read(data: bytes) -> ServerFrame | Garbage:
    kind = _envelope.decode(data).type
    if kind == "heartbeat":
        return _read_beat(data)
    if isinstance(kind, str) and (decoder := _decoders.get(kind)):
        frame = decoder.decode(data)
        cursor = getattr(frame, "cursor", None)
        if cursor is not None and len(cursor) > LONGEST_CURSOR:
            return msgspec.structs.replace(frame, cursor=None)
        return frame
    return Events(events=(Raw(data),))


def _read_beat(data: bytes) -> ServerFrame | Garbage:
    """A heartbeat frame, or a bare recorded heartbeat, which says the same."""
    loose = _beat.decode(data)
    at = loose.at if loose.at is not None else loose.seen_at
    if isinstance(at, str):
        try:
            at = parse_time(at)
        except ValueError:
            at = -1
    if at is not None and not EARLIEST <= at < LATEST:
        return Garbage(reason="a heartbeat without a readable time")
    cursor = loose.cursor if loose.cursor and len(loose.cursor) <= LONGEST_CURSOR else None
    return Beat(at=at, cursor=cursor)


def read_client_frame(data: bytes) -> Subscribe | Garbage:
    """What a client sent."""
    try:
        kind = _envelope.decode(data).type
        if kind != "subscribe":
            return Garbage(reason="only subscribe frames are understood")
        return _subscribe.decode(data)
    except msgspec.ValidationError:
        return Garbage(reason="a frame of the wrong shape")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Garbage(reason="a frame that is not JSON")
