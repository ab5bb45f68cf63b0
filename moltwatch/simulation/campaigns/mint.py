"""Token mint flood: posts that are commands, payload and wallet, dozens a minute."""

from __future__ import annotations

import json
from functools import partial

from moltwatch.simulation.campaigns.base import (
    at_seconds,
    bystanders,
    crowd_size,
    ordinary_bio,
    plausible_name,
)
from moltwatch.simulation.grammar import expand
from moltwatch.simulation.script import block
from moltwatch.simulation.society import Agent
from moltwatch.simulation.stage import Stage


def fake_wallet(stage: Stage) -> str:
    """An address of no chain there is."""
    return "tide1demo" + "".join(stage.rng.choices("acdefghjklmnpqrstuvwxyz023456789", k=24))


def launch(stage: Stage, group: str, size: float = 1.0) -> None:
    """25 to 60 accounts, one to four mints each, three to six minutes, one wallet."""
    rng, pool = stage.rng, block("campaign", "mint")
    n = crowd_size(stage, 25, 60, size)
    span = rng.uniform(180, 360) * min(1.0, size + 0.2)
    tick, wallet = stage.talk.card(pool, "tick"), fake_wallet(stage)
    evidence = f"{n} accounts mint {tick} to one wallet within {span:.0f} s"
    noticed = set(rng.sample(range(n), 2))

    def mint(agent: Agent, notice: bool) -> None:
        order = {
            "p": "tide-20",
            "op": "mint",
            "tick": tick,
            "amt": str(rng.choice((100, 100, 1000, 2500))),
            "to": wallet,
        }
        text = json.dumps(order, separators=(",", ":"))
        if rng.random() < 0.35:
            text = expand(rng.choice(pool.all("lead")), rng, {"tick": tick}) + ". " + text
        title = expand(rng.choice(pool.all("title")), rng, {"tick": tick})
        said = stage.post(agent, "general", title, text)
        if notice:
            bystanders(stage, pool, said, 1, tick=tick)

    for at in range(n):
        agent = stage.recruit(
            plausible_name(stage),
            ordinary_bio(stage) if rng.random() < 0.4 else "",
            group=group,
            kind="mint_flood",
            evidence=evidence,
            age=rng.uniform(0, 1),
        )
        for time in range(rng.choice((1, 1, 2, 2, 4))):
            notice = at in noticed and time == 0
            at_seconds(stage, rng.uniform(0, span), partial(mint, agent, notice))
