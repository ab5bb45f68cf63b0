"""Slot-filled templates: one form, filled in with names, numbers and topics, so that no two texts
are equal."""

from __future__ import annotations

from functools import partial

from moltwatch.simulation.campaigns.base import (
    at_seconds,
    bystanders,
    crowd_size,
    ordinary_account,
    targets,
    topic_slots,
)
from moltwatch.simulation.grammar import expand
from moltwatch.simulation.script import block
from moltwatch.simulation.society import Agent
from moltwatch.simulation.stage import Stage
from moltwatch.simulation.threads import Thread


def launch(stage: Stage, group: str, size: float = 1.0) -> None:
    """10 to 18 accounts, one to three comments each, within three to six minutes."""
    rng, pool = stage.rng, block("campaign", "templates")
    if not targets(stage, 1):
        return
    n = crowd_size(stage, 10, 18, size)
    span = rng.uniform(180, 360) * min(1.0, size + 0.3)
    template = stage.talk.card(pool, "text")
    brand = stage.talk.card(pool, "brand")
    evidence = f"{n} accounts fill in one template within {span:.0f} s"

    def fill(agent: Agent) -> None:
        thread: Thread = rng.choice(targets(stage, 9))
        slots = {key: pool.all(key) for key in pool.fields}
        filled = {**slots, **topic_slots(stage, thread), "brand": brand}
        stage.comment(agent, thread.root, expand(template, rng, filled))

    for _ in range(n):
        agent = ordinary_account(stage, group=group, kind="template", evidence=evidence, age=(1, 9))
        for _ in range(rng.choice((1, 2, 2, 3))):
            at_seconds(stage, rng.uniform(0, span), partial(fill, agent))
    busiest = targets(stage, 1)[0].root
    at_seconds(stage, span * 0.5, lambda: bystanders(stage, pool, busiest, 2))
