"""Archives as recordings: somebody's dump of a forum, in any dialect, put into order of time.

An archive does not say when a post was observed, so the time of writing stands in, as a running
maximum. What was taken on the day of download (karma, followers, votes) is kept with the events;
heuristics do not read it.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, count, islice
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import Struct
from zstandard import ZstdCompressor, ZstdDecompressor

from moltwatch.bounded import LARGEST_ANSWER, LARGEST_LINE, TOO_LONG
from moltwatch.dialects.fields import TooDeep, read_json
from moltwatch.dialects.files import ACCEPTED, SAMPLE, Format, Table, detect_format, rows, table_in
from moltwatch.dialects.framing import ItemSplitter
from moltwatch.dialects.lines import Header, Lines, Threading
from moltwatch.dialects.registry import events_from
from moltwatch.errors import RecordingError, Rejects
from moltwatch.model import AgentSeen, Event, Post
from moltwatch.recording.base import BATCH, PROFILES, Span, is_long, span_of
from moltwatch.recording.jsonl import read_pieces
from moltwatch.recording.streams import Damaged, chunks, is_packed
from moltwatch.times import DAY, Micros

EARLIEST_BELIEVED: Micros = 10_957 * DAY
"""2000-01-01: no forum of agents is older, so an earlier time is a missing one."""


class Disorder(Struct):
    """What did not fit into time order. All of it is kept, at the stream time of its neighbours."""

    misdated: int = 0
    """Before :data:`EARLIEST_BELIEVED`, or later than now."""
    late: int = 0
    """Too far behind its place for the buffer."""


class _Pressed(Struct, gc=False, frozen=True):
    """An event with a long text, as it waits: what makes a small file of such texts makes little of
    them here as well."""

    packed: bytes

    @classmethod
    def of(cls, event: Event) -> Event | _Pressed:
        try:
            packed = ZstdCompressor(level=1).compress(msgspec.msgpack.encode(event))
        except (UnicodeEncodeError, OverflowError):  # a lone surrogate, an absurd number of votes
            return event
        # A copy: what is pressed is cut from a larger piece of memory that would lie idle.
        return cls(bytes(memoryview(packed)))

    def unpressed(self) -> Event:
        packed = ZstdDecompressor().decompress(self.packed)
        event: Event = msgspec.msgpack.decode(packed, type=Event)
        return event


def in_time_order(
    events: Iterable[Event], disorder: Disorder, *, now: Micros | None, most: int | None
) -> Iterator[Event]:
    """Events by time of writing, each with the running maximum of it as ``seen_at``.

    ``most`` events are held back for sorting (None: all of them), so an archive that is sorted, or
    nearly so, streams through in bounded memory, and a single date far in the future waits at the
    end of the buffer instead of dragging stream time along. A time later than ``now`` (the clock,
    where the caller has one) is not believed: ``created_at`` stays as the forum gave it, and
    ``seen_at`` is that of the neighbours. Equal times keep their order.
    """
    undated: list[Event] = []
    at: Micros | None = None
    for key, _, held in _earliest_first(events, math.inf if now is None else now, most):
        event = held.unpressed() if isinstance(held, _Pressed) else held
        if key is None:
            disorder.misdated += 1
            if at is None:
                undated.append(event)
            else:
                yield _seen(event, at)
            continue
        if at is None or key > at:
            at = key
        elif key < at:
            disorder.late += 1
        yield _seen(event, at)
        if undated:
            yield from [_seen(event, at) for event in undated]
            undated.clear()
    yield from undated  # nothing believable in the whole archive: all as they are


_Waiting: TypeAlias = tuple[Micros, int, Event | _Pressed]
_Held: TypeAlias = _Waiting | tuple[None, int, Event]
"""Time of writing, None if it is not believed; number in the archive; event."""


def _earliest_first(events: Iterable[Event], latest: float, most: int | None) -> Iterator[_Held]:
    """Events sorted over a buffer of ``most``; those not believed pass as they come.

    What comes in order waits in a queue, and only what comes late in a heap: an archive that is
    sorted costs next to nothing.
    """
    queue: deque[_Waiting] = deque()
    heap: list[_Waiting] = []
    room = math.inf if most is None else most

    def earliest() -> _Waiting:
        if heap and not (queue and queue[0] < heap[0]):
            return heapq.heappop(heap)
        return queue.popleft()

    for number, event in enumerate(events):
        key = event.created_at if isinstance(event, Post) else event.seen_at
        if not EARLIEST_BELIEVED <= key <= latest:
            yield None, number, event
            continue
        held = _Pressed.of(event) if is_long(event) else event
        if not queue or key >= queue[-1][0]:
            queue.append((key, number, held))
        else:
            heapq.heappush(heap, (key, number, held))
        if len(queue) + len(heap) > room:
            yield earliest()
    while queue or heap:
        yield earliest()


def _seen(event: Event, at: Micros) -> Event:
    return event if event.seen_at == at else msgspec.structs.replace(event, seen_at=at)


MOST_HELD_BACK = 10_000
"""Events over which a long archive is sorted: an hour of the busiest day, some 20 MB."""

_Read: TypeAlias = Callable[[Path, Rejects], Iterator[Event]]


class ArchiveReader:
    """An archive, read as a recording. Each pass reads the files anew."""

    def __init__(
        self,
        path: Path,
        parts: Sequence[Callable[[Rejects], Iterator[Event]]],
        *,
        now: Micros | None,
        most: int | None = None,
        profiles: Path | None = None,
        ignored: Sequence[Path] = (),
    ) -> None:
        self.path = path
        self.header = Header(origin=path.name)
        self.rejects = Rejects()
        self.disorder = Disorder()
        """What the last pass found beside its time."""
        self.profiles = profiles
        """The ``agents.jsonl`` beside the archive, if there is one."""
        self.ignored = ignored
        """Files of a folder that hold no posts, comments or agents."""
        self._parts, self._now, self._most = parts, now, most
        self._span: Span | None = None

    @property
    def lasting(self) -> bool:
        """See :class:`~moltwatch.recording.base.Reader`."""
        return not self.disorder.misdated

    async def batches(
        self, start: Micros | None = None, size: int = BATCH
    ) -> AsyncIterator[Sequence[Event]]:
        """See :class:`~moltwatch.recording.base.Reader`. Counts of rejects start anew."""
        self.rejects.clear()
        self.disorder = Disorder()
        ordered = self._ordered(self.rejects, self.disorder)
        if start is not None:
            ordered = (event for event in ordered if event.seen_at >= start)
        for batch in _batched(ordered, size):
            yield batch
            await asyncio.sleep(0)  # sorting at full speed must not starve a screen

    async def span(self) -> Span | None:
        """See :class:`~moltwatch.recording.base.Reader`. Reads and sorts everything once."""
        if self._span is None:
            ordered = self._ordered(Rejects(), Disorder())
            self._span = await span_of(_batched(ordered, BATCH))
        return self._span

    async def close(self) -> None:
        """Nothing is held open between passes."""

    def _ordered(self, rejects: Rejects, disorder: Disorder) -> Iterator[Event]:
        events = _news(chain.from_iterable(part(rejects) for part in self._parts))
        in_order = in_time_order(events, disorder, now=self._now, most=self._most)
        ordered = map(Threading().settle, in_order)
        first = next(ordered, None)
        if first is None:
            return
        if self.profiles is not None:
            yield from _profiles(self.profiles, first.seen_at, rejects)
        yield first
        yield from ordered


def _batched(events: Iterator[Event], size: int) -> Iterator[list[Event]]:
    """Batches of at most ``size``, which end with a long text."""
    while batch := list(islice(_until_long(events), size)):
        yield batch


def _until_long(events: Iterator[Event]) -> Iterator[Event]:
    for event in events:
        yield event
        if is_long(event):
            return


def detect_file(path: Path) -> tuple[Format, bool]:
    """What a file holds, and whether it is packed. Raises RecordingError if it is none of ours."""
    head, complete, damage = b"", True, None
    try:
        for piece in chunks(path):
            head += piece
            if len(head) >= SAMPLE:
                complete = False
                break
    except Damaged as reason:
        damage = reason
    if not head.strip():
        what = f"{damage}" if damage else "nothing was recorded"
        raise RecordingError(f"{path} is empty: {what}. Accepted are {ACCEPTED}.")
    return detect_format(head, complete=complete, name=str(path)), is_packed(path)


def file_archive(path: Path, form: Format, *, now: Micros | None = None) -> ArchiveReader:
    """One file of lines, one JSON document, or one CSV table."""
    return ArchiveReader(
        path,
        [partial(_READERS[form], path)],
        now=now,
        most=MOST_HELD_BACK if form is Format.ARCHIVE else None,
        profiles=profiles_beside(path),
    )


def folder_archive(path: Path, *, now: Micros | None = None) -> ArchiveReader:
    """A folder of CSV tables of posts, comments and agents, told apart by their columns; without
    any, of API answers as JSON.

    Raises RecordingError if there is neither among its files.
    """
    files = sorted(file for file in path.iterdir() if file.is_file())
    found = {file: _table_in(file) for file in files}
    ours: dict[Path, _Read] = {
        file: _table for table in Table for file in files if found[file] is table
    }
    ours = ours or {file: read for file in files if (read := _reader_of_json(file))}
    if not ours:
        raise RecordingError(
            f"{path} is a folder without a CSV table of posts, comments or agents, and without API "
            "answers as JSON. Name the file that is meant."
        )
    profiles = next((file for file in files if file.name in PROFILES), None)
    return ArchiveReader(
        path,
        [partial(read, file) for file, read in ours.items()],
        now=now,
        profiles=None if profiles in ours else profiles,
        ignored=[file for file in files if file not in ours and file != profiles],
    )


def _table_in(path: Path) -> Table | None:
    """What a file's first row announces; None if it is no table of ours, or cannot be read."""
    try:
        return table_in(next(filter(str.strip, _text(path, Rejects())), ""))
    except RecordingError:
        return None


def _reader_of_json(path: Path) -> _Read | None:
    """What reads a file of API objects; None if it is none, or one of profiles."""
    try:
        form = None if path.name in PROFILES else detect_file(path)[0]
    except RecordingError:
        return None
    return {Format.ARCHIVE: _lines, Format.DOCUMENT: _one_of_many}.get(form) if form else None


def profiles_beside(path: Path) -> Path | None:
    """The ``agents.jsonl`` in the same folder, if there is one and it is not the file itself."""
    if path.name in PROFILES:
        return None
    return next((file for name in PROFILES if (file := path.with_name(name)).is_file()), None)


def _lines(path: Path, rejects: Rejects) -> Iterator[Event]:
    for events in read_pieces(path, Lines(str(path), source=None, rejects=rejects)):
        yield from events


def _table(path: Path, rejects: Rejects) -> Iterator[Event]:
    for row, where in rows(_text(path, rejects), rejects, path.name):
        yield from events_from(row, rejects, source=None, where=where)


_LINE = re.compile("[^\r\n]*+(?:\r\n?|\n)|[^\r\n]++")
"""Not what str.splitlines takes for one, which also cuts at form feeds and separators in a body."""


def _text(path: Path, rejects: Rejects) -> Iterator[str]:
    """Lines of a file, packed or not, with their line ends. Of one that is too long for a table
    comes its beginning, with as many quotation marks as it had, or one more."""
    rest = bytearray()
    quotes = 0
    try:
        for piece in chunks(path):
            if len(rest) > LARGEST_LINE:
                end = _first_end(piece)
                quotes += piece.count(b'"', 0, end)
                if end == len(piece):
                    continue
                rest += b'"' * (quotes % 2)
                piece, quotes = piece[end:], 0
            rest += piece
            # What may be half of a line end waits for the other half.
            end = max(rest.rfind(b"\n"), rest.rfind(b"\r", 0, len(rest) - 1)) + 1
            yield from _text_lines(rest[:end])
            del rest[:end]
    except Damaged as reason:
        rejects.add(str(reason), path.name)
    yield from _text_lines(rest)


def _text_lines(text: bytearray) -> Iterator[str]:
    return (line[0] for line in _LINE.finditer(text.decode("utf-8", "replace")))


def _first_end(piece: bytes) -> int:
    """Where the first line end is; the length of a piece without any."""
    ends = [at for at in (piece.find(b"\n"), piece.find(b"\r")) if at >= 0]
    return min(ends, default=len(piece))


def _document(path: Path, rejects: Rejects) -> Iterator[Event]:
    pieces: list[bytes] = []
    length = 0
    rest = chunks(path)
    try:
        for piece in rest:
            pieces.append(piece)
            length += len(piece)
            if length > LARGEST_ANSWER:
                yield from _items(path, chain(pieces, rest), rejects)
                return
        value = read_json(b"".join(pieces))
    except Damaged as reason:
        raise RecordingError(f"cannot read {path}: {reason}") from None
    except TooDeep:
        raise RecordingError(f"cannot read {path}: nested too deeply") from None
    except ValueError as error:
        raise RecordingError(f"cannot read {path}: not JSON ({error})") from None
    yield from events_from(value, rejects, source=None, where=path.name)


def _items(path: Path, pieces: Iterable[bytes], rejects: Rejects) -> Iterator[Event]:
    """The events of a document that is too large to be held: one item after the other."""
    splitter = ItemSplitter()
    damage = None
    numbers = count(1)

    def read(items: list[bytes | None]) -> Iterator[Event]:
        for item, number in zip(items, numbers, strict=False):
            where = f"{path.name} item {number}"
            try:
                value = read_json(item) if item is not None else None
            except ValueError as error:
                rejects.add(
                    "nested too deeply" if isinstance(error, TooDeep) else "not JSON", where
                )
                continue
            if item is None:
                rejects.add(TOO_LONG, where)
            else:
                yield from events_from(value, rejects, source=None, where=where)

    try:
        for piece in pieces:
            yield from read(splitter.feed(piece))
    except Damaged as reason:
        damage = str(reason)
    yield from read(splitter.end())
    if damage:
        rejects.add(damage, path.name)


def _one_of_many(path: Path, rejects: Rejects) -> Iterator[Event]:
    """A document among others, which it does not cost if it cannot be read."""
    try:
        yield from _document(path, rejects)
    except RecordingError:
        rejects.add("a file that cannot be read", path.name)


_READERS: dict[Format, _Read] = {
    Format.ARCHIVE: _lines,
    Format.DOCUMENT: _document,
    Format.CSV: _table,
}


def _profiles(path: Path, start: Micros, rejects: Rejects) -> Iterator[Event]:
    """Profiles as if they had been looked up when the archive begins."""
    own = Rejects()
    lines = Lines(str(path), source=None, now=lambda: start, rejects=own)
    for events in read_pieces(path, lines):
        yield from (msgspec.structs.replace(event, seen_at=start) for event in events)
    for reason in own.counts:
        own.first[reason] = f"{path.name} {own.first[reason]}"
    rejects.update(own)


def _news(events: Iterable[Event]) -> Iterator[Event]:
    """All events but profiles that repeat word for word: dumps carry one beside every post."""
    known: dict[int, int] = {}  # hashes: a bio can be as long as a post
    for event in events:
        if isinstance(event, AgentSeen):
            name, timeless = hash(event.name), hash(msgspec.structs.replace(event, seen_at=0))
            if known.get(name) == timeless:
                continue
            known[name] = timeless
        yield event
