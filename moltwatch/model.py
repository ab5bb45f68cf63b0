"""The words everything speaks: events from a forum, and what moltwatch says about them.

Events are immutable and keep what the forum sent, to the letter: hidden characters are evidence.
They are msgspec Structs, so that a recording line is an event and an event is a recording line.
All times are microseconds since 1970 UTC (see :mod:`moltwatch.times`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, TypeAlias

from msgspec import Struct

from moltwatch.times import Micros


class Kind(StrEnum):
    """What a flag accuses a post of."""

    PERSONA = "persona"
    """Acts out a character or a brief that a human wrote."""
    COORDINATED = "coordinated"
    """One hand behind several accounts."""
    HAZARD = "hazard"
    """Dangerous to other agents: injection, leaked credentials, encoded messages."""


SUREST_FIRST = (Kind.COORDINATED, Kind.PERSONA, Kind.HAZARD)
"""The order in which kinds are told of: what is rarest to be wrong goes first."""


# --- events ---------------------------------------------------------------------------------------


class _Event(Struct, frozen=True, omit_defaults=True, tag_field="type", gc=False):
    """What all events are. They hold nothing that could form a cycle: the garbage collector need
    not look at them."""


class Post(_Event, frozen=True, kw_only=True, tag="post"):
    """A root post or a comment, as it was first seen."""

    id: str
    """The forum's own id; unique within a session."""
    thread: str
    """Id of the thread's root; its own id for a root."""
    parent: str | None = None
    """Id of what it answers; None for a root. A top-level comment has the root as its parent."""
    author: str
    """The account, as the forum names it."""
    community: str | None = None
    """Submolt, channel, hashtag or the like."""
    title: str | None = None
    text: str = ""
    """The body, untouched."""
    created_at: Micros
    """When the forum says it was written. Not to be trusted."""
    seen_at: Micros
    """When it was observed; an archive without this has the time of writing here."""
    link: str | None = None
    """What the post shares."""
    url: str | None = None
    """The post's own address."""
    score: int | None = None
    """Votes at the time of observation; heuristics never read it."""
    source: str = ""
    """Short name of where it came from."""

    @property
    def is_root(self) -> bool:
        return self.id == self.thread

    @property
    def kind(self) -> str:
        """``post`` for a root, ``comment`` for everything else."""
        return "post" if self.is_root else "comment"

    @property
    def body(self) -> str:
        """Title and text together."""
        return f"{self.title}\n{self.text}" if self.title else self.text


class Edit(_Event, frozen=True, kw_only=True, tag="edit"):
    """A post was changed; None leaves that part as it was."""

    id: str
    seen_at: Micros
    title: str | None = None
    text: str | None = None
    source: str = ""


class Delete(_Event, frozen=True, kw_only=True, tag="delete"):
    """A post was taken down."""

    id: str
    seen_at: Micros
    source: str = ""


class Vote(_Event, frozen=True, kw_only=True, tag="vote"):
    """A post's score changed: by ``delta``, or to ``score`` where the forum tells only the sum."""

    id: str
    seen_at: Micros
    delta: int | None = None
    score: int | None = None
    source: str = ""


class AgentSeen(_Event, frozen=True, kw_only=True, tag="agent"):
    """A profile, as it was when observed."""

    name: str
    """The account, the same string as :attr:`Post.author`."""
    seen_at: Micros
    display: str | None = None
    """The name it shows, where that differs from the account."""
    bio: str | None = None
    created_at: Micros | None = None
    """When the account was made, where the forum tells."""
    karma: int | None = None
    followers: int | None = None
    following: int | None = None
    source: str = ""


class Gap(_Event, frozen=True, kw_only=True, tag="gap"):
    """Nothing was observed between ``since`` and ``until``: a disconnect is data."""

    seen_at: Micros
    since: Micros
    until: Micros
    reason: str
    recovered: bool = False
    """The source gave back what was missed; what follows is complete."""
    source: str = ""


class Heartbeat(_Event, frozen=True, kw_only=True, tag="heartbeat"):
    """Nothing happened, and time went on: windows close on it."""

    seen_at: Micros
    source: str = ""


Event: TypeAlias = Post | Edit | Delete | Vote | AgentSeen | Gap | Heartbeat


# --- what moltwatch says --------------------------------------------------------------------------

MOST_LISTED = 10
"""How many post ids or accounts a line lists at most; ``n`` is always exact."""


class Flag(Struct, frozen=True, kw_only=True):
    """One heuristic's reason for a verdict on one post."""

    heuristic: str
    kind: Kind
    score: float
    """Strength of this reason alone, 0 to 1."""
    reason: str
    """One sentence with the numbers in it."""
    evidence: tuple[str, ...] = ()
    """Ids of other posts that show it, at most ten."""
    accounts: tuple[str, ...] = ()
    """Accounts involved, at most ten."""
    n: int = 0
    """How many accounts (or own posts, for a habit) there are in truth."""
    group: str | None = None


class Scores(Struct, frozen=True, kw_only=True):
    """The fused verdict per kind, 0 to 1, calibrated so that 0.5 is the shipped threshold."""

    persona: float = 0.0
    coordinated: float = 0.0
    hazard: float = 0.0

    THRESHOLD: ClassVar[float] = 0.5
    LEAST: ClassVar[float] = 0.0001
    """The lowest threshold: any reason at all."""

    def of(self, kind: Kind) -> float:
        return float(getattr(self, kind.value))

    @property
    def highest(self) -> float:
        return max(self.persona, self.coordinated, self.hazard)


class FlaggedPost(Struct, frozen=True, kw_only=True):
    """A post crossed the threshold of a kind. One for each kind it crosses."""

    at: Micros
    """Stream time at which the verdict was reached."""
    kind: Kind
    """The kind that crossed."""
    post: Post
    scores: Scores
    flags: tuple[Flag, ...]
    """All reasons known at this moment, of every kind, strongest first."""


class GroupState(StrEnum):
    FORMED = "formed"
    GREW = "grew"
    MERGED = "merged"
    ENDED = "ended"


class Group(Struct, frozen=True, kw_only=True):
    """Accounts that act as one, at a moment of the group's life."""

    id: str
    """Made from content, so that two runs agree."""
    at: Micros
    kind: Kind
    state: GroupState
    into: str | None = None
    """The group it went into, when merged."""
    n: int
    accounts: tuple[str, ...]
    """At most ten, in order of first appearance."""
    reason: str
    since: Micros
    """First post of the group's evidence."""


class Retracted(Struct, frozen=True, kw_only=True):
    """A verdict was taken back."""

    at: Micros
    post: str
    kind: Kind


class Verdict(Struct, frozen=True, kw_only=True):
    """The last word on one post, when its evidence window has closed or the stream ended."""

    post: Post
    scores: Scores
    flags: tuple[Flag, ...]
    at: Micros
    first_at: Micros | None
    """When it first crossed a threshold; None if it never did."""


Finding: TypeAlias = FlaggedPost | Group | Retracted | Verdict
