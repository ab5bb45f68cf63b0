"""Emoji wave: a thread drowns in a few signs, in ever new order, without a word."""

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


def launch(stage: Stage, group: str, size: float = 1.0) -> None:
    """14 to 26 accounts on one or two threads, two minutes at most."""
    rng, pool = stage.rng, block("campaign", "emoji")
    places = targets(stage, 2)
    if not places:
        return
    n = crowd_size(stage, 14, 26, size)
    span = rng.uniform(50, 120)
    marks = rng.sample(pool.all("mark"), 3)
    evidence = f"{n} accounts post nothing but {' '.join(marks)} within {span:.0f} s"
    for _ in range(n):
        agent = ordinary_account(
            stage, group=group, kind="emoji_wave", evidence=evidence, age=(0.1, 2)
        )
        for _ in range(rng.choice((1, 1, 2))):
            place = rng.choice(places)
            wave = "".join(rng.choices(marks, (4, 2, 1), k=rng.randint(4, 14)))
            at_seconds(
                stage,
                rng.uniform(0, span),
                partial(stage.comment, agent, place.root, wave),
            )
    at_seconds(stage, span * 0.7, lambda: bystanders(stage, pool, places[0].root, 2))
