"""One account that floods: a nuisance, but not several accounts."""

from __future__ import annotations

from functools import partial

from moltwatch.simulation.campaigns.base import (
    at_seconds,
    bystanders,
    ordinary_bio,
    plausible_name,
    targets,
)
from moltwatch.simulation.labels import Role
from moltwatch.simulation.script import block
from moltwatch.simulation.stage import Stage


def launch(stage: Stage, group: str, size: float = 1.0) -> None:
    """30 to 60 comments of one account within eight minutes."""
    rng, pool = stage.rng, block("campaign", "flood")
    if not targets(stage, 1):
        return
    n = round(rng.randint(30, 60) * size)
    agent = stage.recruit(
        plausible_name(stage),
        ordinary_bio(stage),
        group=group,
        kind="single_flood",
        evidence=f"one account, {n} times the same",
        role=Role.SINGLE_FLOOD,
        age=rng.uniform(1, 20),
    )

    def shout(notice: bool) -> None:
        thread = rng.choice(targets(stage, 15))
        said = stage.comment(agent, thread.root, stage.talk.pooled(pool, "text", agent, None))
        if notice:
            bystanders(stage, pool, said, 1)

    for at in range(n):
        at_seconds(stage, rng.uniform(0, 480), partial(shout, at == 0))
