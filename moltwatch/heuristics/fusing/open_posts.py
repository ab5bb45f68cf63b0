"""The posts of a stream on which the last word is not spoken, packed while they rest.

For hours any post may turn out to be part of something, so what was found of it has to be kept; yet
hardly any is ever looked at again after the event that brought it. A post at rest is therefore a
string of bytes, and neighbours lie on one shelf, pressed together: a tenth of the memory, and
nothing for the garbage collector to walk through.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Container
from typing import TypeAlias

import msgspec
from msgspec import Struct, structs
from zstandard import ZstdCompressor, ZstdDecompressor

from moltwatch.model import Evidence, Kind, Post, Scores
from moltwatch.times import Micros

LEAST_TOLD = 0.05
"""Score below which evidence is not worth a reason."""

SHELF = 128
"""Posts pressed together."""


class OpenPost(Struct, array_like=True):
    """What is known of one post while its evidence window is open."""

    post: Post
    held: dict[str, Evidence] = {}
    """The strongest that was found of it, by heuristic."""
    persona: float = 0.0
    coordinated: float = 0.0
    hazard: float = 0.0
    group: str | None = None
    flagged: tuple[Kind, ...] = ()
    """Kinds whose threshold it crossed."""
    retracted: tuple[Kind, ...] = ()
    """Kinds of which the user has taken the verdict back."""
    first_at: Micros | None = None
    """Stream time at which it first crossed a threshold."""

    def hold(self, evidence: Evidence) -> None:
        """Keep evidence that its fuser has scored, if it is worth a reason and the strongest that
        its heuristic gave."""
        held = self.held.get(evidence.heuristic)
        if evidence.score >= LEAST_TOLD and not (held and held.score > evidence.score):
            self.held[evidence.heuristic] = evidence

    def score(self, kind: Kind) -> float:
        """The verdict of one kind (0 to 1)."""
        score: float = getattr(self, kind.value)
        return score

    def judge(self, kind: Kind, score: float) -> None:
        """A verdict was reached."""
        setattr(self, kind.value, score)

    def scores(self) -> Scores:
        """All verdicts, to four places."""
        return Scores(
            persona=round(self.persona, 4),
            coordinated=round(self.coordinated, 4),
            hazard=round(self.hazard, 4),
        )

    def flags(
        self,
        kinds: Container[Kind] = tuple(Kind),
        latest: Callable[[Evidence], Evidence] = lambda evidence: evidence,
    ) -> tuple[Evidence, ...]:
        """All evidence for verdicts of these kinds, strongest first. ``latest`` knows what became
        of evidence of coordination since it was found."""
        flags: list[Evidence] = []
        for evidence in self.held.values():
            if evidence.kind is Kind.COORDINATED and evidence.kind in kinds:
                flags.append(structs.replace(latest(evidence), group=self.group))
            elif evidence.kind in kinds:
                flags.append(evidence)
        return tuple(sorted(flags, key=lambda flag: (-round(flag.score, 4), flag.heuristic)))


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(OpenPost).decode
_decode_shelf = msgspec.msgpack.Decoder(list[bytes]).decode
_press = ZstdCompressor(level=1).compress
_unfold = ZstdDecompressor().decompress

_Resting: TypeAlias = bytes | OpenPost
"""A packed open post; one that cannot be packed (a lone surrogate, an absurd number of votes) stays
as it is."""


class _Order:
    """The open posts in order of arrival, the oldest at hand; in arrays, which take a
    fifth of what a queue of tuples takes."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._seen_at = array("q")
        self._chars = array("q")
        self._begin = 0
        """Place of the oldest; what stands before it is gone."""

    def __len__(self) -> int:
        return len(self._ids) - self._begin

    @property
    def id(self) -> str:
        """Of the oldest."""
        return self._ids[self._begin]

    @property
    def seen_at(self) -> Micros:
        """When the oldest was seen."""
        return self._seen_at[self._begin]

    @property
    def chars(self) -> int:
        """How long the oldest is."""
        return self._chars[self._begin]

    def append(self, post: Post, chars: int) -> None:
        self._ids.append(post.id)
        self._seen_at.append(post.seen_at)
        self._chars.append(chars)

    def pop(self) -> None:
        """Let go of the oldest."""
        self._begin += 1
        if self._begin > max(SHELF, len(self)):
            for column in (self._ids, self._seen_at, self._chars):
                del column[: self._begin]
            self._begin = 0


class OpenPosts:
    """Open posts by id, in order of arrival."""

    def __init__(self) -> None:
        self._awake: dict[str, OpenPost] = {}
        """Those that the event at hand opened or touched, or somebody looked at since the last."""
        self._number: dict[str, int] = {}
        """By id the number of an open post; they are counted in order of arrival."""
        self._order = _Order()
        self.chars = 0
        """Characters of all open posts."""
        self._first = 0
        """Number of the oldest that is still open."""
        self._loose: dict[int, _Resting] = {}
        """Those on no shelf: too new, or changed since theirs was pressed."""
        self._shelves: dict[int, bytes] = {}
        self._unfolded: tuple[int, list[bytes]] = (-1, [])
        """The shelf looked at last: what is looked for next mostly lies beside it."""

    def __len__(self) -> int:
        return len(self._order)

    def open(self, post: Post) -> OpenPost:
        """Open a post."""
        if post.id not in self._number:
            self._number[post.id] = self._first + len(self._order)
            chars = sum(map(len, filter(None, (post.text, post.title, post.link, post.url))))
            self._order.append(post, chars)
            self.chars += chars
        opened = self._awake[post.id] = OpenPost(post)
        return opened

    def get(self, post: str) -> OpenPost | None:
        """An open post by its id; what is done to it counts until the next :meth:`rest`."""
        opened = self._awake.get(post)
        if opened is None and (number := self._number.get(post)) is not None:
            opened = self._awake[post] = self._wake(number)
        return opened

    def rest(self) -> None:
        """The event is over: pack what it touched."""
        for post, opened in self._awake.items():
            number = self._number[post]
            try:
                self._loose[number] = _encode(opened)
            except (UnicodeEncodeError, OverflowError):
                self._loose[number] = opened
        self._awake.clear()
        # The newest shelf but one: what has just come is what is most often touched.
        shelf = (self._first + len(self._order)) // SHELF - 2
        if shelf not in self._shelves and (shelf + 1) * SHELF > max(self._first, SHELF - 1):
            self._fill(shelf)

    def is_due(self, horizon: Micros | None) -> bool:
        """Whether the oldest was seen before ``horizon`` (None: whether there is
        one)."""
        return len(self._order) > 0 and (horizon is None or self._order.seen_at < horizon)

    def close(self) -> None:
        """Let go of the oldest."""
        post = self._order.id
        self.chars -= self._order.chars
        self._order.pop()
        self._awake.pop(post, None)
        del self._number[post]
        self._loose.pop(self._first, None)
        self._first += 1
        if self._first % SHELF == 0:
            self._shelves.pop(self._first // SHELF - 1, None)

    def oldest(self) -> OpenPost:
        """The oldest open post."""
        return self._awake.get(self._order.id) or self._wake(self._first)

    def _fill(self, shelf: int) -> None:
        """Press the posts of a shelf together; those that are closed leave their places empty."""
        places: list[bytes] = []
        for number in range(shelf * SHELF, (shelf + 1) * SHELF):
            opened = self._loose.get(number)
            if isinstance(opened, bytes):
                del self._loose[number]
            places.append(opened if isinstance(opened, bytes) else b"")
        # A copy: what is pressed is cut from a larger piece of memory, whose rest would lie idle.
        self._shelves[shelf] = bytes(memoryview(_press(_encode(places))))

    def _wake(self, number: int) -> OpenPost:
        opened = self._loose.get(number)
        if opened is None:
            shelf, place = divmod(number, SHELF)
            if self._unfolded[0] != shelf:
                self._unfolded = shelf, _decode_shelf(_unfold(self._shelves[shelf]))
            opened = self._unfolded[1][place]
        return _decode(opened) if isinstance(opened, bytes) else opened
