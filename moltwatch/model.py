"""The words everything speaks: events from a forum, and what moltwatch says about them.

Events are immutable and keep what the forum sent, to the letter: hidden characters are evidence.
They are msgspec Structs, so that a recording line is an event and an event is a recording line.
All times are microseconds since 1970 UTC (see :mod:`moltwatch.times`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import ClassVar, TypeAlias

from msgspec import Struct, structs

from moltwatch.times import Micros, format_duration
from moltwatch.wording import count, sentence


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
    """Not all was observed that was written between ``since`` and ``until``: a disconnect is data,
    and so is what a server does not give."""

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


# --- evidence -------------------------------------------------------------------------------------

MOST_LISTED = 10
"""How many post ids or accounts a line lists at most; ``n`` is always exact."""

MOST_TOLD = 3
"""Marks that a sentence tells of at most."""


class Level(IntEnum):
    """How much a piece of coordination evidence proves."""

    WEAK = 0
    """Counts only against accounts that evidence of another family names too."""
    CORROBORATING = 1
    """Convicts together with evidence of a second family."""
    CONCLUSIVE = 2
    """Needs no other evidence."""

    @property
    def weight(self) -> float:
        """What evidence of this level weighs of which no more is known (0 to 1)."""
        return (0.3, 0.6, 0.88)[self]

    @classmethod
    def of(cls, weight: float) -> Level:
        """The level of a weight (0 to 1)."""
        if weight >= 0.85:
            return cls.CONCLUSIVE
        return cls.CORROBORATING if weight >= 0.5 else cls.WEAK


class Act(Struct, frozen=True, array_like=True, gc=False):
    """A post that is part of what several accounts did together."""

    post: str
    author: str
    at: Micros
    """The time that counts: when the post was seen, unless the heuristic says otherwise."""


Fact: TypeAlias = int | float | str | tuple[str, ...]
"""A number, a span of time (microseconds), a share (0 to 1), or words of a post."""


class Mark(Struct, frozen=True, array_like=True, gc=False):
    """One observable thing about a post, in words and as a number."""

    says: str = ""
    """Completes the sentence "the post …". A template for ``facts``, see
    :func:`moltwatch.wording.sentence`; empty for what needs no mention."""
    facts: dict[str, Fact] = {}
    weight: float = 0.0
    """Log-odds it adds to a persona's evidence; below zero it speaks against one."""


class Evidence(Struct, frozen=True, array_like=True, gc=False):
    """What one heuristic found: the same struct from the heuristic to the line and the screen.

    Evidence of a persona or a hazard is about the post at hand. Evidence of coordination says in
    ``cluster`` what several accounts share, and lists in ``acts`` the posts it has not told of yet.
    The group tracker puts together all evidence of one cluster, so that the sentence of a flag
    tells what was known at the time of its line.
    """

    heuristic: str
    kind: Kind
    family: str
    """Heuristics of one family look at the same thing and do not confirm each other."""
    weight: float
    """How much it says, by itself. Of a persona or a hazard: log-odds, below zero if it speaks
    against. Of coordination: 0 to 1, see :attr:`level`."""
    marks: tuple[Mark, ...] = ()
    """What was observed, the most telling first."""
    cluster: str | None = None
    """What several accounts share, made from content: the same string is the same cluster."""
    acts: tuple[Act, ...] = ()
    n: int = 0
    """How many accounts there are in truth."""
    span: Micros = 0
    """From their first act to their last (microseconds)."""
    places: tuple[tuple[int, int], ...] = ()
    """Where it stands in the post's body: its first character, and its last plus one."""
    muted: bool = False
    """Of a hazard: no news, since its author keeps saying so. It adds nothing to other evidence."""
    score: float = 0.0
    """What it makes of the post if nothing else is known, 0 to 1; set by the fuser of its kind."""
    group: str | None = None
    """The group of its post's author; set by the group tracker."""

    @property
    def level(self) -> Level:
        """Of coordination: how much it proves."""
        return Level.of(self.weight)

    @property
    def posts(self) -> tuple[str, ...]:
        """Ids of the first posts that show it, at most ten."""
        return tuple([act.post for act in self.acts[:MOST_LISTED]]) if self.acts else ()

    @property
    def accounts(self) -> tuple[str, ...]:
        """The first accounts involved, at most ten."""
        if not self.acts:
            return ()
        return tuple({act.author: None for act in self.acts})[:MOST_LISTED]

    @property
    def reason(self) -> str:
        """One sentence with the numbers in it, which a user can check, as it is told of a post:
        ``{who}`` in a template counts the accounts, ``{others}`` those that are not its author,
        ``{span}`` is how long they took."""
        return self._worded(None)

    def reason_in(self, size: int) -> str:
        """The same as it is told of a group of ``size`` accounts, ``n`` of which it holds."""
        return self._worded(size)

    def _worded(self, size: int | None) -> str:
        told = [mark for mark in self.marks if mark.says and mark.weight >= 0][:MOST_TOLD]
        if self.cluster is None:
            said = [sentence(mark.says, mark.facts) for mark in told]
        else:
            shared = self._numbers(size)
            said = [sentence(mark.says, {**shared, **mark.facts}) for mark in told]
        return "; ".join(said) or self.heuristic

    def _numbers(self, size: int | None) -> dict[str, object]:
        """What every mark of several accounts may tell: of a post, or of a group of ``size``."""
        who, others = count(self.n, "account"), "each other"
        if size is None:
            others = count(self.n - 1, "other account")
        elif self.n != size:
            who = f"{self.n:,} of the {size:,}"
            others = f"each other, {who},"
        return {"who": who, "others": others, "span": format_duration(self.span)}


def strongest_of(found: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Of evidence of coordination, the strongest of each family, at most three: those that say most
    of most accounts first."""
    strongest: dict[str, Evidence] = {}
    for each in found:
        held = strongest.get(each.family)
        if held is None or (held.weight, held.n) <= (each.weight, each.n):
            strongest[each.family] = each
    ranked = sorted(strongest.values(), key=lambda each: (-each.weight * each.n, each.family))
    return tuple(ranked[:MOST_TOLD])


# --- what moltwatch says --------------------------------------------------------------------------


class Scores(Struct, frozen=True, kw_only=True):
    """The fused verdict per kind, 0 to 1, calibrated so that 0.5 is the shipped threshold."""

    persona: float = 0.0
    coordinated: float = 0.0
    hazard: float = 0.0

    THRESHOLD: ClassVar[float] = 0.5
    DIGITS: ClassVar[int] = 4
    """Decimals: a score is compared as it is told."""
    LEAST: ClassVar[float] = 0.0001
    """The lowest threshold: any reason at all."""

    def of(self, kind: Kind) -> float:
        return float(getattr(self, kind.value))

    @property
    def highest(self) -> float:
        return max(self.persona, self.coordinated, self.hazard)


class Thresholds(Struct, frozen=True, kw_only=True):
    """The score per kind from which a post is flagged. What is 0 is reached by any reason at all,
    and by no post without one."""

    persona: float = Scores.THRESHOLD
    coordinated: float = Scores.THRESHOLD
    hazard: float = Scores.THRESHOLD

    @classmethod
    def all(cls, score: float) -> Thresholds:
        """The same for every kind."""
        return cls(**{kind.value: score for kind in Kind})

    def but(self, scores: Mapping[Kind, float]) -> Thresholds:
        """These, with other scores for some kinds."""
        return structs.replace(self, **{kind.value: score for kind, score in scores.items()})

    def of(self, kind: Kind) -> float:
        return max(float(getattr(self, kind.value)), Scores.LEAST)

    def reached(self, scores: Scores) -> tuple[Kind, ...]:
        """The kinds whose threshold is reached."""
        return tuple(kind for kind in Kind if scores.of(kind) >= self.of(kind))


SHIPPED = Thresholds()
"""Where nobody says otherwise."""


class FlaggedPost(Struct, frozen=True, kw_only=True):
    """A post crossed the threshold of a kind. One for each kind it crosses."""

    at: Micros
    """Stream time at which the verdict was reached."""
    kind: Kind
    """The kind that crossed."""
    post: Post
    scores: Scores
    flags: tuple[Evidence, ...]
    """All evidence known at this moment, of the kinds that crossed so far, strongest first."""
    again: bool = False
    """Whether it was told of before, at a lower score; see :class:`.heuristics.engine.Engine`."""
    against: tuple[Evidence, ...] = ()
    """What spoke against the verdict and did not prevail."""


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
    evidence: tuple[Evidence, ...] = ()
    """The strongest of each family, at most three, counting those who are in the group."""
    since: Micros
    """When there was first evidence of it."""

    @property
    def reason(self) -> str:
        """Why they are a group: a sentence for each piece of evidence."""
        return "; ".join(evidence.reason_in(self.n) for evidence in self.evidence)


class Retracted(Struct, frozen=True, kw_only=True):
    """A verdict was taken back."""

    at: Micros
    post: str
    kind: Kind


class Verdict(Struct, frozen=True, kw_only=True):
    """The last word on one post, when its evidence window has closed or the stream ended."""

    post: Post
    scores: Scores
    flags: tuple[Evidence, ...]
    at: Micros
    first_at: Micros | None
    """When it first crossed a threshold; None if it never did."""


Finding: TypeAlias = FlaggedPost | Group | Retracted | Verdict
