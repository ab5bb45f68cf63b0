"""The posts of a stream on which the last word is not spoken.

For hours any post may turn out to be part of something, so what was found of it has to be kept; yet
hardly any is ever looked at again after the first minutes. So the latest posts are at hand as they
are, and older ones rest on shelves, many pressed together: a fifth of the memory, and nothing for
the garbage collector to walk through. One that is touched is among the latest again.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Container, Sequence
from itertools import islice

import msgspec
from msgspec import Struct, structs
from zstandard import ZstdCompressor, ZstdDecompressor

from moltwatch.model import Evidence, Kind, Post, Scores
from moltwatch.times import Micros

LEAST_TOLD = 0.05
"""Score below which evidence is not worth a reason."""

AT_HAND = 256
"""Posts that rest on no shelf: the latest that came or were touched."""

SHELF = 64
"""Posts pressed together: fewer take more memory, and more take longer to get one back."""


class OpenPost(Struct, array_like=True, gc=False):
    """What is known of one post while its evidence window is open."""

    post: Post
    held: tuple[Evidence, ...] = ()
    """The strongest that was found of it by each heuristic."""
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
    chars: int = 0
    """How long it is."""

    @property
    def seen_at(self) -> Micros:
        return self.post.seen_at

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
        for evidence in self.held:
            if evidence.kind is Kind.COORDINATED and evidence.kind in kinds:
                flags.append(structs.replace(latest(evidence), group=self.group))
            elif evidence.kind in kinds:
                flags.append(evidence)
        return tuple(sorted(flags, key=lambda flag: (-round(flag.score, 4), flag.heuristic)))


class _Shelf(Struct, gc=False):
    """Posts pressed together, and what has to be known of each when it is closed."""

    pressed: bytes
    seen_at: array[Micros]
    chars: array[int]


class _Resting(Struct, gc=False):
    """Where an open post lies."""

    shelf: _Shelf
    place: int

    @property
    def seen_at(self) -> Micros:
        return self.shelf.seen_at[self.place]

    @property
    def chars(self) -> int:
        return self.shelf.chars[self.place]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[OpenPost]).decode
_press = ZstdCompressor(level=1).compress
_unfold = ZstdDecompressor().decompress


class OpenPosts:
    """Open posts by id, in order of arrival."""

    def __init__(self) -> None:
        self._open: dict[str, OpenPost | _Resting] = {}
        self._order: deque[str] = deque()
        self._at_hand: dict[str, OpenPost] = {}
        """The latest that came or were touched, in that order."""
        self.chars = 0
        """Characters of all open posts."""
        self._unfolded: tuple[_Shelf | None, Sequence[OpenPost]] = None, ()
        """The shelf looked at last: what is looked for next mostly lies beside it."""

    def __len__(self) -> int:
        return len(self._order)

    def open(self, post: Post) -> OpenPost:
        """Open a post. One whose id is used again replaces the earlier in its place."""
        chars = len(post.text) + len(post.title or "") + len(post.link or "") + len(post.url or "")
        opened = OpenPost(post, chars=chars)
        if earlier := self._open.get(post.id):
            self.chars -= earlier.chars
        else:
            self._order.append(post.id)
        self._open[post.id] = self._at_hand[post.id] = opened
        self.chars += chars
        return opened

    def get(self, post: str) -> OpenPost | None:
        """An open post by its id."""
        opened = self._open.get(post)
        if isinstance(opened, _Resting):
            opened = self._open[post] = self._at_hand[post] = self._wake(opened)
        return opened

    def rest(self) -> None:
        """The event is over: put on a shelf what is no longer among the latest."""
        if len(self._at_hand) >= AT_HAND + SHELF:
            self._shelve([self._at_hand.pop(id) for id in list(islice(self._at_hand, SHELF))])

    def is_due(self, horizon: Micros | None) -> bool:
        """Whether the oldest was seen before ``horizon`` (None: whether there is one)."""
        order = self._order
        return bool(order) and (horizon is None or self._open[order[0]].seen_at < horizon)

    def oldest(self) -> OpenPost:
        """The oldest open post."""
        opened = self._open[self._order[0]]
        return self._wake(opened) if isinstance(opened, _Resting) else opened

    def close(self) -> None:
        """Let go of the oldest."""
        post = self._order.popleft()
        self.chars -= self._open.pop(post).chars
        self._at_hand.pop(post, None)

    def _shelve(self, posts: Sequence[OpenPost]) -> None:
        try:
            packed = _encode(posts)
        except (UnicodeEncodeError, OverflowError):
            posts = [opened for opened in posts if _can_be_packed(opened)]
            packed = _encode(posts)
        shelf = _Shelf(
            # A copy: what is pressed is cut from a larger piece of memory that would lie idle.
            bytes(memoryview(_press(packed))),
            array("q", [opened.post.seen_at for opened in posts]),
            array("q", [opened.chars for opened in posts]),
        )
        for place, opened in enumerate(posts):
            self._open[opened.post.id] = _Resting(shelf, place)

    def _wake(self, resting: _Resting) -> OpenPost:
        if self._unfolded[0] is not resting.shelf:
            self._unfolded = resting.shelf, _decode(_unfold(resting.shelf.pressed))
        return self._unfolded[1][resting.place]


def _can_be_packed(opened: OpenPost) -> bool:
    """Whether a post may rest on a shelf. One with a lone surrogate or an absurd number of votes
    stays as it is."""
    try:
        _encode(opened)
    except (UnicodeEncodeError, OverflowError):
        return False
    return True
