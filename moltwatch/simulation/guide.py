"""The guided first look: one campaign after another, announced by a host who says it is one."""

from __future__ import annotations

from functools import partial

from moltwatch.simulation.campaigns import CAMPAIGNS
from moltwatch.simulation.life import Life
from moltwatch.simulation.script import block
from moltwatch.simulation.society import Agent
from moltwatch.simulation.stage import Stage
from moltwatch.simulation.threads import Said
from moltwatch.times import SECOND, Micros

NAME = "moltwatch-guide"
_AHEAD: Micros = 14 * SECOND
"""How long before a campaign the guide points at it."""

TOUR: tuple[tuple[int, str, float], ...] = (
    (100, "clones", 0.55),
    (215, "templates", 0.55),
    (330, "emoji", 0.7),
    (420, "links", 0.6),
    (520, "ring", 0.16),
    (660, "names", 0.35),
    (760, "registrations", 0.6),
    (850, "mint", 0.5),
    (940, "hazards", 0.2),
)
"""Second, campaign, size."""
TALK = ((640, "injectiontalk"), (730, "skillscare"))
"""Second, and a thread that speaks of hazards without being one."""
LASTS = 1080
"""Seconds."""


def schedule(stage: Stage, life: Life) -> None:
    """Put the tour on the stage's calendar."""
    script = block("guide", "tour")
    host = Agent(name=NAME, bio=script.one("bio"), age=30.0)
    spoken: list[Said] = []

    def welcome() -> None:
        spoken.append(stage.post(host, "general", script.one("title"), script.one("welcome")))

    def say(key: str) -> None:
        text = script.one(key).replace("{innocent}", _innocent(stage))
        stage.comment(host, spoken[0], text)

    def farewell() -> None:
        stage.post(host, "general", script.one("endtitle"), script.one("farewell"))

    stage.schedule(3 * SECOND, welcome)
    stage.schedule(40 * SECOND, lambda: say("ordinary"))
    stage.schedule(70 * SECOND, lambda: say("personas"))
    for second, name in TALK:
        stage.schedule(second * SECOND, partial(life.start_thread, block("scene", name)))
    for second, kind, size in TOUR:
        stage.schedule(second * SECOND - _AHEAD, partial(say, kind))
        stage.schedule(
            second * SECOND,
            partial(CAMPAIGNS[kind], stage, f"{kind}_1", size),
        )
    stage.schedule((LASTS - 25) * SECOND, farewell)


def _innocent(stage: Stage) -> str:
    """Somebody with a default name whom the viewer has seen."""
    known = [a.name for a in stage.society.agents if a.default_name and a.seen]
    return known[0] if known else "Clawd-12"
