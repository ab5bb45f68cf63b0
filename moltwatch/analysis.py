"""What heuristics said of a recording, kept in the cache folder, so that they are asked only once.

It is found again by what it depends on: the bytes of the recording, the heuristics with what they
were told, and the programs that run. Whatever of that changes makes it a file that nobody finds,
and such files go, the longest unused first, when there is no room for more. The recording itself
holds only what was observed, and is never written to.

A file is blocks of events and of the answers to them, packed, so that reading may begin at any of
them.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, structs
from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError, frame_content_size

from moltwatch.blobs import ANSWERS, NewFile, make_room, read_index
from moltwatch.bounded import LARGEST_FRAME
from moltwatch.dialects.lines import encode_lines
from moltwatch.errors import MoltwatchError
from moltwatch.heuristics.asking import Answer
from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.engine import Engine
from moltwatch.model import Event, Finding
from moltwatch.paths import cache_folder
from moltwatch.recording.base import FileState, Writer, files_of, is_long, state_of
from moltwatch.sources.base import Source, State
from moltwatch.sources.replay import ReplaySource
from moltwatch.times import Micros

if TYPE_CHECKING:
    from moltwatch.moments import KeepingMoments

_log = logging.getLogger(__name__)

BLOCK = 1_000
"""Events packed together, at most; a long one ends a block."""

MOST_BYTES = 2_000_000_000
"""Of all files together, unless the configuration says otherwise."""

_LONGEST_BLOCK = 1 << 30
"""Bytes that a block unfolds to."""


_PIECE = 1 << 20
"""Bytes of a recording that are read at a time."""


class Key:
    """What the answers of one recording depend on. To be made before it is read.

    ``paths`` are files, or folders of them; ``settings`` are the sections of the configuration of
    the ``heuristics``. Who has opened the recording, or asked the heuristics, before has to know
    the ``state`` of its files, or of the ``programs``, before that. Raises OSError if something
    cannot be read, InterruptedError if whoever wants it ``gives_up`` meanwhile.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        heuristics: Sequence[Heuristic],
        settings: Mapping[str, Mapping[str, object]],
        *,
        state: Sequence[FileState] | None = None,
        programs: Sequence[object] | None = None,
        gives_up: Callable[[], bool] = lambda: False,
    ) -> None:
        self._paths = paths
        self._state = state or state_of(paths)
        digest = sha256(repr(programs or programs_of(heuristics)).encode())
        digest.update(repr([each.name for each in heuristics]).encode())
        digest.update(msgspec.json.encode(settings, order="deterministic"))
        for i, path in enumerate(paths):
            for name, part in files_of(path):
                digest.update(repr((i, name)).encode())
                digest.update(_digest_of(part, gives_up))
        self.name = digest.hexdigest()[:40]

    @property
    def holds(self) -> bool:
        """Nothing was written to the recording since."""
        return self._state is not None and state_of(self._paths) == self._state


async def made(make: Callable[..., Key]) -> Key:
    """Make a key, which takes a while, beside what else goes on. If nobody waits for it any more,
    nothing goes on reading."""
    gone = Flag()
    try:
        return await asyncio.to_thread(make, gives_up=gone.is_set)
    finally:
        gone.set()


def _digest_of(path: Path, gives_up: Callable[[], bool]) -> bytes:
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            if gives_up():
                raise InterruptedError("nobody waits for it")
            digest.update(piece)
    return digest.digest()


def programs_of(heuristics: Iterable[Heuristic]) -> list[object]:
    """The state of all that runs when heuristics are asked: of a package that is installed its
    version would do, but one may also work on a checkout. Raises OSError."""
    packages = {type(each).__module__.partition(".")[0] for each in heuristics}
    theirs = packages - {__package__}
    installed = {
        name
        for folder in sys.path
        if folder
        for name in _names_in(Path(folder))
        if name.endswith(".dist-info")
    }
    return [
        sys.version,
        unicodedata.unidata_version,
        sorted(installed),
        sorted(state for name in theirs for state in _states_in(name)),
        sorted(_walk(Path(__file__).parent)),
    ]


def _names_in(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except OSError:  # gone, or packed into a file
        return []


def _states_in(package: str) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of each file of a package, or of the only one of a module."""
    module = sys.modules.get(package)
    for folder in getattr(module, "__path__", ()):
        yield from _walk(Path(folder))
    if file := getattr(module, "__file__", None):
        state = Path(file).stat()
        yield file, state.st_size, state.st_mtime_ns


def _walk(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of each file that a package consists of."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _walk(Path(entry.path))
            else:
                state = entry.stat()
                yield entry.path, state.st_size, state.st_mtime_ns


# --- reading --------------------------------------------------------------------------------------


class Block(Struct, frozen=True, array_like=True):
    """Where some events lie in a file, and the answers right behind them."""

    first: int
    """Number of the first of its events, from 0."""
    n: int
    at: int
    """Stream time when they have all come (microseconds)."""
    offset: int
    events: int
    """Bytes of the packed events."""
    answers: int


_decode_index = msgspec.msgpack.Decoder(list[Block]).decode
_decode_events = msgspec.msgpack.Decoder(list[Event]).decode
_decode_answers = msgspec.msgpack.Decoder(list[Answer]).decode


class Kept:
    """The events of one recording as they were admitted, and the answer to each, in order. Reading
    raises MoltwatchError if the file is damaged; it is removed then."""

    def __init__(self, path: Path, blocks: Sequence[Block]) -> None:
        self.path = path
        self.blocks = blocks

    @classmethod
    def find(cls, folder: Path, key: Key) -> Kept | None:
        """What is in the folder under a key, if it is there and whole."""
        path = folder / f"{key.name}{ANSWERS}"
        try:
            found = cls(path, _decode_index(read_index(path)))
        except (OSError, ValueError):
            return None
        with suppress(OSError):  # what can only be read serves as well
            os.utime(path)  # it was used
        return found

    @property
    def n(self) -> int:
        """How many events there are."""
        return self.blocks[-1].first + self.blocks[-1].n if self.blocks else 0

    def events(self, first: int = 0) -> Iterator[list[Event]]:
        """Events from the ``first`` on, some at a time."""
        for block, packed in self._read(first, lambda block: (block.offset, block.events)):
            events = _decode_events(packed)
            yield events[max(0, first - block.first) :]

    def answers(self, first: int = 0) -> Iterator[Answer]:
        """The answers to these."""
        for block, packed in self._read(
            first, lambda block: (block.offset + block.events, block.answers)
        ):
            yield from _decode_answers(packed)[max(0, first - block.first) :]

    def _read(
        self, first: int, place: Callable[[Block], tuple[int, int]]
    ) -> Iterator[tuple[Block, bytes]]:
        begin = bisect_right(self.blocks, first, key=lambda block: block.first + block.n)
        unpacker = ZstdDecompressor()
        try:
            with self.path.open("rb") as file:
                for block in self.blocks[begin:]:
                    offset, size = place(block)
                    file.seek(offset)
                    packed = file.read(size)
                    # What a block says of its size goes before any limit.
                    if frame_content_size(packed) > _LONGEST_BLOCK:
                        raise ValueError("a block is too large")
                    yield block, unpacker.decompress(packed, max_output_size=_LONGEST_BLOCK)
        except (OSError, ZstdError, msgspec.DecodeError, ValueError, MemoryError) as error:
            with suppress(OSError):
                self.path.unlink()
            raise MoltwatchError(
                f"{self.path}, which keeps what was found before, is damaged ({error}): it has "
                "been removed, start again"
            ) from None


# --- writing --------------------------------------------------------------------------------------


class Keeping:
    """Keeps answers as they come. Whatever fails is told to the log and to nobody else: a run does
    not depend on it."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.n = 0
        """Events kept."""
        self._folder = folder
        self._most = most_bytes
        self._at: Micros = 0
        self._events: list[Event] = []
        self._answers: list[Answer] = []
        self._index: list[Block] = []
        self._packer = ZstdCompressor(level=3, write_checksum=True)
        self._encoder = msgspec.msgpack.Encoder()
        self._file: NewFile | None = None
        with self._failing():
            self._file = NewFile(folder)

    def add(self, answer: Answer) -> None:
        """What is said of the event at hand; :meth:`take` follows."""
        self._answers.append(answer)

    def take(self, event: Event, findings: Sequence[Finding] = ()) -> None:
        """The event itself."""
        self.n += 1
        self._at = max(self._at, event.seen_at)
        self._events.append(event)
        if len(self._events) >= BLOCK or is_long(event):
            self._write_block()

    def finish(self, findings: Sequence[Finding]) -> None:
        """Whether it is kept is not said here."""

    def commit(self, key: Key) -> None:
        """That was all of a recording."""
        self._write_block()
        if self._file is None:
            return
        with self._failing():
            index = self._encoder.encode(self._index)
            self._file.commit(index, self._folder / f"{key.name}{ANSWERS}")
            _log.info("kept what was found, for %s events (%s bytes)", self.n, self._file.size)
            self._file = None
            make_room(self._folder, self._most)

    def discard(self) -> None:
        """It is of no use."""
        file, self._file = self._file, None
        self._events, self._answers = [], []
        if file is not None:
            file.discard()

    def _write_block(self) -> None:
        events, self._events = self._events, []
        answers, self._answers = self._answers, []
        if self._file is None or not events:
            return
        with self._failing():
            if len(events) != len(answers):
                raise ValueError("an event without an answer")
            packed = [
                self._packer.compress(self._encoder.encode(each)) for each in (events, answers)
            ]
            sizes = [len(each) for each in packed]
            if self._file.size + sum(sizes) > self._most:
                raise OSError("it grows beyond what the cache may hold")
            first, offset = self.n - len(events), self._file.add(packed)
            self._index.append(Block(first, len(events), self._at, offset, *sizes))

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, TypeError, OverflowError) as error:
            _log.info("what was found is not kept: %s", error)
            self.discard()


# --- in a run -------------------------------------------------------------------------------------


class Analysis:
    """What heuristics say of a recording: known from before, or being kept in this run. It is a
    sink of the run, and has to know the :attr:`engine` that asks them."""

    @classmethod
    async def of(
        cls,
        source: Source,
        heuristics: Sequence[Heuristic],
        settings: Mapping[str, Mapping[str, object]],
        *,
        fresh: bool,
        most_bytes: int,
        key: Key | None = None,
    ) -> Analysis | None:
        """The analysis of what a source plays; None of what is live, and if nothing is to be kept.
        What is known is not asked for again, unless ``fresh``. Its ``key`` is made unless given."""
        if not isinstance(source, ReplaySource) or not most_bytes:
            return None
        try:
            if key is None or not key.holds:
                make = partial(Key, source.paths, heuristics, settings, state=source.state)
                key = await made(make)
        except OSError:
            return None  # reading the recording will tell of it
        if not key.holds:
            return None  # what was opened need not be what was looked at afterwards
        folder = answers_folder()
        kept = None if fresh else Kept.find(folder, key)
        return cls(source, key, kept or Keeping(folder, most_bytes))

    def __init__(self, source: ReplaySource, key: Key, held: Kept | Keeping) -> None:
        self._source = source
        self.key = key
        self._keeping = held if isinstance(held, Keeping) else None
        self.answers = held.answers() if isinstance(held, Kept) else None
        """One for each event, if they are known."""
        self.engine: Engine | None = None
        self.moments: KeepingMoments | None = None
        """What keeps moments of this run."""

    def add(self, answer: Answer) -> None:
        """This was said at the next event."""
        if self._keeping is not None:
            self._keeping.add(answer)

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """The event is over."""
        if self._keeping is not None:
            self._keeping.take(event)

    def finish(self, findings: Sequence[Finding]) -> None:
        """The stream ended: was it all of the recording, would it be the same again, and could
        every heuristic be asked?"""
        if self._keeping is None and self.moments is None:
            return
        ended = all(status.state is State.ENDED for status in self._source.statuses)
        whole = ended and self._source.lasting
        holds = whole and is_sound(self.engine) and self.key.holds
        if self._keeping is not None:
            self._keeping.commit(self.key) if holds else self._keeping.discard()
        if self.moments is not None:
            self.moments.commit(self.key.name) if holds else self.moments.discard()


def is_sound(engine: Engine | None) -> bool:
    """No heuristic has failed."""
    return engine is not None and not any(each.failures for each in engine.health.values())


def answers_folder() -> Path:
    """Where answers are kept."""
    return cache_folder() / "answers"


class AnalysedRecording:
    """A recording that is written, whose heuristics' answers are kept as well.

    ``make_key`` gives what they depend on, when it is closed; see :func:`made`.
    """

    def __init__(
        self,
        writer: Writer,
        keeping: Keeping,
        make_key: Callable[..., Key],
        engine: Engine,
    ) -> None:
        self._writer = writer
        self._keeping = keeping
        self._make_key = make_key
        self._engine = engine
        self._written = 0
        self._is_read = True
        """All that was written is read again."""
        self._closed = False

    async def write(self, events: Sequence[Event]) -> None:
        """See :class:`~moltwatch.recording.base.Writer`."""
        await self._writer.write(events)
        self._written += len(events)
        self._is_read = self._is_read and not any(map(_is_too_long, events))

    async def close(self) -> None:
        """See :class:`~moltwatch.recording.base.Writer`."""
        try:
            await self._writer.close()
        except BaseException:
            self._keeping.discard()
            raise
        if self._closed:
            return
        self._closed = True
        known = self._is_read and self._written == self._keeping.n and is_sound(self._engine)
        if self._written and known:
            try:
                # To read a long recording once more takes a while, in which a screen goes on.
                self._keeping.commit(await made(self._make_key))
            except OSError as error:
                _log.info("what was found is not kept: %s", error)
                self._keeping.discard()
            except BaseException:
                self._keeping.discard()
                raise
        else:
            self._keeping.discard()


def _is_too_long(event: Event) -> bool:
    """Whether a recording may hold an event that is not read again: a control character takes six
    bytes in a line."""
    chars = sum(len(value) for value in structs.astuple(event) if isinstance(value, str))
    return 6 * chars > LARGEST_FRAME and len(encode_lines([event])) > LARGEST_FRAME
