"""The posts of a stream on which the last word is not spoken.

For hours any post may turn out to be part of something, so what was found of it has to be kept; yet
hardly any is ever looked at again after the first minutes. So a post at rest is a string of bytes,
packed at the end of its event, while the processor still has it near. The latest are at hand as
such, and older ones lie on shelves, many pressed together: a fifth of the memory, and nothing for
the garbage collector to walk through. One that is touched is among the latest again.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Container, Sequence
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct, structs
from zstandard import ZstdCompressor, ZstdDecompressor

from moltwatch import packing
from moltwatch.bounded import LONG_TEXT
from moltwatch.model import Evidence, Kind, Post, Scores
from moltwatch.packing import Piece, piece
from moltwatch.times import Micros

LEAST_TOLD = 0.05
"""Score below which evidence is not worth a reason."""

AT_HAND = 256
"""Posts that rest on no shelf: the latest that came or were touched."""

SHELF = 64
"""Posts pressed together: fewer take more memory, and more take longer to get one back. A long one
has a shelf for itself at once."""


class OpenPost(Struct, array_like=True, gc=False):
    """What is known of one post while its evidence window is open."""

    post: Post
    held: tuple[Evidence, ...] = ()
    """The strongest that was found of it by each heuristic."""
    persona: float = 0.0
    """A verdict, to :data:`.Scores.DIGITS` places; so the next two."""
    coordinated: float = 0.0
    hazard: float = 0.0
    group: str | None = None
    flagged: tuple[Kind, ...] = ()
    """Kinds whose threshold it crossed."""
    retracted: tuple[Kind, ...] = ()
    """Kinds of which the user has taken the verdict back."""
    first_at: Micros | None = None
    """Stream time at which it first crossed a threshold."""
    chars: int = 0
    """How long it is."""
    since: Micros = 0
    """When its id was first seen: in that order posts are closed."""

    def hold(self, evidence: Evidence) -> None:
        """Keep evidence that its fuser has scored, if it is worth a reason and the strongest that
        its heuristic gave."""
        strongest = {each.heuristic: each for each in self.held}
        held = strongest.get(evidence.heuristic)
        if evidence.score >= LEAST_TOLD and not (held and held.score > evidence.score):
            strongest[evidence.heuristic] = evidence
            self.held = tuple(strongest.values())

    def score(self, kind: Kind) -> float:
        """The verdict of one kind (0 to 1)."""
        score: float = getattr(self, kind.value)
        return score

    def scores(self) -> Scores:
        """All verdicts."""
        return Scores(persona=self.persona, coordinated=self.coordinated, hazard=self.hazard)

    def flags(
        self,
        kinds: Container[Kind] = tuple(Kind),
        latest: Callable[[Evidence], Evidence] = lambda evidence: evidence,
    ) -> tuple[Evidence, ...]:
        """All evidence for verdicts of these kinds, strongest first. ``latest`` knows what became
        of evidence of coordination since it was found."""
        flags: list[Evidence] = []
        for evidence in self.held:
            if evidence.kind is Kind.COORDINATED and evidence.kind in kinds:
                flags.append(structs.replace(latest(evidence), group=self.group))
            elif evidence.kind in kinds:
                flags.append(evidence)
        return tuple(
            sorted(flags, key=lambda flag: (-round(flag.score, Scores.DIGITS), flag.heuristic))
        )


class _Shelf(Struct, gc=False):
    """Posts pressed together, and what has to be known of each when it is closed."""

    pressed: Piece
    posts: tuple[str, ...]
    """Their ids."""
    seen_at: array[Micros]
    chars: array[int]
    left: int
    """How many of them still lie here."""
    packed: Piece = b""
    """What is said above of each, as bytes, once that was asked for."""


class _Resting(Struct, gc=False):
    """Where an open post lies."""

    shelf: _Shelf
    place: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(OpenPost).decode
_decode_ids = msgspec.msgpack.Decoder(list[str]).decode
_decode_shelf = msgspec.msgpack.Decoder(list[bytes]).decode
_press = ZstdCompressor(level=1).compress
_unfold = ZstdDecompressor().decompress


class OpenPosts:
    """Open posts by id, in order of arrival."""

    def __init__(self) -> None:
        self._open: dict[str, OpenPost | Piece | _Resting] = {}
        """As it is only what the event at hand brought or touched, and what cannot be packed (a
        lone surrogate, an absurd number of votes)."""
        self._order: deque[str] = deque()
        self._awake: dict[str, OpenPost] = {}
        """Those that the event at hand brought or touched."""
        self._at_hand: dict[str, tuple[Micros, int]] = {}
        """When the packed posts that lie on no shelf were seen and how long they are, the longest
        untouched first."""
        self.chars = 0
        """Characters of all open posts."""
        self._unfolded: tuple[_Shelf | None, Sequence[bytes]] = None, ()
        """The shelf looked at last: what is looked for next mostly lies beside it."""

    def __len__(self) -> int:
        return len(self._order)

    def __getstate__(self) -> tuple[object, ...]:
        """Shelves in pieces, which stay the same from one moment to the next."""
        shelves: dict[int, tuple[_Shelf, bytearray]] = {}
        at_hand: dict[str, OpenPost | Piece] = {}
        for post, lies in self._open.items():
            if isinstance(lies, _Resting):
                shelf, resting = shelves.setdefault(
                    id(lies.shelf), (lies.shelf, bytearray(len(lies.shelf.posts)))
                )
                resting[lies.place] = True
            else:
                at_hand[post] = lies
        told = []
        for shelf, resting in shelves.values():
            if not shelf.packed:
                shelf.packed = packing.dumps((shelf.posts, shelf.seen_at, shelf.chars), [])
            told.append((piece(shelf.packed), piece(shelf.pressed), shelf.left, bytes(resting)))
        return told, at_hand, self._at_hand, _encode(list(self._order)), self.chars

    def __setstate__(self, state: Any) -> None:
        self.__init__()  # type: ignore[misc]
        shelves, at_hand, self._at_hand, order, self.chars = state
        self._order.extend(_decode_ids(order))
        for packed, pressed, left, resting in shelves:
            posts, seen_at, chars = packing.loads(packed, ())
            shelf = _Shelf(pressed, posts, seen_at, chars, left, packed)
            for place, post in enumerate(shelf.posts):
                if resting[place]:
                    self._open[post] = _Resting(shelf, place)
        self._open |= at_hand

    def open(self, post: Post) -> OpenPost:
        """Open a post. One whose id is used again replaces the earlier in its place."""
        chars = len(post.text) + len(post.title or "") + len(post.link or "") + len(post.url or "")
        opened = OpenPost(post, chars=chars, since=post.seen_at)
        if post.id in self._open:
            opened.since, earlier = self._size(post.id)
            self.chars -= earlier
        else:
            self._order.append(post.id)
        self._open[post.id] = self._awake[post.id] = opened
        self.chars += chars
        return opened

    def get(self, post: str) -> OpenPost | None:
        """An open post by its id; what is done to it counts until the next :meth:`rest`."""
        opened = self._awake.get(post)
        if opened is None and (packed := self._open.get(post)) is not None:
            opened = self._open[post] = self._awake[post] = self._wake(packed)
            if isinstance(packed, _Resting):
                self._leave(packed.shelf)
        return opened

    def rest(self) -> None:
        """The event is over: pack what it brought and touched while it is at hand, and put on a
        shelf what has not been touched for longest."""
        for post, opened in self._awake.items():
            self._at_hand.pop(post, None)
            try:
                self._open[post] = _encode(opened)
            except (UnicodeEncodeError, OverflowError):
                continue
            self._at_hand[post] = opened.since, opened.chars
            if opened.chars >= LONG_TEXT:
                self._shelve([post])
        self._awake.clear()
        while len(self._at_hand) >= AT_HAND + SHELF:
            self._shelve(list(islice(self._at_hand, SHELF)))

    def is_due(self, horizon: Micros | None) -> bool:
        """Whether the oldest was seen before ``horizon`` (None: whether there is one)."""
        order = self._order
        return bool(order) and (horizon is None or self._size(order[0])[0] < horizon)

    def oldest(self) -> OpenPost:
        """The oldest open post."""
        return self._wake(self._open[self._order[0]])

    def close(self) -> None:
        """Let go of the oldest."""
        post = self._order.popleft()
        self.chars -= self._size(post)[1]
        del self._open[post]
        self._at_hand.pop(post, None)
        self._awake.pop(post, None)

    def _size(self, post: str) -> tuple[Micros, int]:
        """When an open post was seen, and how long it is."""
        opened = self._open[post]
        if isinstance(opened, _Resting):
            return opened.shelf.seen_at[opened.place], opened.shelf.chars[opened.place]
        if isinstance(opened, OpenPost):
            return opened.since, opened.chars
        return self._at_hand[post]

    def _shelve(self, posts: Sequence[str]) -> None:
        sizes = [self._at_hand.pop(post) for post in posts]
        shelf = _Shelf(
            # A copy: what is pressed is cut from a larger piece of memory that would lie idle.
            bytes(memoryview(_press(_encode([self._open[post] for post in posts])))),
            tuple(posts),
            array("q", [seen_at for seen_at, _ in sizes]),
            array("q", [chars for _, chars in sizes]),
            len(posts),
        )
        for place, post in enumerate(posts):
            self._open[post] = _Resting(shelf, place)

    def _leave(self, shelf: _Shelf) -> None:
        """A post was taken from a shelf. One that is mostly empty is cleared: what is left on it
        would keep the bytes of all that is gone."""
        shelf.left -= 1
        if shelf.left >= SHELF // 2:
            return
        for place, post in enumerate(shelf.posts):
            resting = self._open.get(post)
            if isinstance(resting, _Resting) and resting.shelf is shelf:
                self._at_hand[post] = self._size(post)
                self._open[post] = self._unfolded[1][place]

    def _wake(self, opened: OpenPost | Piece | _Resting) -> OpenPost:
        if isinstance(opened, _Resting):
            if self._unfolded[0] is not opened.shelf:
                self._unfolded = opened.shelf, _decode_shelf(_unfold(opened.shelf.pressed))
            opened = self._unfolded[1][opened.place]
        return opened if isinstance(opened, OpenPost) else _decode(opened)
