"""The engine: events in, findings out, one event at a time and the same whatever the batches.

It owns stream time, has the heuristics asked about each event, keeps each post open for the
evidence window (later posts may give an earlier one away), and lets each kind's fuser judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import inf

from moltwatch import packing
from moltwatch.heuristics.asking import Answer, Asked, Asking, Health, Recalled
from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.heuristics.fusing.hazard import HazardFuser
from moltwatch.heuristics.fusing.open_posts import OpenPost, OpenPosts
from moltwatch.heuristics.fusing.persona import PersonaFuser
from moltwatch.heuristics.persona.base import MarkVector, Panel
from moltwatch.model import (
    SHIPPED,
    AgentSeen,
    Event,
    Evidence,
    Finding,
    FlaggedPost,
    Kind,
    Post,
    Retracted,
    Scores,
    Thresholds,
    Verdict,
)
from moltwatch.packing import Piece
from moltwatch.times import HOUR, Micros

EVIDENCE_WINDOW: Micros = 6 * HOUR
"""How long later posts can still change what is said of a post."""

MOST_OPEN = 200_000
MOST_CHARS = 300_000_000
"""Open posts at most, and their characters; in a flood the oldest close early."""


class Engine:
    """Runs heuristics over a stream.

    ``complain`` is told, in a sentence, when a heuristic fails; ``verdicts`` asks for a
    :class:`Verdict` on every post when it closes; ``thresholds`` are the scores at which a post is
    flagged. A post that is flagged and later reaches ``higher`` as well is told of ``again``.
    Each of ``keep`` is given what the heuristics answer at each event; with such ``answers``, one
    for each event to come, they are not asked.
    """

    def __init__(
        self,
        heuristics: Sequence[Heuristic],
        groups: GroupTracker,
        *,
        evidence_window: Micros = EVIDENCE_WINDOW,
        verdicts: bool = False,
        thresholds: Thresholds = SHIPPED,
        higher: Thresholds | None = None,
        complain: Callable[[str], None] = lambda _: None,
        keep: Sequence[Callable[[Answer], None]] = (),
        answers: Iterator[Answer] | None = None,
    ) -> None:
        self._keep = keep
        self._asking: Asking = (
            Asked(heuristics, complain) if answers is None else Recalled(heuristics, answers)
        )
        self.now: Micros = 0
        """Stream time: the running maximum of ``seen_at``."""
        self._groups = groups
        self._persona = PersonaFuser()
        self._hazard = HazardFuser()
        self._open = OpenPosts()
        self._window = evidence_window
        self._verdicts = verdicts
        self.least = {kind: thresholds.of(kind) for kind in Kind}
        """The score of each kind at which a post is flagged."""
        # Of persona and hazard all is known when the post comes.
        self._coordinated_again = higher.of(Kind.COORDINATED) if higher else inf
        self._findings: list[Finding] = []

    @property
    def heuristics(self) -> list[Heuristic]:
        """All of them, also those that were switched off."""
        return self._asking.heuristics

    @property
    def health(self) -> dict[str, Health]:
        """How each is doing, by name."""
        return self._asking.health

    def feed(self, event: Event) -> list[Finding]:
        """Take in one event; what it gave away, in order."""
        self._asking.turn()
        if event.seen_at > self.now:
            self._advance(event.seen_at)
        if isinstance(event, Post):
            self._look_at(event)
        elif isinstance(event, AgentSeen):
            self._hear(self._asking.profile(event))
        for keep in self._keep:
            keep(self._asking.answer)
        return self._drain()

    def finish(self) -> list[Finding]:
        """The stream ended: end all groups, and close all posts that the last word is to be spoken
        on. Others stay open: they may be asked about."""
        self._groups.finish(self.now)
        if self._verdicts:
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

    def held(self, post: str) -> tuple[Evidence, ...]:
        """What is held of a post by now, flagged or not, strongest first: of its coordination
        always, of a persona or a hazard only where that led to a verdict. Nothing when it is
        closed."""
        opened = self._open.get(post)
        return opened.flags(latest=self._groups.latest) if opened else ()

    def pack(self, pieces: list[Piece]) -> bytes:
        """All that is known between two events, but what the heuristics themselves remember; see
        :func:`.packing.dumps`."""
        found = {name: health.found for name, health in self.health.items()}
        return packing.dumps((self.now, found, self._open, self._groups), pieces)

    def unpack(self, data: Piece, pieces: Iterable[Piece]) -> None:
        """Go on from there, with answers to what comes. Raises ValueError if the bytes are
        damaged."""
        self.now, found, self._open, self._groups = packing.loads(data, pieces)
        for name, n in found.items():
            self.health[name].found = n

    # --- within one event -------------------------------------------------------------------------

    def _advance(self, now: Micros) -> None:
        self.now = now
        if found := self._asking.advance(now):
            self._hear(found)
            self._hear_groups()
        self._close_before(now - self._window)
        self._groups.advance(now)

    def _look_at(self, post: Post) -> None:
        opened = self._open.open(post)
        panel = self._asking.panel  # by the next post, one that failed may be missing in it
        vector, found = self._asking.observe(post)
        self._hear(found)
        if vector.values or found:
            self._conclude(opened, panel, vector, found)

    def _conclude(
        self, opened: OpenPost, panel: Panel, vector: MarkVector, found: Sequence[Evidence]
    ) -> None:
        """Every heuristic has spoken (some speak against): judge all that concerns but this post.
        Of what led to no verdict only the score is kept, unless verdicts on all are asked for."""
        post = opened.post
        hazards = [each for each in found if each.kind is Kind.HAZARD]
        personas = [each for each in found if each.kind is Kind.PERSONA]
        if personas:  # a third party's
            personas += panel.evidence(vector)
            persona = self._persona.score(post, personas)
        else:
            persona = self._persona.score_vector(post, panel.log_odds(vector))
        opened.persona = round(persona, Scores.DIGITS)
        if hazards:
            opened.hazard = round(self._hazard.score(post, hazards), Scores.DIGITS)
        verdicts = ((Kind.PERSONA, opened.persona), (Kind.HAZARD, opened.hazard))
        crossed = [kind for kind, score in verdicts if score >= self.least[kind]]
        against: list[Evidence] = []
        if self._verdicts or Kind.PERSONA in crossed:
            for evidence in personas or panel.evidence(vector):
                opened.hold(self._persona.told(post, evidence))
                if evidence.weight < 0:
                    against.append(evidence)
        if self._verdicts or Kind.HAZARD in crossed:
            for evidence in hazards:
                opened.hold(self._hazard.told(post, evidence))
        self._tell(opened, crossed, sorted(against, key=lambda each: each.weight))

    def _tell(
        self,
        opened: OpenPost,
        kinds: Sequence[Kind],
        against: Sequence[Evidence] = (),
        *,
        again: bool = False,
    ) -> None:
        """Flag a post, or tell of it ``again``; ``against`` is what spoke against its being a
        persona."""
        if not kinds:
            return
        if not again:
            opened.flagged = (*opened.flagged, *kinds)
        opened.first_at = self.now if opened.first_at is None else opened.first_at
        scores, flags = opened.scores(), opened.flags(opened.flagged, self._groups.latest)
        self._findings.extend(
            FlaggedPost(
                at=self.now,
                kind=kind,
                post=opened.post,
                scores=scores,
                flags=flags,
                against=tuple(against) if kind is Kind.PERSONA else (),
                again=again,
            )
            for kind in kinds
        )

    def _hear_groups(self) -> None:
        """What is new of groups, and which posts that flags."""
        groups, scores = self._groups.drain(self.now)
        self._findings.extend(groups)
        for of in scores:
            if opened := self._open.get(of.post):
                before, score = opened.coordinated, round(of.score, Scores.DIGITS)
                if score > before:
                    opened.coordinated, opened.group = score, of.group
                if Kind.COORDINATED not in opened.flagged:
                    if opened.coordinated >= self.least[Kind.COORDINATED]:
                        self._tell(opened, (Kind.COORDINATED,))
                elif (
                    before < self._coordinated_again <= opened.coordinated
                    and Kind.COORDINATED not in opened.retracted
                ):
                    self._tell(opened, (Kind.COORDINATED,), again=True)

    def _hear(self, found: Sequence[Evidence]) -> None:
        """Take in what heuristics answered. Of the post at hand the rest is judged with it."""
        for evidence in found:
            if evidence.kind is Kind.COORDINATED:
                # Also of a post that is closed: its author is still in the company it kept.
                self._groups.add(evidence, self.now)
                told = self._groups.told(evidence)
                for act in evidence.acts:
                    if opened := self._open.get(act.post):
                        opened.hold(told)

    # --- at the end of an event -------------------------------------------------------------------

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
