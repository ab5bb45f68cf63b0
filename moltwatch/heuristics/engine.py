"""The engine: events in, findings out, one event at a time and the same whatever the batches.

It owns stream time, hands each post to every heuristic, keeps each post open for the evidence
window (later posts may give an earlier one away), and lets each kind's fuser judge. A heuristic
that raises is isolated, reported by name, and switched off after repeated failure; the session goes
on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import NamedTuple, TypeGuard

from msgspec import Struct

from moltwatch.heuristics.base import Heuristic, check_evidence
from moltwatch.heuristics.features.memory import Memory
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.heuristics.fusing.hazard import HazardFuser
from moltwatch.heuristics.fusing.open_posts import OpenPost, OpenPosts
from moltwatch.heuristics.fusing.persona import PersonaFuser
from moltwatch.heuristics.persona.base import MarkVector, Panel, PersonaHeuristic
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
from moltwatch.times import HOUR, Micros

_log = logging.getLogger(__name__)

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

    found: int = 0
    """Pieces of evidence it gave; what persona heuristics of ours find is one vector for all."""
    failures: int = 0
    last_error: str = ""
    off: bool = False
    """Whether it is asked no more."""

    def failed(self, error: Exception) -> None:
        """It raised; what too often does is switched off."""
        self.failures += 1
        self.last_error = f"{type(error).__name__}: {error}"[:200]
        self.off = self.failures >= MOST_FAILURES


class _Asked(NamedTuple):
    """A heuristic, ready to be asked one question."""

    heuristic: Heuristic
    question: Callable[..., Iterable[Evidence]]


class Engine:
    """Runs heuristics over a stream.

    ``complain`` is told, in a sentence, when a heuristic fails; ``verdicts`` asks for a
    :class:`Verdict` on every post when it closes; ``thresholds`` are the scores at which a post is
    flagged. A post that is flagged and later reaches ``higher`` as well is told of ``again``.
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
    ) -> None:
        self.heuristics = list(heuristics)
        self.health = {heuristic.name: Health() for heuristic in heuristics}
        self.now: Micros = 0
        """Stream time: the running maximum of ``seen_at``."""
        self._groups = groups
        self._memory = Memory()
        self._persona = PersonaFuser()
        self._hazard = HazardFuser()
        self._gather()
        self._open = OpenPosts()
        self._window = evidence_window
        self._verdicts = verdicts
        self.least = {kind: thresholds.of(kind) for kind in Kind}
        """The score of each kind at which a post is flagged."""
        # Of persona and hazard all is known when the post comes.
        self._coordinated_again = higher.of(Kind.COORDINATED) if higher else inf
        self._complain = complain
        self._at_hand = ""
        """Id of the post that this event brings."""
        self._found: list[Evidence] = []
        """What is found of its persona and hazard."""
        self._findings: list[Finding] = []

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

    # --- within one event -------------------------------------------------------------------------

    def _advance(self, now: Micros) -> None:
        self.now = now
        self._memory.forget(now)
        if self._timed:
            self._ask(self._timed, now)
            self._hear_groups()
        self._close_before(now - self._window)
        self._groups.advance(now)

    def _look_at(self, post: Post) -> None:
        item = self._memory.item(post)
        text = item.text
        opened = self._open.open(post)
        self._at_hand = post.id
        panel = self._panel  # it may lose one that fails, and another take its place
        vector = panel.look(item, text.shown_to(panel))
        if text.asked is None:
            text.asked = self._asked_about(text)
        self._ask(text.asked, item)
        self._at_hand = ""
        if vector.values or self._found:
            self._conclude(opened, panel, vector)
        self._memory.remember(item)
        text.rest()

    def _conclude(self, opened: OpenPost, panel: Panel, vector: MarkVector) -> None:
        """Every heuristic has spoken (some speak against): judge all that concerns but this post.
        Of what led to no verdict only the score is kept, unless verdicts on all are asked for."""
        post = opened.post
        hazards: list[Evidence] = []
        personas: list[Evidence] = []
        if self._found:
            hazards = [each for each in self._found if each.kind is Kind.HAZARD]
            personas = [each for each in self._found if each.kind is Kind.PERSONA]
            self._found.clear()
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

    # --- asking heuristics ------------------------------------------------------------------------

    def _gather(self) -> None:
        """Find out who is to be asked what: most do not care for the passing of time or for
        profiles, and asking them costs all the same."""
        running = [each for each in self.heuristics if not self.health[each.name].off]
        # Of a third party's marks no weight is fitted: it is asked like any other.
        personas = [each for each in running if is_on_panel(each)]
        others = [each for each in running if each not in personas]
        self._panel = Panel(personas, self._blame)
        self._observers = [_Asked(each, each.observe) for each in others]
        self._profilers = _asked(others, Heuristic.profile)
        self._timed = _asked(others, Heuristic.advance)
        self._readers = [asked.heuristic for asked in _asked(others, Heuristic.read)]
        self._asked_by: dict[tuple[bool, ...], Sequence[_Asked]] = {}
        """By which of the readers a text shows something: who is asked about its posts."""
        self._memory.texts.forget()  # what texts showed, they showed others

    def _asked_about(self, text: Text) -> Sequence[_Asked]:
        """Those who are asked about a post with this text."""
        readers, observers, known = self._readers, self._observers, self._asked_by
        shows = tuple([self._reads(reader, text) for reader in readers])
        asked = known.get(shows)
        if asked is None:
            blind = [each for each, shown in zip(readers, shows, strict=True) if not shown]
            asked = known[shows] = [each for each in observers if each.heuristic not in blind]
        return asked

    def _reads(self, reader: Heuristic, text: Text) -> bool:
        """Whether a text shows a heuristic anything."""
        try:
            shown = text.shown_to(reader)
        except Exception as error:
            self._blame(reader, error)
            return False
        return shown is not None

    def _ask(self, asked: Sequence[_Asked], about: object) -> None:
        """Ask all of these. Who is switched off is in no list that is made afterwards."""
        for heuristic, question in asked:
            found: Sequence[Evidence] = ()
            try:
                if answer := question(about):
                    found = tuple(answer)
                    if found and not _is_own(heuristic):
                        for evidence in found:
                            check_evidence(heuristic, evidence)
            except Exception as error:
                self._blame(heuristic, error)
                continue
            if found:
                self._hear(heuristic, found)

    def _hear(self, heuristic: Heuristic, found: Sequence[Evidence]) -> None:
        """Take in what a heuristic answered."""
        self.health[heuristic.name].found += len(found)
        for evidence in found:
            if evidence.kind is Kind.COORDINATED:
                # Also of a post that is closed: its author is still in the company it kept.
                self._groups.add(evidence, self.now)
                told = self._groups.told(evidence)
                for act in evidence.acts:
                    if opened := self._open.get(act.post):
                        opened.hold(told)
            elif self._at_hand:
                self._found.append(evidence)
            else:
                what = f"speaks of {evidence.kind} where no post is at hand"
                self._blame(heuristic, ValueError(what))
                return

    def _blame(self, heuristic: Heuristic, error: Exception) -> None:
        health = self.health[heuristic.name]
        health.failed(error)
        _log.info("heuristic %s failed", heuristic.name, exc_info=error)
        fate = "switched off" if health.off else "goes on"
        self._complain(f"heuristic {heuristic.name} failed ({health.last_error}); {fate}")
        if health.off:
            self._gather()

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


def is_on_panel(heuristic: Heuristic) -> TypeGuard[PersonaHeuristic]:
    """Whether it is one of our persona heuristics, which look at posts together."""
    return isinstance(heuristic, PersonaHeuristic) and _is_own(heuristic)


def _is_own(heuristic: Heuristic) -> bool:
    return type(heuristic).__module__.startswith(_OWN)


def _asked(heuristics: Iterable[Heuristic], question: Callable[..., object]) -> list[_Asked]:
    """Those who have something of their own to answer to a question."""
    name = question.__name__
    return [
        _Asked(each, getattr(each, name))
        for each in heuristics
        if getattr(type(each), name) is not question
    ]
