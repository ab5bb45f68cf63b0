"""moltwatch's own lines: an event as JSON and back, and lines of any dialect read in their order.

A line that moltwatch wrote takes one strict decode, and so does the usual line of an archive (see
:mod:`.usual`). Any other is looked at with patience: recording lines written by hand (ISO times,
numbers as ids), objects of every dialect, whole API answers. A line that is none of these is a
counted reject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct, structs

from moltwatch.bounded import LONGEST_ID, TOO_LONG, Recent
from moltwatch.dialects.fields import SEEN, TooDeep, first, read_json, scrub
from moltwatch.dialects.registry import MOLTBOOK, events_from
from moltwatch.dialects.usual import read_usual
from moltwatch.errors import RecordingError, Rejects
from moltwatch.model import AgentSeen, Event, Gap, Post
from moltwatch.times import EARLIEST, LATEST, Micros

FORMAT = "moltwatch"
VERSION = 1

MOST_KNOWN = 100_000
"""Posts whose thread is remembered."""

decode = msgspec.json.Decoder(Event).decode
"""Strict and quick: one JSON object, exactly as :func:`encode` writes it. Raises ValueError."""

_encoder = msgspec.json.Encoder()


class Header(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="header"):
    """First line of a ``.jsonl`` recording, one row of a ``.molt``."""

    format: str = FORMAT
    version: int = VERSION
    title: str = ""
    """What this is, in one line."""
    origin: str = ""
    """The SOURCE it was recorded or made from."""
    created_at: str = ""
    """RFC 3339, by the recorder's clock."""
    simulated: bool = False
    """No agent wrote this: a program did."""


def encode_lines(events: Sequence[Event]) -> bytes:
    """One line an event, each with its line feed."""
    try:
        return _encoder.encode_lines(events)
    except UnicodeEncodeError:
        return _encoder.encode_lines([_scrubbed(event) for event in events])


def encode(event: Event) -> str:
    """One event as JSON text."""
    try:
        return _encoder.encode(event).decode()
    except UnicodeEncodeError:
        return _encoder.encode(_scrubbed(event)).decode()


def tag(event: Event) -> str:
    """The word that tells its type in a recording: ``post``, ``edit``, ``gap``…"""
    return str(event.__struct_config__.tag)


def read_own(line: bytes | None) -> Event | None:
    """The event of a line that moltwatch wrote; None for any other."""
    try:
        event = decode(line)  # type: ignore[arg-type]  # None is told from lines without cost
    except (ValueError, TypeError, RecursionError):
        return None
    return event if is_sane(event) else None


def is_sane(event: Event) -> bool:
    """All its times lie between 1970 and 2100: what a decoder cannot say of an integer."""
    if not EARLIEST <= event.seen_at < LATEST:
        return False
    if isinstance(event, Post):
        return EARLIEST <= event.created_at < LATEST
    if isinstance(event, Gap):
        return EARLIEST <= event.since < LATEST and EARLIEST <= event.until < LATEST
    if isinstance(event, AgentSeen):
        return event.created_at is None or EARLIEST <= event.created_at < LATEST
    return True


def _scrubbed(event: Event) -> Event:
    # Lone surrogates: a JSON parser may hand them over, UTF-8 cannot hold them.
    changes = {
        field: scrub(value)
        for field in event.__struct_fields__
        if isinstance(value := getattr(event, field), str)
    }
    return structs.replace(event, **changes)


class Lines:
    """Reads lines in order. ``now`` is asked for the time of observation of objects that do not
    carry their own; without it ``created_at`` stands in, then the latest time so far."""

    header: Header | None = None
    """The first header line met."""

    def __init__(
        self,
        name: str,
        *,
        source: str | None = "",
        now: Callable[[], Micros] | None = None,
        rejects: Rejects | None = None,
    ) -> None:
        self.name = name
        """For error messages: the file, or ``standard input``."""
        self.source = source
        """Short name of what does not name its own; None for that of its dialect."""
        self.rejects = Rejects() if rejects is None else rejects
        self.number = 0
        """Lines read so far."""
        self.last: Micros | None = None
        """Highest ``seen_at`` so far."""
        self._now = now
        self._threading = Threading()
        self._quick: list[Callable[[bytes | None], Event | None]] = [read_own, self._usual]
        """Ways to read a line in one step, the one that read the last such line first."""

    def read(self, lines: Iterable[bytes | None]) -> list[Event]:
        """The events of some more whole lines; None stands for one that was too long.

        Raises RecordingError only for a header that says the recording is of a later version.
        """
        events: list[Event] = []
        last = -1 if self.last is None else self.last
        quick = self._quick
        for line in lines:
            self.number += 1
            event = quick[0](line)
            if event is None and (event := quick[1](line)) is not None:
                quick.reverse()
            if event is not None:
                events.append(event)
                if event.seen_at > last:
                    last = event.seen_at
            elif line is None:
                self.reject(TOO_LONG)
            elif line and not line.isspace():
                self.last = last if last >= 0 else None
                for event in self._patiently(line):
                    events.append(event)
                    last = max(last, event.seen_at)
        self.last = last if last >= 0 else None
        return events

    def finish(self, rest: bytes | None) -> list[Event]:
        """The events of a last line without line feed: whole, or cut off."""
        if rest is None:
            return self.read((None,))
        try:
            read_json(rest)
        except ValueError:
            if rest.strip():
                self.number += 1
                self.reject("cut off in the middle of a line")
            return []
        return self.read((rest,))

    def reject(self, reason: str) -> None:
        """Count something unusable at the current line."""
        self.rejects.add(reason, f"line {self.number}")

    def _usual(self, line: bytes | None) -> Event | None:
        source = MOLTBOOK.name if self.source is None else self.source
        post = read_usual(line, source, self._now)
        return post and self._threading.settle(post)

    def _patiently(self, line: bytes) -> list[Event]:
        try:
            value = read_json(line)
        except TooDeep:
            self.reject("nested too deeply")
            return []
        except ValueError:
            self.reject("not JSON")
            return []
        if isinstance(value, dict) and value.get("type") == "header":
            self._take_header(value)
            return []
        # What brings a time of observation was observed before; only the rest is observed now.
        recorded = isinstance(value, dict) and first(value, SEEN) is not None
        now = self._now() if self._now and not recorded else None
        where = f"line {self.number}"
        events = events_from(
            value, self.rejects, source=self.source, now=now, last=self.last, where=where
        )
        return list(map(self._threading.settle, events))

    def _take_header(self, value: dict[str, Any]) -> None:
        version = value.get("version", VERSION)
        if value.get("format", FORMAT) != FORMAT or not isinstance(version, int):
            self.reject("a header of something else")
            return
        check_version(version, self.name)
        try:
            header = msgspec.convert(value, Header)
        except ValueError:  # of the wrong shape, or half a character where none is due
            self.reject("damaged header")
            return
        self.header = self.header or header


class Threading:
    """Settles which thread a comment is in, where it tells only what it answers.

    Without its root's id a comment is first taken to be in the thread of what it answers. If that
    is a comment itself, it has a root of its own, and the thread is that one: a chain of answers is
    one conversation, not as many as it has links.
    """

    def __init__(self) -> None:
        self._thread_of: Recent[str, str] = Recent(MOST_KNOWN)

    def settle(self, event: Event) -> Event:
        """The event; of a comment, in the thread of its root."""
        if not isinstance(event, Post):
            return event
        id, thread, known = event.id, event.thread, self._thread_of
        if len(id) > LONGEST_ID or len(thread) > LONGEST_ID:
            return event
        if id == thread:
            known.put(id, id)
            return event
        root = known.get(thread)
        if root not in (None, id, thread):
            event, thread = structs.replace(event, thread=root), root
        # Where posts and comments are numbered apart, a comment has the id of another thread's
        # root; what is said to be in that thread stays there.
        # One string stands for the thread, not the copy that each comment brings.
        known.add(id, root if root == thread else thread)
        return event


def check_version(version: int, name: str) -> None:
    """Raise RecordingError for a version later than ours."""
    if version > VERSION:
        raise RecordingError(
            f"{name} was written by a later moltwatch (format {version}; this one reads up to "
            f"{VERSION}): update moltwatch"
        )
