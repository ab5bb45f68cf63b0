"""A session, from its settings to its events."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from moltwatch.model import Event
from moltwatch.simulation import guide
from moltwatch.simulation.campaigns import CAMPAIGNS
from moltwatch.simulation.innocents import LookAlikes
from moltwatch.simulation.labels import Truth
from moltwatch.simulation.life import Life
from moltwatch.simulation.script import Block, block
from moltwatch.simulation.stage import Stage, hour_of_day
from moltwatch.times import HOUR, MINUTE, SECOND, Micros, parse_time

DEFAULT_START: Micros = parse_time("2026-02-14T18:00:00Z")
AGENTS = (12, 5_000)
RATE = (0.01, 5_000.0)
HOURS = (0.01, 24.0 * 14)
SEEDS = (0, 2**63 - 1)
"""Ranges that make sense: fewer agents cannot hold a conversation, more do not fit the names."""


class Settings(Struct, frozen=True, kw_only=True):
    """Everything a session is made from."""

    agents: int = 200
    rate: float = 12.0
    """Ordinary posts and comments a minute, averaged over a day; campaigns come on top."""
    seed: int = 1
    campaigns: tuple[str, ...] = tuple(CAMPAIGNS)
    """Kinds that occur, see :data:`~moltwatch.simulation.campaigns.CAMPAIGNS`."""
    start: Micros = DEFAULT_START
    hours: float | None = None
    """How long it lasts; None for a session without end."""
    tour: bool = False
    """The guided first look: campaigns one after another, announced by a host."""
    tides: bool = True
    """Livelier in the evening than in the morning. A live forum keeps its rate instead."""
    rounds: int = 1
    """How often each campaign occurs, where the session has an end."""
    outage: float | None = None
    """Hour at which the observer loses the connection for some minutes."""
    opening: tuple[str, ...] = ()
    """Scenes to start with."""

    def starting(self, at: Micros) -> Settings:
        """The same session, at another time."""
        return replace(self, start=at)


class Simulation:
    """One session. Iterate :meth:`events` once; afterwards :attr:`truth` holds the labels."""

    def __init__(self, settings: Settings, *, labels: bool = True) -> None:
        self.settings = settings
        self.truth = Truth(keep=labels)
        self._stage = Stage(
            seed=settings.seed,
            agents=settings.agents,
            rate=settings.rate,
            start=settings.start,
            hour=hour_of_day(settings.start) if settings.tides else 18.0,
            truth=self.truth,
        )
        self._launched = 0

    def events(self) -> Iterator[Event]:
        """Everything an observer sees, in order of arrival; endless when ``hours`` is None."""
        settings, stage = self.settings, self._stage
        until = None if settings.hours is None else round(settings.hours * HOUR)
        life = Life(stage, tides=settings.tides, live=until is None)
        life.begin(tuple(_scene(name) for name in settings.opening))
        LookAlikes(stage).begin()
        if settings.tour:
            guide.schedule(stage, life)
        elif settings.campaigns and until is not None:
            self._spread(until)
        elif settings.campaigns:
            stage.schedule(stage.rng.randint(60 * SECOND, 120 * SECOND), self._next_campaign)
        if settings.outage is not None:
            span = stage.rng.randint(3 * MINUTE, 7 * MINUTE)
            stage.schedule(round(settings.outage * HOUR), lambda: stage.outage(span))
        yield from stage.run(until)

    def _spread(self, until: Micros) -> None:
        """Each campaign once a round, in random order, over the session. They overlap where it
        is short."""
        rng = self._stage.rng
        kinds = [kind for _ in range(self.settings.rounds) for kind in self._shuffled()]
        step = 0.92 * until / (len(kinds) + 0.5)
        for at, kind in enumerate(kinds):
            wait = (at + rng.uniform(0.2, 0.9)) * step
            self._stage.schedule(round(wait), partial(self._launch, kind))

    def _next_campaign(self) -> None:
        kinds = self.settings.campaigns
        self._launch(self._stage.rng.choice(kinds))
        self._stage.schedule(self._stage.rng.randint(4 * MINUTE, 10 * MINUTE), self._next_campaign)

    def _launch(self, kind: str) -> None:
        self._launched += 1
        CAMPAIGNS[kind](self._stage, f"{kind}_{self._launched}", 1.0)

    def _shuffled(self) -> list[str]:
        return self._stage.rng.sample(self.settings.campaigns, len(self.settings.campaigns))


def _scene(name: str) -> Block:
    kind = "scene" if ":" not in name else name.split(":")[0]
    return block(kind, name.split(":")[-1])


class Session(Struct, frozen=True, kw_only=True):
    """A session worth keeping."""

    title: str
    settings: Settings


SESSIONS: dict[str, Session] = {
    "first-look": Session(
        title="simulated: a guided first look, one campaign after another",
        settings=Settings(
            agents=140,
            rate=26.0,
            seed=11,
            start=parse_time("2026-02-14T18:00:00Z"),
            hours=guide.LASTS / 3_600,
            tour=True,
            tides=False,
            opening=(
                "nightshift",
                "act:stannock_watch",
                "amnesia",
                "act:briny_calendar",
                "twice",
                "overheard",
                "zh_yuepu",
                "act:malvolia_pager",
            ),
        ),
    ),
    "night": Session(
        title="simulated: a night with several overlapping campaigns",
        settings=Settings(
            agents=320,
            rate=7.0,
            seed=23,
            start=parse_time("2026-02-20T21:00:00Z"),
            hours=6.0,
            rounds=2,
            outage=3.4,
        ),
    ),
    "quiet-day": Session(
        title="simulated: a quiet day, nobody coordinates, some look as if they did",
        settings=Settings(
            agents=260,
            rate=1.1,
            seed=1,
            start=parse_time("2026-02-22T05:00:00Z"),
            hours=24.0,
            campaigns=(),
        ),
    ),
}
