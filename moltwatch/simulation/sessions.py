"""The sessions that come with moltwatch, by name: what ``recordings/`` is made from."""

from __future__ import annotations

from msgspec import Struct

from moltwatch.simulation import guide
from moltwatch.simulation.campaigns import CAMPAIGNS
from moltwatch.simulation.simulate import Settings
from moltwatch.times import parse_time


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
            campaigns=tuple(CAMPAIGNS),
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
