"""What heuristics said in a run, kept so that any choice of them can be fused afterwards.

A heuristic does not know which others run: it says the same in any company, but for the history of
accounts, which is here what all persona heuristics made of their posts. So one pass over a
recording, which costs nearly all of the time, is enough for every subset, and only the fusing is
done again, by an engine of its own whose heuristics are echoes. It gets the events at which
something was said or of which something was said, without their texts; the moment before each comes
along as a heartbeat, so that windows close when they did. The outcome is that of a separate run,
but where a flood of more than 200,000 open cases would have closed some early.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from enum import IntEnum

from msgspec import Struct

from moltwatch.heuristics.base import Features, Heuristic, Text
from moltwatch.heuristics.engine import Engine, is_on_panel
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.heuristics.persona.base import MarkVector, Panel, PersonaHeuristic
from moltwatch.model import AgentSeen, Event, Evidence, Finding, Heartbeat, Kind, Post
from moltwatch.times import Micros


class Question(IntEnum):
    """What a heuristic was asked when it spoke."""

    ADVANCE = 0
    PROFILE = 1
    OBSERVE = 2


class Said(Struct, frozen=True):
    """One piece of evidence of a run."""

    question: Question
    evidence: Evidence
    posts: tuple[str, ...]
    """Ids of the posts it is about."""


class Moment(Struct, frozen=True):
    """An event, and what was said at it."""

    before: Micros
    """Stream time until then."""
    event: Post | AgentSeen | Heartbeat
    """Without what only heuristics read."""
    said: tuple[Said, ...]


class Tape:
    """Records heuristics: give :attr:`heuristics` to an engine, and the tape each event after it.

    Of what is said about single posts it keeps that about ``wanted`` ids, the labelled ones.
    """

    def __init__(self, heuristics: Sequence[Heuristic], wanted: Container[str] = ()) -> None:
        personas = [each for each in heuristics if is_on_panel(each)]
        self.heuristics: list[Heuristic] = [
            *[_Heard(each, self) for each in heuristics if each not in personas],
            *([_HeardPanel(personas, self)] if personas else []),
        ]
        self._known = {each.name: each for each in heuristics}
        self._wanted = wanted
        self._now: Micros = 0
        self._said: list[Said] = []
        self._moments: list[Moment] = []

    def hear(
        self, question: Question, found: Iterable[Evidence], at_hand: str = ""
    ) -> tuple[Evidence, ...]:
        """Keep what a heuristic answers, of the post ``at_hand``, and pass it on."""
        found = tuple(found)
        for evidence in found:
            if evidence.kind is Kind.COORDINATED:
                acts = tuple([act.post for act in evidence.acts])
                self._said.append(Said(question, evidence, acts))
            elif at_hand in self._wanted:
                self._said.append(Said(question, evidence, (at_hand,)))
        return found

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """The event is over."""
        if self._said or isinstance(event, Post):
            self._moments.append(Moment(self._now, _bare(event), tuple(self._said)))
            self._said.clear()
        self._now = max(self._now, event.seen_at)

    def finish(self, findings: Sequence[Finding]) -> None:
        """The stream ended, at which heuristics are not asked."""

    def play(self, names: Collection[str]) -> Iterator[list[Finding]]:
        """What a run of only the heuristics of these names would have found, verdicts included,
        except those on posts of which none of them spoke."""
        echoes = {name: _Echo(each) for name, each in self._known.items() if name in names}
        spoken_of = {
            post
            for moment in self._moments
            for said in moment.said
            if said.evidence.heuristic in echoes
            for post in said.posts
        }
        engine = Engine(list(echoes.values()), GroupTracker(), verdicts=True)
        for moment in self._moments:
            said = [each for each in moment.said if each.evidence.heuristic in echoes]
            if not said and not (isinstance(moment.event, Post) and moment.event.id in spoken_of):
                continue
            yield engine.feed(Heartbeat(seen_at=moment.before))
            for each in said:
                echoes[each.evidence.heuristic].script[each.question].append(each.evidence)
            yield engine.feed(moment.event)
            for each in said:
                echoes[each.evidence.heuristic].script[each.question].clear()
        yield engine.finish()


def _bare(event: Event) -> Post | AgentSeen | Heartbeat:
    if isinstance(event, Post):
        return Post(
            id=event.id,
            thread=event.thread,
            author=event.author,
            created_at=event.created_at,
            seen_at=event.seen_at,
        )
    if isinstance(event, AgentSeen):
        return AgentSeen(name=event.name, seen_at=event.seen_at)
    return Heartbeat(seen_at=event.seen_at)


class _Heard(Heuristic):
    """A heuristic whose every word goes on the tape."""

    def __init__(self, heard: Heuristic, tape: Tape) -> None:
        vars(self).update(name=heard.name, kind=heard.kind, family=heard.family)
        self._heard = heard
        self._tape = tape

    def read(self, text: Text) -> object:
        return text.shown_to(self._heard)

    def observe(self, item: Features) -> Iterable[Evidence]:
        return self._tape.hear(Question.OBSERVE, self._heard.observe(item), item.post.id)

    def profile(self, agent: AgentSeen) -> Iterable[Evidence]:
        return self._tape.hear(Question.PROFILE, self._heard.profile(agent))

    def advance(self, now: Micros) -> Iterable[Evidence]:
        return self._tape.hear(Question.ADVANCE, self._heard.advance(now))


class _HeardPanel(Heuristic):
    """Persona heuristics that look at posts together, whose every word goes on the tape."""

    name, kind, family = "persona panel", Kind.PERSONA, "panel"

    def __init__(self, personas: Sequence[PersonaHeuristic], tape: Tape) -> None:
        # Whose marks fail is left out, as in any run; nobody is switched off.
        self._panel = Panel(personas, lambda heuristic, error: None)
        self._tape = tape

    def read(self, text: Text) -> MarkVector:
        return self._panel.read(text)

    def observe(self, item: Features) -> Iterable[Evidence]:
        found = self._panel.evidence(self._panel.look(item, item.shown_to(self)))
        return self._tape.hear(Question.OBSERVE, found, item.post.id)


class _Echo(Heuristic):
    """Says again what a heuristic said."""

    def __init__(self, heard: Heuristic) -> None:
        vars(self).update(name=heard.name, kind=heard.kind, family=heard.family)
        self.script: dict[Question, list[Evidence]] = {question: [] for question in Question}

    def observe(self, item: Features) -> Iterable[Evidence]:
        return self.script[Question.OBSERVE]

    def profile(self, agent: AgentSeen) -> Iterable[Evidence]:
        return self.script[Question.PROFILE]

    def advance(self, now: Micros) -> Iterable[Evidence]:
        return self.script[Question.ADVANCE]
