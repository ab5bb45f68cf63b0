"""Lines of JSON to events, whoever wrote them; no I/O.

A line that moltwatch wrote takes the fast path: one strict decode. Any other line is looked at
with patience: recording lines written by hand (ISO times, numbers as ids), plain API objects, and
whole API answers. A line that is neither is a counted reject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from moltwatch.errors import RecordingError, Rejects
from moltwatch.model import Event
from moltwatch.recording import codec
from moltwatch.recording.base import FORMAT, VERSION, Header
from moltwatch.recording.dialect import SEEN, first
from moltwatch.recording.json_text import TooDeep, read_json
from moltwatch.recording.plain import Origin, events_from
from moltwatch.recording.rooting import Rooting
from moltwatch.times import Micros


class Lines:
    """Reads lines in order. ``now`` is asked for the time of observation of objects that do not
    carry their own; without it ``created_at`` stands in, then the latest time so far."""

    header: Header | None = None
    """The first header line met."""

    def __init__(
        self,
        name: str,
        *,
        source: str = "",
        now: Callable[[], Micros] | None = None,
        rejects: Rejects | None = None,
    ) -> None:
        self.name = name
        """For error messages: the file, or ``standard input``."""
        self.source = source
        self.rejects = Rejects() if rejects is None else rejects
        self.number = 0
        """Lines read so far."""
        self.last: Micros | None = None
        """Highest ``seen_at`` so far."""
        self._now = now
        self._rooting = Rooting()

    def read(self, lines: Iterable[bytes]) -> list[Event]:
        """The events of some more whole lines.

        Raises RecordingError only for a header that says the recording is of a later version.
        """
        events: list[Event] = []
        last = -1 if self.last is None else self.last
        for line in lines:
            self.number += 1
            try:
                event = codec.decode(line)
            except (ValueError, RecursionError):
                sane = False
            else:
                sane = codec.is_sane(event)
            if sane:
                events.append(event)
                last = max(last, event.seen_at)
            elif line and not line.isspace():
                self.last = last if last >= 0 else None
                for event in self._patiently(line):
                    events.append(event)
                    last = max(last, event.seen_at)
        self.last = last if last >= 0 else None
        return events

    def finish(self, rest: bytes) -> list[Event]:
        """The events of a last line without line feed: whole, or cut off."""
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
        origin = Origin(source=self.source, now=now, last=self.last)
        events = events_from(value, origin, self.rejects, where=f"line {self.number}")
        return list(map(self._rooting.settle, events))

    def _take_header(self, value: dict[str, Any]) -> None:
        version = value.get("version", VERSION)
        if value.get("format", FORMAT) != FORMAT or not isinstance(version, int):
            self.reject("a header of something else")
            return
        check_version(version, self.name)
        try:
            header = msgspec.convert(value, Header)
        except msgspec.ValidationError:
            self.reject("damaged header")
            return
        self.header = self.header or header


def check_version(version: int, name: str) -> None:
    """Raise RecordingError for a version later than ours."""
    if version > VERSION:
        raise RecordingError(
            f"{name} was written by a later moltwatch (format {version}; this one reads up to "
            f"{VERSION}): update moltwatch"
        )
