"""A charge: one kind held against one post, with the reasons, and what the user makes of it."""

from __future__ import annotations

from contextlib import suppress
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from moltwatch.model import Evidence, FlaggedPost, Kind, Scores, Verdict
from moltwatch.packing import Piece, piece
from moltwatch.times import Micros
from moltwatch.wording import cut

if TYPE_CHECKING:
    from moltwatch.session.charges import Case

MOST_EXCERPT = 450
"""Characters of a title and of a body that a charge keeps, for when the thread has gone."""

STRONG = 0.8
"""The score from which a charge counts as strong."""


Said: TypeAlias = tuple[str | None, str, tuple[Evidence, ...], tuple[Evidence, ...]]
"""Title and text of a post, what speaks for something and what speaks against it."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Said).decode


class Opinion(StrEnum):
    """What the user says of charges."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Tier(IntEnum):
    """How long a charge is kept: what comes first here is let go first."""

    WEAK = 0
    """A persona that is not strong."""
    STRONG = 1
    MORE = 2
    """One more of a group or a hazard."""
    FIRST = 3
    """The first of one."""


class Charge:
    """One kind held against one post."""

    __slots__ = (
        "_said",
        "at",
        "author",
        "case",
        "community",
        "created_at",
        "kind",
        "opinion",
        "post",
        "retracted",
        "score",
        "scores",
        "seen_at",
        "thread",
        "tier",
        "withheld",
    )

    def __init__(self, said: FlaggedPost | Verdict, kind: Kind, *, withheld: bool = False) -> None:
        """``said`` is of a post that crosses the threshold of ``kind``."""
        post = said.post
        self.post = post.id
        self.thread = post.thread
        self.author = post.author
        self.seen_at = post.seen_at
        self.created_at = post.created_at
        self.community = post.community or ""
        self.withheld = withheld
        """Neither the post nor what may quote it is to be repeated."""
        self.kind = kind
        self.at: Micros = said.at
        """Stream time of the verdict."""
        self.score = said.scores.of(kind)
        self.scores = said.scores
        """Those of the other kinds as well, as they were then."""
        against = said.against if isinstance(said, FlaggedPost) else ()
        title = post.title and cut(post.title, MOST_EXCERPT)
        self._said: Said | Piece = title, cut(post.text, MOST_EXCERPT), said.flags, against
        """As bytes once it is packed."""
        self.retracted = False
        self.opinion: Opinion | None = None
        """What the user says of it."""
        self.tier = Tier.WEAK
        self.case: Case

    def __getstate__(self) -> tuple[object, ...]:
        """Shorter than what would be made without it: there may be very many of them."""
        return (
            self.post, self.thread, self.author, self.seen_at, self.created_at, self.community,
            self.withheld, self.kind, self.at, self.score,
            self.scores.persona, self.scores.coordinated, self.scores.hazard,
            self._said if isinstance(self._said, tuple) else piece(self._said),
            self.retracted, self.opinion, self.tier, self.case,
        )  # fmt: skip

    def __setstate__(self, state: Any) -> None:
        (
            self.post, self.thread, self.author, self.seen_at, self.created_at, self.community,
            self.withheld, self.kind, self.at, self.score, persona, coordinated, hazard, self._said,
            self.retracted, self.opinion, self.tier, self.case,
        ) = state  # fmt: skip
        self.scores = Scores(persona=persona, coordinated=coordinated, hazard=hazard)

    @property
    def key(self) -> tuple[str, Kind]:
        return self.post, self.kind

    @property
    def title(self) -> str | None:
        """Of the post, its beginning."""
        return self._unpacked[0]

    @property
    def text(self) -> str:
        """Of the post, its beginning."""
        return self._unpacked[1]

    @property
    def flags(self) -> tuple[Evidence, ...]:
        """All reasons known when the verdict was reached, strongest first."""
        return self._unpacked[2]

    @property
    def against(self) -> tuple[Evidence, ...]:
        """What spoke against it."""
        return self._unpacked[3]

    @property
    def _unpacked(self) -> Said:
        said = self._said
        return said if isinstance(said, tuple) else _decode(said)

    def pack(self) -> None:
        """It is looked at rarely from now on: what was said takes a fifth of the memory, and a
        moment when it is asked for."""
        if isinstance(self._said, tuple):
            # With a lone surrogate or an absurd number in it it stays as it is.
            with suppress(UnicodeEncodeError, OverflowError):
                self._said = _encode(self._said)

    def take(self, again: Charge) -> None:
        """The verdict was reached once more, as that one has it."""
        self.at, self.score, self.scores = again.at, again.score, again.scores
        self._said = again._said

    @property
    def excerpt(self) -> str:
        """The beginning of title and body."""
        return f"{self.title}\n{self.text}" if self.title else self.text

    @property
    def line(self) -> str:
        """The same as it stands on one line."""
        return f"{self.title} · {self.text}" if self.title else self.text

    @property
    def stands(self) -> bool:
        """Neither taken back nor dismissed."""
        return not self.retracted and self.opinion is not Opinion.DISMISSED

    @property
    def reasons(self) -> tuple[Evidence, ...]:
        """The reasons for this kind, strongest first."""
        return tuple(flag for flag in self.flags if flag.kind is self.kind)

    @property
    def group(self) -> str | None:
        return next((flag.group for flag in self.reasons if flag.group), None)

    @property
    def says(self) -> str:
        """The first thing that its strongest reason tells: the same for all who do so, however
        often."""
        return self.reasons[0].reason.partition("; ")[0] if self.reasons else ""

    @property
    def times(self) -> int:
        """How often its author has said so by then, as far as that is counted."""
        marks = self.reasons[0].marks if self.reasons else ()
        counted = [times for mark in marks[1:] if isinstance(times := mark.facts.get("times"), int)]
        return max(counted, default=1)
