"""What heuristics said in a run, kept so that any choice of them can be fused afterwards.

A heuristic does not know which others run: it says the same in any company, but for the history of
accounts, which is here what all persona heuristics made of their posts. So one pass over a
recording, which costs nearly all of the time, is enough for every subset, and only the fusing is
done again, by an engine of its own that recalls what the chosen ones answered. It gets the events
at which something was said or of which something was said, without their texts; the moment before
each comes along as a heartbeat, so that windows close when they did. The outcome is that of a
separate run, but where a flood of more than 200,000 open cases would have closed some early.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Container, Iterator, Sequence

from msgspec import Struct

from moltwatch.heuristics.asking import Answer, is_on_panel
from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.model import AgentSeen, Event, Evidence, Finding, Heartbeat, Kind, Post
from moltwatch.times import Micros


class Moment(Struct, frozen=True):
    """An event, and what was said at it."""

    before: Micros
    """Stream time until then."""
    event: Post | AgentSeen | Heartbeat
    """Without what only heuristics read."""
    said: Answer


class Tape:
    """Keeps what an engine's heuristics answer: :meth:`add` is for the engine, and the tape itself
    a sink.

    Of what is said about single posts it keeps that about ``wanted`` ids, the labelled ones.
    """

    def __init__(self, heuristics: Sequence[Heuristic], wanted: Container[str] = ()) -> None:
        self.heuristics = list(heuristics)
        self._wanted = wanted
        self._now: Micros = 0
        self._said = Answer()
        self._moments: list[Moment] = []

    def add(self, answer: Answer) -> None:
        """This is what they said at the event at hand."""
        self._said = answer

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """The event is over."""
        said = self._said
        if not (isinstance(event, Post) and event.id in self._wanted):
            shared = [each for each in said.found if each.kind is Kind.COORDINATED]
            said = Answer(said.timed, shared)
        if said.timed or said.found or isinstance(event, Post):
            self._moments.append(Moment(self._now, _bare(event), said))
        self._now = max(self._now, event.seen_at)

    def finish(self, findings: Sequence[Finding]) -> None:
        """The stream ended, at which heuristics are not asked."""

    def play(self, names: Collection[str]) -> Iterator[list[Finding]]:
        """What a run of only the heuristics of these names would have found, verdicts included,
        except those on posts of which none of them spoke."""
        chosen = [each for each in self.heuristics if each.name in names]
        marks = {mark for each in chosen if is_on_panel(each) for mark in each.marks}
        said = [_choice(moment.said, names, marks) for moment in self._moments]
        spoken_of = {
            post
            for moment, each in zip(self._moments, said, strict=True)
            for post in _posts(moment.event, each)
        }
        script: deque[Answer] = deque()
        engine = Engine(chosen, GroupTracker(), verdicts=True, answers=iter(script.popleft, None))
        for moment, each in zip(self._moments, said, strict=True):
            event = moment.event
            if each == Answer() and not (isinstance(event, Post) and event.id in spoken_of):
                continue
            script += (Answer(), each)
            yield engine.feed(Heartbeat(seen_at=moment.before))
            yield engine.feed(event)
        yield engine.finish()


def _choice(said: Answer, names: Collection[str], marks: Collection[str]) -> Answer:
    """What of it these heuristics said, whose marks these are."""

    def of(found: Sequence[Evidence]) -> Sequence[Evidence]:
        return tuple([each for each in found if each.heuristic in names])

    values = {mark: value for mark, value in said.values.items() if mark in marks}
    facts = {mark: facts for mark, facts in said.facts.items() if mark in marks}
    return Answer(of(said.timed), of(said.found), values, facts)


def _posts(event: Event, said: Answer) -> set[str]:
    """Ids of the posts that are spoken of."""
    found = {act.post for each in (*said.timed, *said.found) for act in each.acts}
    alone = said.values or any(each.kind is not Kind.COORDINATED for each in said.found)
    return found | {event.id} if isinstance(event, Post) and alone else found


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
