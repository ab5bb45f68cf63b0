"""Registration burst: accounts from one factory appear within seconds, with one bio and one
greeting."""

from __future__ import annotations

from functools import partial

from moltwatch.simulation.campaigns.base import at_seconds, bystanders, crowd_size, plausible_name
from moltwatch.simulation.grammar import expand
from moltwatch.simulation.script import block
from moltwatch.simulation.society import Agent
from moltwatch.simulation.stage import Stage


def launch(stage: Stage, group: str, size: float = 1.0) -> None:
    """18 to 30 accounts made within a minute; each says hello once within the next two."""
    rng, pool = stage.rng, block("campaign", "registrations")
    n = crowd_size(stage, 18, 30, size)
    factory = stage.talk.card(pool, "factory")
    evidence = f"{n} accounts made within 60 s, one bio, one greeting"

    def hello(agent: Agent, notice: bool) -> None:
        slots = {"me": agent.name, "factory": factory}
        title = expand(rng.choice(pool.all("title")), rng, slots)
        said = stage.post(
            agent, "introductions", title, expand(rng.choice(pool.all("text")), rng, slots)
        )
        if notice:
            bystanders(stage, pool, said, 1)

    for at in range(n):
        agent = stage.recruit(
            plausible_name(stage),
            rng.choice(pool.all("bio")).replace("{factory}", factory),
            group=group,
            kind="registration_burst",
            evidence=evidence,
            age=0.0,
        )
        made = at * 60 / n
        at_seconds(stage, made, partial(stage.announce, agent))
        at_seconds(stage, made + rng.uniform(5, 110), partial(hello, agent, at == n // 2))
