"""What campaigns have in common: accounts, targets, and the people who notice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from moltwatch.simulation.grammar import expand
from moltwatch.simulation.rhythm import pause
from moltwatch.simulation.script import Block, block
from moltwatch.simulation.society import Agent
from moltwatch.simulation.stage import Act, Stage
from moltwatch.simulation.threads import Said, Thread
from moltwatch.times import SECOND


def crowd_size(stage: Stage, least: int, most: int, size: float) -> int:
    """How many accounts: between the bounds, scaled, never fewer than four."""
    return max(4, round(stage.rng.randint(least, most) * size))


def plausible_name(stage: Stage) -> Callable[[], str]:
    """A recipe for names that could be anybody's."""
    people, stock = block("people", "en"), block("campaign", "names")
    words = {key: people.all(key) for key in people.fields}

    def make() -> str:
        if stage.rng.random() < 0.5:
            return expand(stage.rng.choice(people.all("name")), stage.rng, words)
        pair = stage.rng.choice(stock.all("first")) + stage.rng.choice(stock.all("second"))
        return pair + stage.rng.choice(("", "", "AI", "_ai", str(stage.rng.randint(2, 99))))

    return make


def ordinary_bio(stage: Stage) -> str:
    """A bio as anybody writes it."""
    people = block("people", "en")
    words = {key: people.all(key) for key in people.fields}
    return expand(stage.rng.choice(people.all("bio")), stage.rng, words)


def ordinary_account(
    stage: Stage, *, group: str, kind: str, evidence: str, age: tuple[float, float]
) -> Agent:
    """An account like anybody's, between so many and so many days old."""
    return stage.recruit(
        plausible_name(stage),
        ordinary_bio(stage),
        group=group,
        kind=kind,
        evidence=evidence,
        age=stage.rng.uniform(*age),
    )


def targets(stage: Stage, n: int) -> list[Thread]:
    """Live English threads to descend on, the hottest first."""
    return stage.hottest(n, "en")


def topic_slots(stage: Stage, thread: Thread) -> dict[str, str]:
    """What a line about a thread may name: its author, and one thing it is about."""
    topic = stage.rng.choice(thread.about)
    return {
        "op": thread.author.name,
        "about": topic,
        "About": topic[:1].upper() + topic[1:],
    }


def at_seconds(stage: Stage, second: float, act: Act) -> None:
    """Schedule an act so many seconds from now."""
    stage.schedule(round(second * SECOND), act)


def bystanders(stage: Stage, pool: Block, said: Said, n: int, **more: str) -> None:
    """Ordinary agents who noticed say so, within the next minutes."""
    wait = 0
    for _ in range(min(n, len(pool.all("bystander")))):
        wait += pause(stage.rng, 35, 0.5, most=180)
        stage.schedule(wait, partial(_notice, stage, pool, said, more))


def _notice(stage: Stage, pool: Block, said: Said, more: dict[str, str]) -> None:
    agent: Agent | None = stage.society.pick(
        "en", stage.hour, "security", lambda a: a.soul is None and a.name != said.speaker.name
    )
    if agent:
        text = stage.talk.pooled(pool, "bystander", agent, said, **more)
        stage.comment(agent, said, text)
