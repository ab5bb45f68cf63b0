"""Link push: few accounts bring one address up again and again, each time in other words."""

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


def launch(stage: Stage, group: str, size: float = 1.0) -> None:
    """6 to 9 accounts, two comments each, five to eight minutes."""
    rng, pool = stage.rng, block("campaign", "links")
    if not targets(stage, 1):
        return
    n = crowd_size(stage, 6, 9, size)
    span = rng.uniform(300, 480) * min(1.0, size)
    link = stage.talk.card(pool, "site")
    texts = list(pool.all("text"))
    rng.shuffle(texts)
    evidence = f"{n} accounts push {link} within {span:.0f} s, in other words each"

    def push(agent: Agent, text: str) -> None:
        thread = rng.choice(targets(stage, 8))
        slots = {**topic_slots(stage, thread), "link": link}
        stage.comment(agent, thread.root, expand(text, rng, slots))

    for at in range(n):
        agent = ordinary_account(
            stage, group=group, kind="link_push", evidence=evidence, age=(2, 20)
        )
        for again in range(2):
            text = texts[(at + again * n) % len(texts)]
            at_seconds(stage, rng.uniform(0, span), partial(push, agent, text))
    busiest = targets(stage, 1)[0].root
    at_seconds(stage, span * 0.6, lambda: bystanders(stage, pool, busiest, 2))
