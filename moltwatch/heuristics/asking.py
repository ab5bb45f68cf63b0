"""Asking heuristics, event by event, and what they answered.

What heuristics say depends on the events and on nothing that is made of it: thresholds, fusers and
groups come after. So an :class:`Answer` may be kept, and given again in place of asking: the engine
cannot tell :class:`Asked` heuristics from :class:`Recalled` answers.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeGuard

import msgspec
from msgspec import Struct

from moltwatch.errors import MoltwatchError
from moltwatch.heuristics.base import Heuristic, check_evidence
from moltwatch.heuristics.features.memory import Memory
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.persona.base import MarkVector, Panel, PersonaHeuristic
from moltwatch.model import AgentSeen, Evidence, Fact, Kind, Post
from moltwatch.times import Micros

_log = logging.getLogger(__name__)

_OWN = "moltwatch."
"""Where heuristics come from whose evidence the tests check; that of others is checked here."""

MOST_FAILURES = 3
"""A heuristic that raised this often is switched off."""


class Answer(Struct, array_like=True):
    """What heuristics said at one event."""

    timed: Sequence[Evidence] = ()
    """Before it, because stream time moved on."""
    found: Sequence[Evidence] = ()
    """Of the post or profile that it brought, but for the marks of a persona."""
    values: dict[str, float] = {}
    """Of a post, the marks of a persona: how much there is of each, 0 to 1."""
    facts: dict[str, dict[str, Fact]] = {}
    """For the sentences of those marks."""


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


class Asking(ABC):
    """Who knows what heuristics say of each event, in order."""

    def __init__(self, heuristics: Sequence[Heuristic]) -> None:
        self.heuristics = list(heuristics)
        self.health = {heuristic.name: Health() for heuristic in heuristics}
        self.panel = Panel([])
        """The persona heuristics whose marks are told of."""
        self.answer = Answer()
        """What was said at the event at hand, up to now."""

    @abstractmethod
    def turn(self) -> None:
        """The next event comes."""

    @abstractmethod
    def advance(self, now: Micros) -> Sequence[Evidence]:
        """Stream time moves on to ``now``, the event's."""

    @abstractmethod
    def profile(self, agent: AgentSeen) -> Sequence[Evidence]:
        """The event is this profile."""

    @abstractmethod
    def observe(self, post: Post) -> tuple[MarkVector, Sequence[Evidence]]:
        """The event is this post: the marks of a persona, and what else was found."""


class Recalled(Asking):
    """Answers that were kept. No heuristic is asked; they tell what their marks weigh."""

    def __init__(self, heuristics: Sequence[Heuristic], answers: Iterator[Answer]) -> None:
        super().__init__(heuristics)
        self.panel = Panel([each for each in heuristics if is_on_panel(each)])
        self._answers = answers

    def turn(self) -> None:
        """Raises MoltwatchError if there are fewer answers than events."""
        try:
            self.answer = next(self._answers)
        except StopIteration:
            raise MoltwatchError(
                "what was found in this recording before is not all there: --fresh asks anew"
            ) from None

    def advance(self, now: Micros) -> Sequence[Evidence]:
        return self._counted(self.answer.timed)

    def profile(self, agent: AgentSeen) -> Sequence[Evidence]:
        return self._counted(self.answer.found)

    def observe(self, post: Post) -> tuple[MarkVector, Sequence[Evidence]]:
        vector = MarkVector()
        vector.values, vector.facts = self.answer.values, self.answer.facts
        return vector, self._counted(self.answer.found)

    def _counted(self, found: Sequence[Evidence]) -> Sequence[Evidence]:
        for evidence in found:
            self.health[evidence.heuristic].found += 1
        return found


class _Question(NamedTuple):
    """A heuristic, ready to be asked one question."""

    heuristic: Heuristic
    ask: Callable[..., Iterable[Evidence]]


class Asked(Asking):
    """Heuristics that are asked. One that raises is isolated, reported to ``complain`` by name, and
    switched off after repeated failure."""

    def __init__(
        self,
        heuristics: Sequence[Heuristic],
        complain: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__(heuristics)
        self._complain = complain
        self._memory = Memory()
        self._gather()

    def turn(self) -> None:
        self.answer = Answer()

    def advance(self, now: Micros) -> Sequence[Evidence]:
        self._memory.forget(now)
        if not self._timed:
            return ()
        found = self._shared(self._timed, now)
        self.answer.timed = found
        return found

    def profile(self, agent: AgentSeen) -> Sequence[Evidence]:
        self._memory.learn(agent)
        found = self._shared(self._profilers, agent)
        self.answer.found = found
        return found

    def observe(self, post: Post) -> tuple[MarkVector, Sequence[Evidence]]:
        item = self._memory.item(post)
        text = item.text
        panel = self.panel  # it may lose one that fails, and another take its place
        vector = panel.look(item, text.shown_to(panel))
        if text.asked is None:
            text.asked = self._asked_about(text)
        found = self._ask(text.asked, item)
        self._memory.remember(item)
        text.rest()
        self.answer.found = found
        self.answer.values, self.answer.facts = vector.values, vector.facts
        return vector, found

    def _gather(self) -> None:
        """Find out who is to be asked what: most do not care for the passing of time or for
        profiles, and asking them costs all the same."""
        running = [each for each in self.heuristics if not self.health[each.name].off]
        # Of a third party's marks no weight is fitted: it is asked like any other.
        personas = [each for each in running if is_on_panel(each)]
        others = [each for each in running if each not in personas]
        self.panel = Panel(personas, self._blame)
        self._observers = [_Question(each, each.observe) for each in others]
        self._profilers = _questions(others, Heuristic.profile)
        self._timed = _questions(others, Heuristic.advance)
        self._readers = [question.heuristic for question in _questions(others, Heuristic.read)]
        self._asked_by: dict[tuple[bool, ...], Sequence[_Question]] = {}
        """By which of the readers a text shows something: who is asked about its posts."""
        self._memory.texts.forget()  # what texts showed, they showed others

    def _asked_about(self, text: Text) -> Sequence[_Question]:
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

    def _ask(self, questions: Sequence[_Question], about: object) -> list[Evidence]:
        """Ask all of these. Who is switched off is in no list that is made afterwards."""
        together: list[Evidence] = []
        for heuristic, ask in questions:
            found: Sequence[Evidence] = ()
            try:
                if answer := ask(about):
                    found = tuple(answer)
                    if found and not _is_own(heuristic):
                        found = tuple([_checked(heuristic, each) for each in found])
            except Exception as error:
                self._blame(heuristic, error)
                continue
            if found:
                self.health[heuristic.name].found += len(found)
                together += found
        return together

    def _shared(self, questions: Sequence[_Question], about: object) -> list[Evidence]:
        """Ask where no post is at hand: only what several accounts share can be spoken of."""
        found = self._ask(questions, about)
        others = [each for each in found if each.kind is not Kind.COORDINATED]
        for evidence in others:
            heuristic = next(each for each in self.heuristics if each.name == evidence.heuristic)
            what = f"speaks of {evidence.kind} where no post is at hand"
            self._blame(heuristic, ValueError(what))
        return [each for each in found if each.kind is Kind.COORDINATED] if others else found

    def _blame(self, heuristic: Heuristic, error: Exception) -> None:
        health = self.health[heuristic.name]
        health.failed(error)
        _log.info("heuristic %s failed", heuristic.name, exc_info=error)
        fate = "switched off" if health.off else "goes on"
        self._complain(f"heuristic {heuristic.name} failed ({health.last_error}); {fate}")
        if health.off:
            self._gather()


def is_on_panel(heuristic: Heuristic) -> TypeGuard[PersonaHeuristic]:
    """Whether it is one of our persona heuristics, which look at posts together."""
    return isinstance(heuristic, PersonaHeuristic) and _is_own(heuristic)


def _is_own(heuristic: Heuristic) -> bool:
    return type(heuristic).__module__.startswith(_OWN)


def _checked(heuristic: Heuristic, evidence: Evidence) -> Evidence:
    """A third party's evidence as it comes back when it is kept: its weight may be a whole number,
    and its facts may change later, as they are in others' hands. Raises as
    :func:`.base.check_evidence`."""
    check_evidence(heuristic, evidence)
    return msgspec.convert(msgspec.to_builtins(evidence), Evidence)


def _questions(heuristics: Iterable[Heuristic], question: Callable[..., object]) -> list[_Question]:
    """Those who have something of their own to answer to a question."""
    name = question.__name__
    return [
        _Question(each, getattr(each, name))
        for each in heuristics
        if getattr(type(each), name) is not question
    ]
