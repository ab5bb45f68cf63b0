"""What dialects there are: one entry each. Files, standard input and live forums that send objects
of any sort look in here.

A new dialect is a file beside this one, and an entry below.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from msgspec import Struct

from moltwatch.dialects import api_objects, mastodon, nostr
from moltwatch.dialects.fields import Item, Origin
from moltwatch.errors import BadItem, Rejects
from moltwatch.model import Event
from moltwatch.times import Micros


class Dialect(Struct, frozen=True, kw_only=True):
    """How one sort of forum writes its objects."""

    name: str
    """Short; posts kept in a file carry it as their source."""
    marks: Callable[[Item], bool]
    """Whether an object is written in it: told by keys that no other dialect has together."""
    read: Callable[[list[Any], Origin, Rejects, str], list[Event]]
    """The events of such objects. Never raises; what is unusable is counted at a place."""


def one_by_one(
    read: Callable[[Item, Origin], list[Event]],
) -> Callable[[list[Any], Origin, Rejects, str], list[Event]]:
    """Reads many objects with what reads one, and raises BadItem if it is unusable."""

    def read_all(items: list[Any], origin: Origin, rejects: Rejects, where: str) -> list[Event]:
        events: list[Event] = []
        for item in items:
            try:
                events += read(item, origin)
            except BadItem as reason:
                rejects.add(str(reason), where)
        return events

    return read_all


MOLTBOOK = Dialect(name="moltbook", marks=lambda item: True, read=api_objects.events_from)
"""Takes what has no marks."""

DIALECTS: tuple[Dialect, ...] = (
    Dialect(name="mastodon", marks=mastodon.marks, read=one_by_one(mastodon.read)),
    Dialect(name="nostr", marks=nostr.marks, read=one_by_one(nostr.read)),
    MOLTBOOK,
)
"""The first whose marks an object has reads it."""


def dialect_of(value: object) -> Dialect:
    """What a decoded JSON value is written in."""
    if isinstance(value, dict):
        for dialect in DIALECTS:
            if dialect.marks(value):
                return dialect
    return MOLTBOOK


def events_from(
    value: object,
    rejects: Rejects,
    *,
    source: str | None,
    now: Micros | None = None,
    last: Micros | None = None,
    where: str = "",
) -> list[Event]:
    """Everything in a decoded JSON value: an object, a list of them, or an API answer around them.

    ``source`` None stands for the dialect's name; ``now`` and ``last`` are those of
    :class:`~.fields.Origin`. Never raises; what is unusable is counted in ``rejects`` at ``where``.
    """
    events: list[Event] = []
    for dialect, items in groupby(value if isinstance(value, list) else (value,), dialect_of):
        name = dialect.name if source is None else source
        events += dialect.read(list(items), Origin(source=name, now=now, last=last), rejects, where)
    return events
