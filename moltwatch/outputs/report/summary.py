"""What a report tells: everything that was gathered of a recording, ready to be set as Markdown or
as a page.

Texts in it are harmless (one line, no control characters) and not yet escaped: a forum's words are
in :class:`Quote`, or in the fields that say so, and every form has to escape those.
"""

from __future__ import annotations

from typing import NewType

from msgspec import Struct

from moltwatch.model import Kind, Post
from moltwatch.outputs.report.rate import Step
from moltwatch.times import Micros

Quote = NewType("Quote", str)
"""Words of the forum, or of a reason, which may quote the forum: harmless on one line, and to be
escaped."""

MOST_GROUPS = 25
MOST_MEMBERS = 10
MOST_LISTED = 10
MOST_HAZARDS = 25
MOST_GAPS = 12


class Missed(Struct, frozen=True, kw_only=True):
    """A gap."""

    since: Micros
    until: Micros
    reason: Quote
    recovered: bool


class Reject(Struct, frozen=True, kw_only=True):
    """Items that were refused for one reason."""

    reason: Quote
    n: int
    first: Quote


class Member(Struct, frozen=True, kw_only=True):
    """An account of a group."""

    name: Quote
    at: Micros
    """When its first post of the group was seen."""
    posts: int


class GroupStory(Struct, frozen=True, kw_only=True):
    """A group, as it was when the recording ended."""

    id: str
    n: int
    """Accounts; of a part of a recording those seen in it."""
    posts: int
    reason: Quote
    formed: Micros | None
    """None if that was not seen, or not in the part that is told of."""
    first: Micros
    """When its first post was seen."""
    last: Micros
    arrivals: tuple[Micros, ...]
    """When its accounts came, in order; those of a very large group are not all kept."""
    members: tuple[Member, ...]
    """The first ten, in order of appearance."""
    text: Quote
    """What most of its posts say."""
    shared: int
    """In how many of them."""


class Spoken(Struct, frozen=True, kw_only=True):
    """A flagged post."""

    at: Micros
    author: Quote
    community: Quote
    text: Quote
    score: float
    reason: Quote
    heuristic: Quote
    n: int = 1
    """How many posts of this account were flagged for this reason."""


class Account(Struct, frozen=True, kw_only=True):
    """An account and what was made of its posts."""

    name: Quote
    posts: int
    flagged: dict[Kind, int]
    mostly: Quote
    """The heuristic that most often stands behind its persona flags."""


class Thread(Struct, frozen=True, kw_only=True):
    """A thread and what was made of its posts."""

    title: Quote
    author: Quote
    community: Quote
    posts: int
    first: Micros
    last: Micros
    flagged: dict[Kind, int]


class Alerts(Struct, frozen=True, kw_only=True):
    """How often a heuristic stands behind a flagged post."""

    kind: Kind
    heuristic: Quote
    posts: int
    alone: int
    """Posts for which nothing else of its kind speaks."""


class Summary(Struct, frozen=True, kw_only=True):
    """What happened."""

    title: Quote
    version: str
    """Of moltwatch."""
    threshold: float
    start: Micros
    """When the first post was seen; 0 if there was none."""
    end: Micros
    posts: int
    comments: int
    """Of the posts."""
    threads: int
    accounts: int
    about: bool
    """More accounts or threads than can be remembered: those that came back count twice."""
    sources: tuple[tuple[Quote, int], ...]
    """Posts of each, most first."""
    gaps: tuple[Missed, ...]
    """The longest, by time."""
    n_gaps: int
    missed: Micros
    """Time that was not observed and not recovered."""
    rejects: tuple[Reject, ...]
    failures: tuple[Quote, ...]
    """What is to be said of heuristics that failed."""
    rate: tuple[Step, ...]
    """In at most 120 steps."""
    coarse: tuple[Step, ...]
    """In at most 24."""
    flagged: dict[Kind, int]
    groups: tuple[GroupStory, ...]
    """The largest, in order of size."""
    n_groups: int
    personas: tuple[Spoken, ...]
    """The strongest persona post of each account, in order of strength."""
    persona_accounts: tuple[Account, ...]
    """Those with most persona posts."""
    hazards: tuple[Spoken, ...]
    """In order of strength, one for each account and reason."""
    n_hazards: int
    """Of those, how many are remembered."""
    busiest_threads: tuple[Thread, ...]
    busiest_accounts: tuple[Account, ...]
    alerts: tuple[Alerts, ...]

    @property
    def hours(self) -> float:
        """How long it went on; at least a second, so that a rate can be told."""
        return max(1.0, (self.end - self.start) / 1_000_000) / 3_600


def body(post: Post) -> str:
    """Title and text, as they stand on one line."""
    return f"{post.title} · {post.text}" if post.title else post.text
