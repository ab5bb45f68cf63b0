"""Clone swarm: many accounts with unrelated names paste one text all over the forum.

Some of the copies are disturbed a little, as real swarms do against filters: a hidden character, a
look-alike letter, another full stop.
"""

from __future__ import annotations

from functools import partial

from moltwatch.simulation.campaigns.base import (
    at_seconds,
    bystanders,
    crowd_size,
    ordinary_account,
    targets,
)
from moltwatch.simulation.script import block
from moltwatch.simulation.stage import Stage

_HIDDEN = "\u200b"
_LOOK_ALIKE = ("e", "\u0435")  # Latin, Cyrillic


def launch(stage: Stage, group: str, size: float = 1.0) -> None:
    """12 to 34 accounts, one text, 40 to 90 seconds; a second wave of half of them later."""
    rng, pool = stage.rng, block("campaign", "clones")
    places = targets(stage, 6)
    if not places:
        return
    n = crowd_size(stage, 12, 34, size)
    span = rng.uniform(40, 90)
    evidence = f"{n} accounts, one text, first wave within {span:.0f} s"
    accounts = [
        ordinary_account(stage, group=group, kind="clone_swarm", evidence=evidence, age=(0.1, 3))
        for _ in range(n)
    ]
    text = stage.talk.card(pool, "text")
    second = [(a, rng.uniform(240, 420)) for a in rng.sample(accounts, n // 2)]
    for agent, wait in [(a, rng.uniform(0, span)) for a in accounts] + second:
        place = rng.choice(places)
        copy = _disturbed(stage, text)
        at_seconds(stage, wait, partial(stage.comment, agent, place.root, copy))
    busiest = places[0].root
    at_seconds(stage, span * 0.6, lambda: bystanders(stage, pool, busiest, 2))


def _disturbed(stage: Stage, text: str) -> str:
    way = stage.rng.random()
    if way < 0.12:
        at = stage.rng.randrange(len(text) // 2)
        return text[:at] + _HIDDEN + text[at:]
    if way < 0.2:
        return text.replace(*_LOOK_ALIKE, stage.rng.randint(1, 3))
    return text.rstrip(".") + "!" if way < 0.28 else text
