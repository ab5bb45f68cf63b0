"""Where everything happens: the calendar of acts to come, and the observer who sees them.

Time on the stage is the offset from the session's start, so that a seed fixes what is said and
the start only moves it. An act is a function without arguments that posts, and schedules further
acts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from random import Random
from typing import TypeAlias

from msgspec.structs import replace

from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Heartbeat, Post, Vote
from moltwatch.simulation.labels import Role, Truth
from moltwatch.simulation.society import Agent, Society
from moltwatch.simulation.talk import Talk
from moltwatch.simulation.threads import Said, Thread
from moltwatch.times import DAY, HOUR, MINUTE, SECOND, Micros

SOURCE = "sim"
HEARTBEAT: Micros = 15 * SECOND
"""After so long without an event a heartbeat is seen."""

_TIDE_SWING = 0.45
_TIDE_PEAK = 19.0  # hour (UTC): Europe's evening is America's lunch, and most operators are there

Act: TypeAlias = Callable[[], object]


def hour_of_day(at: Micros) -> float:
    return at / HOUR % 24


def tide(hour: float) -> float:
    """How lively the forum is at that hour, around 1 over a whole day."""
    return 1 + _TIDE_SWING * math.cos((hour - _TIDE_PEAK) / 24 * 2 * math.pi)


def pause(rng: Random, median: float, spread: float = 0.8, most: float = 3_600) -> Micros:
    """A log-normal wait: what reading, thinking and a polling interval add up to.

    ``median`` and ``most`` are seconds. On a real forum of agents the first comment comes after a
    median of 55 s, so a fast answer proves nothing here either.
    """
    return round(min(most, rng.lognormvariate(math.log(median), spread)) * SECOND)


def next_arrival(rng: Random, per_minute: float) -> Micros:
    """Time to the next event of a Poisson process of that rate."""
    return max(1, round(rng.expovariate(per_minute / 60) * SECOND))


class Stage:
    """What acts use: the time, chance, the society, and the ways to do something visible."""

    def __init__(
        self, *, seed: int, agents: int, rate: float, start: Micros, hour: float, truth: Truth
    ) -> None:
        self.rng = Random(seed)
        self.truth = truth
        self.rate = rate
        """Ordinary posts and comments a minute, on average."""
        self.now: Micros = 0
        """Offset from the start."""
        self.society = Society(agents, self.rng)
        self.talk = Talk(self.rng)
        self.threads: list[Thread] = []
        """Threads that are still being answered."""
        self.half_life: Micros = round(max(4.0, 60 / rate) * MINUTE)
        """How long a thread stays warm: shorter where more is going on."""
        self._start = start
        self._first_hour = hour
        self._calendar: list[tuple[Micros, int, Act]] = []
        self._scheduled = 0
        self._out: list[Event] = []
        self._last_seen = start
        self._held: list[Event] | None = None

    @property
    def hour(self) -> float:
        """Hour of the day (UTC), with fraction."""
        return (self._first_hour + hour_of_day(self.now)) % 24

    # --- the calendar ---

    def schedule(self, wait: Micros, act: Act) -> None:
        """Have ``act`` happen ``wait`` from now; acts of the same moment keep their order."""
        self._scheduled += 1
        heappush(self._calendar, (self.now + max(0, wait), self._scheduled, act))

    def run(self, until: Micros | None) -> Iterator[Event]:
        """Play everything before the offset ``until`` (None: without end), in order of arrival."""
        while self._calendar and (until is None or self._calendar[0][0] < until):
            self.now, _, act = heappop(self._calendar)
            act()
            out, self._out = self._out, []
            yield from out
        if until is not None:
            self.now = until
            if self._held is not None:
                self._recover()
            end = max(self._last_seen + 1, self._start + until)
            self._emit(Heartbeat(seen_at=end, source=SOURCE))
            yield from self._out

    # --- doing something visible ---

    def post(
        self, agent: Agent, community: str, title: str, text: str, link: str | None = None
    ) -> Said:
        """Start a thread."""
        self._meet(agent)
        id_ = self._new_id()
        post = Post(
            id=id_,
            thread=id_,
            author=agent.name,
            community=community,
            title=title or None,
            text=text,
            link=link,
            created_at=self._start + self.now,
            seen_at=self._arrival(),
            source=SOURCE,
        )
        return self._published(post, agent, None)

    def comment(self, agent: Agent, said: Said, text: str) -> Said:
        """Answer something."""
        self._meet(agent)
        post = Post(
            id=self._new_id(),
            thread=said.post.thread,
            parent=said.post.id,
            author=agent.name,
            community=said.post.community,
            text=text,
            created_at=self._start + self.now,
            seen_at=self._arrival(),
            source=SOURCE,
        )
        return self._published(post, agent, said)

    def edit(self, post: Post, text: str) -> None:
        self._emit(Edit(id=post.id, text=text, seen_at=self._arrival(), source=SOURCE))

    def delete(self, post: Post) -> None:
        self._emit(Delete(id=post.id, seen_at=self._arrival(), source=SOURCE))

    def vote(self, post: Post, delta: int) -> None:
        self._emit(Vote(id=post.id, delta=delta, seen_at=self._arrival(), source=SOURCE))

    def announce(self, agent: Agent) -> None:
        """Let an account's profile be observed before it says anything."""
        self._meet(agent)

    def recruit(
        self,
        name: Callable[[], str],
        bio: str,
        *,
        group: str,
        kind: str,
        evidence: str,
        role: Role = Role.POSITIVE,
        age: float = 0.5,
    ) -> Agent:
        """Make an account that belongs to a group, and say so in the ground truth. ``age`` is in
        days."""
        agent = Agent(name=self.society.new_name(name), bio=bio, age=age)
        self.truth.member(agent.name, group, kind, role, evidence)
        return agent

    def outage(self, span: Micros) -> None:
        """The observer loses the connection; what is missed arrives afterwards, behind a gap."""
        if self._held is None:
            self._held = []
            self.schedule(span, self._recover)

    def hottest(self, n: int, language: str | None = None) -> list[Thread]:
        """The liveliest threads, the hottest first; fewer than ``n`` where there are not as
        many."""
        spoken = [t for t in self.threads if language in (None, t.language)]
        spoken.sort(key=lambda t: (-t.heat(self.now, self.half_life), t.root.post.id))
        return spoken[:n]

    # --- the observer ---

    def _published(self, post: Post, agent: Agent, answered: Said | None) -> Said:
        self._emit(post)
        self.truth.posted(post)
        return Said(post, agent, answered)

    def _meet(self, agent: Agent) -> None:
        if agent.seen:
            return
        agent.seen = True
        if agent.default_name:
            evidence = "default name with a number; unrelated texts and hours"
            self.truth.member(
                agent.name, "hn_default_names", "hard_negative", Role.HARD_NEGATIVE, evidence
            )
        self._emit(
            AgentSeen(
                name=agent.name,
                bio=agent.bio or None,
                created_at=self._start + self.now - round(agent.age * DAY),
                seen_at=self._arrival(),
                source=SOURCE,
            )
        )

    def _arrival(self) -> Micros:
        """When the observer sees what happens now: a little later, and in order."""
        seen = self._start + self.now + pause(self.rng, 0.4, 0.6, most=3)
        return max(seen, self._last_seen + self.rng.randint(300, 9_000))

    def _emit(self, event: Event) -> None:
        if self._held is not None:
            self._held.append(event)
            return
        while event.seen_at - self._last_seen > HEARTBEAT:
            self._last_seen += HEARTBEAT
            self._out.append(Heartbeat(seen_at=self._last_seen, source=SOURCE))
        self._last_seen = event.seen_at
        self._out.append(event)

    def _recover(self) -> None:
        held, self._held = self._held or [], None
        since, until = self._last_seen, self._start + self.now
        self._last_seen = until
        self._out.append(
            Gap(
                seen_at=until,
                since=since,
                until=until,
                reason="connection lost",
                recovered=True,
                source=SOURCE,
            )
        )
        for event in held:
            self._emit(replace(event, seen_at=self._arrival()))

    def _new_id(self) -> str:
        return f"{self.rng.getrandbits(48):012x}"
