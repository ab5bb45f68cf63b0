"""The engine: events in, findings out, one event at a time and the same whatever the batches.

It owns stream time, hands each post to every heuristic, keeps each post open for the evidence
window (later posts may give an earlier one away), and lets each kind's fuser judge. A heuristic
that raises is isolated, reported by name, and switched off after repeated failure; the session goes
on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter_ns
from typing import Protocol, TypeAlias

from msgspec import Struct

from moltwatch.heuristics.base import Heuristic, check_evidence
from moltwatch.heuristics.features.memory import Memory
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.heuristics.fusing.hazard import HazardFuser
from moltwatch.heuristics.fusing.open_posts import OpenPost, OpenPosts
from moltwatch.heuristics.fusing.persona import PersonaFuser
from moltwatch.model import (
    AgentSeen,
    Event,
    Evidence,
    Finding,
    FlaggedPost,
    Kind,
    Post,
    Retracted,
    Scores,
    Verdict,
)
from moltwatch.times import HOUR, Micros

_Panel: TypeAlias = "list[tuple[Heuristic, Health, Callable[..., Iterable[Evidence]]]]"

EVIDENCE_WINDOW: Micros = 6 * HOUR
"""How long later posts can still change what is said of a post."""

MOST_OPEN = 200_000
MOST_CHARS = 300_000_000
"""Open posts at most, and their characters; in a flood the oldest close early."""


_OWN = "moltwatch."
"""Where heuristics come from whose evidence the tests check; that of others is checked here."""

MOST_FAILURES = 3
"""A heuristic that raised this often is switched off."""


class Health(Struct):
    """How one heuristic is doing."""

    spent_ns: int = 0
    """Time it took so far (nanoseconds)."""
    found: int = 0
    """Pieces of evidence it gave."""
    failures: int = 0
    last_error: str = ""
    off: bool = False
    """Whether it is asked no more."""

    def failed(self, error: Exception) -> None:
        """It raised; what too often does is switched off."""
        self.failures += 1
        self.last_error = f"{type(error).__name__}: {error}"[:200]
        self.off = self.failures >= MOST_FAILURES


class Fuser(Protocol):
    """Judges posts of which evidence of its kind was found."""

    def score(self, post: Post, found: Iterable[Evidence]) -> float:
        """The verdict, 0 to 1."""

    def told(self, post: Post, evidence: Evidence) -> Evidence:
        """The evidence with its score, as a flag tells it."""


class Engine:
    """Runs heuristics over a stream.

    ``complain`` is told, in a sentence, when a heuristic fails; ``verdicts`` asks for a
    :class:`Verdict` on every post when it closes; ``threshold`` is the score, above 0 and at
    most 1, at which a post is flagged.
    """

    def __init__(
        self,
        heuristics: Sequence[Heuristic],
        groups: GroupTracker,
        *,
        evidence_window: Micros = EVIDENCE_WINDOW,
        verdicts: bool = False,
        threshold: float = Scores.THRESHOLD,
        complain: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.heuristics = list(heuristics)
        self.health = {heuristic.name: Health() for heuristic in heuristics}
        self.now: Micros = 0
        """Stream time: the running maximum of ``seen_at``."""
        # Most do not care for the passing of time or for profiles; asking them costs all the same.
        self._observers = self._panel(Heuristic.observe)
        self._profilers = self._panel(Heuristic.profile)
        self._timed = self._panel(Heuristic.advance)
        self._groups = groups
        self._memory = Memory()
        self._fusers: Mapping[Kind, Fuser] = {
            Kind.PERSONA: PersonaFuser(),
            Kind.HAZARD: HazardFuser(),
        }
        self._open = OpenPosts()
        self._window = evidence_window
        self._verdicts = verdicts
        self._threshold = threshold
        self._complain = complain
        self._at_hand = ""
        """Id of the post that this event brings."""
        self._found: list[Evidence] = []
        """What is found of its persona and hazard."""
        self._findings: list[Finding] = []

    def read_ahead(self, events: Iterable[Event]) -> None:
        """Look at the texts of events that will be fed next: that is quicker, and all."""
        self._memory.texts.read_ahead(event.body for event in events if type(event) is Post)

    def feed(self, event: Event) -> list[Finding]:
        """Take in one event; what it gave away, in order."""
        if event.seen_at > self.now:
            self._advance(event.seen_at)
        if isinstance(event, Post):
            self._look_at(event)
        elif isinstance(event, AgentSeen):
            self._memory.learn(event)
            self._ask(self._profilers, event)
        return self._drain()

    def finish(self) -> list[Finding]:
        """The stream ended: end all groups and close all posts."""
        self._groups.finish(self.now)
        self._close_before(None)
        return self._drain()

    def dismiss(self, post: str, kind: Kind) -> list[Finding]:
        """The user takes back a verdict on a post: once, and it is not reached again."""
        opened = self._open.get(post)
        if opened is None or kind not in opened.flagged or kind in opened.retracted:
            return []
        opened.retracted = (*opened.retracted, kind)
        return [Retracted(at=self.now, post=post, kind=kind)]

    def verdict(self, post: str) -> Scores | None:
        """The scores of a post by now; None when it is closed."""
        opened = self._open.get(post)
        return opened.scores() if opened else None

    # --- within one event -------------------------------------------------------------------------

    def _advance(self, now: Micros) -> None:
        self.now = now
        self._memory.forget(now)
        self._ask(self._timed, now)
        self._hear_groups()
        self._close_before(now - self._window)
        self._groups.advance(now)

    def _look_at(self, post: Post) -> None:
        item = self._memory.item(post)
        opened = self._open.open(post)
        self._at_hand = post.id
        self._ask(self._observers, item)
        self._at_hand = ""
        if self._found:
            self._conclude(opened)
        self._memory.remember(item)

    def _panel(self, question: Callable[..., Iterable[Evidence]]) -> _Panel:
        """Those who have something of their own to answer to a question, ready to be asked."""
        name = question.__name__
        return [
            (heuristic, self.health[heuristic.name], getattr(heuristic, name))
            for heuristic in self.heuristics
            if getattr(type(heuristic), name) is not question
        ]

    def _ask(self, panel: _Panel, about: object) -> None:
        begun = perf_counter_ns()
        for heuristic, health, question in panel:
            if health.off:
                continue
            found: Sequence[Evidence] = ()
            try:
                if answer := question(about):
                    found = tuple(answer)
                    if not type(heuristic).__module__.startswith(_OWN):
                        for evidence in found:
                            check_evidence(heuristic, evidence)
            except Exception as error:
                found = ()
                self._blame(heuristic, health, error)
            ended = perf_counter_ns()
            health.spent_ns += ended - begun
            if found:
                health.found += len(found)
                try:
                    for evidence in found:
                        self._take(evidence)
                except ValueError as error:
                    self._blame(heuristic, health, error)
                ended = perf_counter_ns()
            begun = ended

    def _blame(self, heuristic: Heuristic, health: Health, error: Exception) -> None:
        health.failed(error)
        fate = "switched off" if health.off else "goes on"
        self._complain(f"heuristic {heuristic.name} failed ({health.last_error}); {fate}")

    def _take(self, evidence: Evidence) -> None:
        if evidence.kind is Kind.COORDINATED:
            # Also of a post that is closed: its author is still in the company it kept.
            self._groups.add(evidence, self.now)
            for act in evidence.acts:
                if opened := self._open.get(act.post):
                    opened.hold(self._groups.told(opened.post, evidence))
        elif self._at_hand:
            self._found.append(evidence)
        else:
            raise ValueError(f"speaks of {evidence.kind} where no post is at hand")

    def _conclude(self, opened: OpenPost) -> None:
        """Every heuristic has spoken (some speak against): judge all that concerns but this post.
        Of what led to no verdict only the score is kept, unless verdicts on all are asked for."""
        by_kind: dict[Kind, list[Evidence]] = {}
        for evidence in self._found:
            by_kind.setdefault(evidence.kind, []).append(evidence)
        self._found.clear()
        for kind, found in by_kind.items():
            opened.judge(kind, self._fusers[kind].score(opened.post, found))
        crossed = self._crossed(opened, (Kind.PERSONA, Kind.HAZARD))
        for kind, found in by_kind.items():
            if self._verdicts or kind in crossed:
                for evidence in found:
                    opened.hold(self._fusers[kind].told(opened.post, evidence))
        self._tell(opened, crossed)

    def _crossed(self, opened: OpenPost, kinds: Sequence[Kind]) -> list[Kind]:
        """Kinds whose threshold a post has now crossed."""
        return [
            kind
            for kind in kinds
            if opened.score(kind) >= self._threshold and kind not in opened.flagged
        ]

    def _tell(self, opened: OpenPost, kinds: Sequence[Kind]) -> None:
        """Flag a post."""
        if not kinds:
            return
        opened.flagged = (*opened.flagged, *kinds)
        opened.first_at = self.now if opened.first_at is None else opened.first_at
        scores, flags = opened.scores(), opened.flags(opened.flagged, self._groups.latest)
        self._findings.extend(
            FlaggedPost(at=self.now, kind=kind, post=opened.post, scores=scores, flags=flags)
            for kind in kinds
        )

    def _hear_groups(self) -> None:
        """What is new of groups, and which posts that flags."""
        groups, scores = self._groups.drain(self.now)
        self._findings.extend(groups)
        for of in scores:
            if opened := self._open.get(of.post):
                if of.score > opened.coordinated:
                    opened.coordinated, opened.group = of.score, of.group
                self._tell(opened, self._crossed(opened, (Kind.COORDINATED,)))

    def _drain(self) -> list[Finding]:
        self._hear_groups()
        self._open.rest()
        while len(self._open) > MOST_OPEN or self._open.chars > MOST_CHARS:
            self._close()
        findings, self._findings = self._findings, []
        return findings

    def _close_before(self, horizon: Micros | None) -> None:
        while self._open.is_due(horizon):
            self._close()

    def _close(self) -> None:
        """Speak the last word on the oldest post."""
        if self._verdicts:
            opened = self._open.oldest()
            self._findings.append(
                Verdict(
                    post=opened.post,
                    scores=opened.scores(),
                    flags=opened.flags(latest=self._groups.latest),
                    at=self.now,
                    first_at=opened.first_at,
                )
            )
        self._open.close()
