"""The engine: events in, findings out, one event at a time and the same whatever the batches.

It owns stream time, hands each post to every heuristic, keeps a case open on each post for the
evidence window (later posts may give an earlier one away), and fuses. A heuristic that raises is
isolated, reported by name, and switched off after repeated failure; the session goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter_ns
from typing import TypeAlias

from moltwatch.heuristics.base import Heuristic, Signal
from moltwatch.heuristics.health import Health
from moltwatch.heuristics.memory.memory import Memory
from moltwatch.heuristics.read_ahead import ReadAhead
from moltwatch.heuristics.verdicts.cases import Cases
from moltwatch.heuristics.verdicts.groups import GroupBook
from moltwatch.heuristics.verdicts.verdict import Case, Said
from moltwatch.model import (
    AgentSeen,
    Event,
    Finding,
    FlaggedPost,
    Kind,
    Post,
    Retracted,
    Scores,
    Verdict,
)
from moltwatch.times import HOUR, Micros

_Panel: TypeAlias = "list[tuple[Heuristic, Health, Callable[..., Iterable[Signal]]]]"

EVIDENCE_WINDOW: Micros = 6 * HOUR
"""How long later posts can still change what is said of a post."""

MOST_CASES = 200_000
MOST_CHARS = 300_000_000
"""Open cases at most, and characters of their posts; in a flood the oldest close early."""


class Engine:
    """Runs heuristics over a stream.

    ``complain`` is told, in a sentence, when a heuristic fails; ``verdicts`` asks for a
    :class:`Verdict` on every post when its case closes; ``threshold`` is the score, above 0 and at
    most 1, at which a post is flagged.
    """

    def __init__(
        self,
        heuristics: Sequence[Heuristic],
        groups: GroupBook,
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
        self._reader = ReadAhead(self._memory.texts, self.heuristics, self.health)
        self._cases = Cases()
        self._window = evidence_window
        self._verdicts = verdicts
        self._threshold = threshold
        self._complain = complain
        self._at_hand = ""
        """Id of the post that this event brings."""
        self._said: list[Said] = []
        """What is said of its persona and hazard."""
        self._findings: list[Finding] = []

    def read_ahead(self, events: Sequence[Event]) -> None:
        """Look at the texts of events that will be fed next. It changes nothing in what is found;
        it is quicker."""
        self._reader.read(events)

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
        """The stream ended: end all groups and close all cases."""
        self._groups.finish(self.now)
        self._close_before(None)
        return self._drain()

    def dismiss(self, post: str, kind: Kind) -> list[Finding]:
        """The user takes back a verdict on a post: once, and it is not reached again."""
        case = self._cases.get(post)
        if case is None or kind not in case.flagged or kind in case.retracted:
            return []
        case.retracted = (*case.retracted, kind)
        return [Retracted(at=self.now, post=post, kind=kind)]

    def verdict(self, post: str) -> Scores | None:
        """Where a post stands now; None when its case is closed."""
        case = self._cases.get(post)
        return case.scores() if case else None

    # --- within one event -------------------------------------------------------------------------

    def _advance(self, now: Micros) -> None:
        self.now = now
        self._memory.forget(now)
        self._ask(self._timed, now)
        self._groups.advance(now)
        self._close_before(now - self._window)

    def _look_at(self, post: Post) -> None:
        item = self._memory.item(post)
        case = self._cases.open(post)
        self._at_hand = post.id
        self._ask(self._observers, item)
        self._at_hand = ""
        if self._said:
            self._conclude(case)
        self._memory.remember(item)

    def _panel(self, question: Callable[..., Iterable[Signal]]) -> _Panel:
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
            signals: Sequence[Signal] = ()
            try:
                if answer := question(about):
                    signals = tuple(answer)
            except Exception as error:
                self._blame(heuristic, health, error)
            ended = perf_counter_ns()
            health.spent_ns += ended - begun
            if signals:
                health.signals += len(signals)
                try:
                    for signal in signals:
                        self._take(heuristic, signal)
                except ValueError as error:
                    self._blame(heuristic, health, error)
                ended = perf_counter_ns()
            begun = ended

    def _blame(self, heuristic: Heuristic, health: Health, error: Exception) -> None:
        health.failed(error)
        fate = "switched off" if health.off else "goes on"
        self._complain(f"heuristic {heuristic.name} failed ({health.last_error}); {fate}")

    def _take(self, heuristic: Heuristic, signal: Signal) -> None:
        said = (heuristic.name, heuristic.kind, heuristic.family, signal)
        if heuristic.kind is Kind.COORDINATED:
            # Also for a post whose case has closed: its author is still in the company it kept.
            self._groups.add(heuristic.name, heuristic.family, signal, self.now)
            if case := self._cases.get(signal.post):
                case.hold(said)
        elif signal.post == self._at_hand:
            self._said.append(said)
        else:
            raise ValueError(f"speaks of {signal.post!r}, which is not the post at hand")

    def _conclude(self, case: Case) -> None:
        """Every heuristic has spoken (some speak against): judge all that concerns but this post.
        Of what led to no verdict only the score is kept, unless verdicts on all are asked for."""
        case.weigh(self._said)
        told = self._crossed(case, (Kind.PERSONA, Kind.HAZARD))
        for said in self._said:
            if self._verdicts or said[1] in told:
                case.hold(said)
        self._said.clear()
        self._tell(case, told)

    def _crossed(self, case: Case, kinds: Sequence[Kind]) -> list[Kind]:
        """Kinds whose threshold a post has now crossed."""
        return [
            kind
            for kind in kinds
            if case.score(kind) >= self._threshold and kind not in case.flagged
        ]

    def _tell(self, case: Case, kinds: Sequence[Kind]) -> None:
        """Flag a post."""
        if not kinds:
            return
        case.flagged = (*case.flagged, *kinds)
        case.first_at = self.now if case.first_at is None else case.first_at
        scores, flags = case.scores(), case.flags(case.flagged)
        self._findings.extend(
            FlaggedPost(at=self.now, kind=kind, post=case.post, scores=scores, flags=flags)
            for kind in kinds
        )

    def _drain(self) -> list[Finding]:
        groups, standings = self._groups.drain()
        self._findings.extend(groups)
        for standing in standings:
            if case := self._cases.get(standing.post):
                if standing.score > case.coordinated:
                    case.coordinated, case.group = standing.score, standing.group
                self._tell(case, self._crossed(case, (Kind.COORDINATED,)))
        self._cases.rest()
        while len(self._cases) > MOST_CASES or self._cases.chars > MOST_CHARS:
            self._close()
        findings, self._findings = self._findings, []
        return findings

    def _close_before(self, horizon: Micros | None) -> None:
        while self._cases.is_due(horizon):
            self._close()

    def _close(self) -> None:
        """Close the oldest case."""
        if self._verdicts:
            case = self._cases.oldest()
            self._findings.append(
                Verdict(
                    post=case.post,
                    scores=case.scores(),
                    flags=case.flags(),
                    at=self.now,
                    first_at=case.first_at,
                )
            )
        self._cases.close()
