"""The state of a run at moments of a recording, kept beside what the heuristics said of it, so that
a screen may begin at any of them instead of at the start.

One moment is much like the next. What is long and packed (a thread, an account, the reasons for a
flag) lies in the file once, for all moments at which it is the same, and is looked at when somebody
asks for it. Of the rest most moments have only what sets them apart from an earlier one.
"""

from __future__ import annotations

import logging
import os
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from mmap import ACCESS_READ, mmap
from pathlib import Path
from zlib import crc32

import msgspec
from msgspec import Struct
from zstandard import (
    COMPRESSOBJ_FLUSH_BLOCK,
    ZstdCompressionParameters,
    ZstdCompressor,
    ZstdDecompressor,
    ZstdError,
)

from moltwatch.blobs import MOMENTS, NewFile, make_room, read_index
from moltwatch.errors import MoltwatchError, Rejects
from moltwatch.heuristics.engine import Engine
from moltwatch.model import Event, Finding, Thresholds
from moltwatch.packing import Piece, no_garbage
from moltwatch.session import Session
from moltwatch.session.state import Packer, unpack
from moltwatch.times import Micros

_log = logging.getLogger(__name__)

SPACING = 2_000
"""Events between two moments: so many are played to come to one that lies between. It doubles each
time that half of the room that was left is used up."""

_MOST_APART = 24
"""Moments packed by what sets them apart from one, at most."""
_WORTH_IT = 3
"""Such a one takes so many times fewer bytes than a whole one, or a new whole one is due."""
_WINDOW_LOG = 27
_LONGEST = 1 << _WINDOW_LOG
"""Bytes of a state; a moment with a longer one is not kept."""
_PACKING = ZstdCompressionParameters.from_level(1, window_log=_WINDOW_LOG, enable_ldm=True)

_PLACE = 1 << 32

Refused = Sequence[tuple[str, int, str]]
"""Reason, number and first place of what was refused."""


class Moment(Struct, frozen=True, array_like=True):
    """A moment of a recording, and where the state lies that a run has there."""

    n: int
    """Events that have come."""
    at: Micros
    """Stream time."""
    refused: Refused
    """What was not let in up to there."""
    place: int
    """Where it lies: its first byte, times :data:`_PLACE`, plus how many there are."""
    check: int
    """CRC-32 of what lies there."""
    whole: int
    """Which one it is packed by: its own place in the list if by none."""


_START = Moment(0, 0, (), 0, 0, 0)


class _Index(Struct, frozen=True, array_like=True):
    start: Micros
    """Of the first event."""
    refused: Refused
    """In all."""
    moments: list[Moment]
    """The last is the end, of which no run can set out."""


_State = tuple[bytes, bytes, bytes]
"""Of the session and of the engine, and the places of their pieces, in order (8 bytes each)."""

_decode_index = msgspec.msgpack.Decoder(_Index).decode
_decode_state = msgspec.msgpack.Decoder(_State).decode


class Moments:
    """What is kept of one recording. Reading raises MoltwatchError if the file is damaged; it is
    removed then."""

    def __init__(self, path: Path, index: _Index) -> None:
        self.path = path
        self.start = index.start
        self.refused = index.refused
        self.moments = index.moments[:-1]
        self._all = index.moments
        self._bytes: memoryview | None = None
        """Of the file, once it is needed."""

    @classmethod
    def find(cls, folder: Path, name: str) -> Moments | None:
        """What is in the folder by this name, if it is there and whole."""
        path = folder / f"{name}{MOMENTS}"
        try:
            found = cls(path, _decode_index(read_index(path)))
        except (OSError, ValueError):
            return None
        with suppress(OSError):  # what can only be read serves as well
            os.utime(path)  # it was used
        return found

    def before(self, at: Micros, n: int | None = None) -> Moment:
        """The latest moment from which a run comes to a time, or to its ``n``th event, by going on;
        before all others there is the start."""
        if n is None:
            i = bisect_left(self.moments, at, key=lambda moment: moment.at)
        else:
            i = bisect_left(self.moments, n + 1, key=lambda moment: moment.n)
        return self.moments[i - 1] if i else _START

    def read(self, moment: Moment, engine: Engine) -> Session:
        """The session at a moment; the engine, a fresh one, is set to it as well."""
        if moment is _START:
            return Session()
        with self._whole(), no_garbage():
            session, judged, pieces = self._read(moment)
            found = unpack(session, pieces)
            engine.unpack(judged, pieces)
            return found

    def outlook(self) -> Session | None:
        """The session at the end; None if nothing ever came."""
        with self._whole(), no_garbage():
            if not self._all:
                return None
            session, _, pieces = self._read(self._all[-1])
            return unpack(session, pieces)

    @contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ZstdError, ValueError, MemoryError, IndexError) as error:
            with suppress(OSError):
                self.path.unlink()
            raise MoltwatchError(
                f"{self.path}, which keeps moments of this recording, is damaged ({error}): it has "
                "been removed, start again"
            ) from None

    def _read(self, moment: Moment) -> tuple[bytes, bytes, Iterator[Piece]]:
        unpacker = ZstdDecompressor(max_window_size=_LONGEST).decompressobj()
        whole = self._all[moment.whole]
        state = b""
        for one in (whole,) if moment is whole else (whole, moment):
            if crc32(packed := self._piece(one.place)) != one.check:
                raise ValueError("not as it was written")
            state = unpacker.decompress(packed)
        session, judged, listed = _decode_state(state)
        places = array("Q")
        places.frombytes(listed)
        return session, judged, map(self._piece, places)

    def _piece(self, place: int) -> memoryview:
        if self._bytes is None:
            with self.path.open("rb") as file:
                self._bytes = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
        begin, size = divmod(place, _PLACE)
        piece = self._bytes[begin : begin + size]
        if len(piece) != size:
            raise ValueError("a piece is missing")
        return piece


class KeepingMoments:
    """Keeps the state of a run with these ``thresholds`` as it goes by, now and then: a sink of it,
    behind the session. Whatever fails is told to the log and to nobody else."""

    def __init__(
        self,
        folder: Path,
        session: Session,
        thresholds: Sequence[Thresholds | None],
        most_bytes: int,
        spacing: int | None = None,
    ) -> None:
        self.engine: Engine | None = None
        """Whose state is kept; to be told before the first event, as is the next."""
        self.refused: Callable[[], Rejects] = Rejects
        """Tells what was not let in so far."""
        self._folder = folder
        self._session = session
        self._thresholds = thresholds
        self._most = most_bytes
        self._limit = most_bytes // 2
        """Bytes from which on they lie further apart."""
        self._spacing = spacing or SPACING
        self._moments: list[Moment] = []
        self._packer = Packer(session)
        self._pieces: dict[int, tuple[Piece, int]] = {}
        """Those of the last moment, by what they are (they live on here), and where they lie."""
        self._whole = b""
        """The state by which the next ones are packed."""
        self._size_of_whole = 0
        self._file: NewFile | None = None
        with self._failing():
            self._file = NewFile(folder)

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """One event more."""
        n = self._session.counts.events
        before = self._moments[-1].n if self._moments else 0
        if n - before >= self._spacing:
            self._keep()

    def finish(self, findings: Sequence[Finding]) -> None:
        """It is over; whether they are kept is not said here."""
        if self._session.start is not None:
            self._keep()

    def commit(self, key: str) -> None:
        """That was all of the recording with this key."""
        if self._file is not None:
            with self._failing():
                index = _Index(self._session.start or 0, _told(self.refused()), self._moments)
                name = name_of(key, self._thresholds)
                self._file.commit(msgspec.msgpack.encode(index), self._folder / f"{name}{MOMENTS}")
                _log.info("kept %s moments (%s bytes)", len(self._moments), self._file.size)
                make_room(self._folder, self._most)
        self._file = None

    def discard(self) -> None:
        """They are of no use."""
        file, self._file = self._file, None
        self._whole = b""
        if file is not None:
            file.discard()

    def _keep(self) -> None:
        if self._file is None:
            return
        with self._failing():
            assert self.engine is not None
            counts = self._session.counts
            pieces: list[Piece] = []
            session, judged = self._packer.pack(pieces), self.engine.pack(pieces)
            places = self._places(self._file, pieces)
            state = msgspec.msgpack.encode((session, judged, places.tobytes()))
            packed, whole = self._packed(state)
            place, refused = _write(self._file, packed), _told(self.refused())
            if len(state) > _LONGEST or self._file.size > 2 * self._most:
                raise OSError("they grow beyond what the cache may hold")
            if self._file.size > self._limit:
                self._spacing *= 2
                self._limit = (self._limit + self._most) // 2
            self._moments.append(
                Moment(counts.events, counts.now, refused, place, crc32(packed), whole)
            )

    def _places(self, file: NewFile, pieces: Sequence[Piece]) -> array[int]:
        """Where pieces lie. Those of the last moment are there already."""
        before, self._pieces = self._pieces, {}
        places = array("Q")
        for piece in pieces:
            _, place = before.get(id(piece)) or (piece, 0)
            place = place or _write(file, piece)
            self._pieces[id(piece)] = piece, place
            places.append(place)
        return places

    def _packed(self, state: bytes) -> tuple[bytes, int]:
        """A state packed, and which moment that was packed by."""
        here = len(self._moments)
        whole = self._moments[-1].whole if self._moments else here
        if whole < here and here - whole <= _MOST_APART:
            packed = _pack(self._whole, state)
            if len(packed) * _WORTH_IT <= self._size_of_whole:
                return packed, whole
        packed = _pack(state)
        self._whole, self._size_of_whole = state, len(packed)
        return packed, here

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, TypeError, OverflowError, ZstdError) as error:
            _log.info("moments are not kept: %s", error)
            self.discard()


def _pack(*states: bytes) -> bytes:
    """The last of them, by what stands in those before. It is unpacked behind them."""
    packer = ZstdCompressor(compression_params=_PACKING).compressobj()
    packed = b""
    for state in states:
        packed = packer.compress(state) + packer.flush(COMPRESSOBJ_FLUSH_BLOCK)
    return packed


def _write(file: NewFile, data: Piece) -> int:
    """Add it to the file; its place there."""
    return file.add([data]) * _PLACE + len(data)


def name_of(key: str, thresholds: Sequence[Thresholds | None]) -> str:
    """What moments of the recording with this key are called, in runs with these thresholds."""
    return f"{key}-{sha256(repr((thresholds, SPACING)).encode()).hexdigest()[:8]}"


def _told(rejects: Rejects) -> Refused:
    return list(rejects)
