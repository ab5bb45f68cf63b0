"""Name-family batch: numbered accounts speak one jargon, each in its own words."""

from __future__ import annotations

from functools import partial

from moltwatch.simulation.campaigns.base import at_seconds, bystanders, crowd_size, targets
from moltwatch.simulation.deck import Deck
from moltwatch.simulation.grammar import expand
from moltwatch.simulation.script import block
from moltwatch.simulation.society import Agent
from moltwatch.simulation.stage import Stage


def launch(stage: Stage, group: str, size: float = 1.0) -> None:
    """20 to 40 accounts ``stem_001``, ``stem_002``, …, ten to fifteen minutes."""
    rng, pool = stage.rng, block("campaign", "nodes")
    n = crowd_size(stage, 20, 40, size)
    span = rng.uniform(600, 900) * min(1.0, size)
    stem = stage.talk.card(block("campaign", "names"), "stem")
    first = rng.randint(1, 120)
    evidence = f"{n} accounts named {stem}NNN, one jargon, no shared text, {span:.0f} s"
    slots = {key: pool.all(key) for key in pool.fields}
    texts, titles = Deck(pool.all("text"), rng), Deck(pool.all("title"), rng)

    def speak(agent: Agent, notice: bool) -> None:
        text = expand(texts.draw() or "", rng, slots)
        places = targets(stage, 12)
        if places and not notice and rng.random() < 0.6:
            stage.comment(agent, rng.choice(places).root, text)
            return
        title = expand(titles.draw() or "", rng, slots)
        said = stage.post(agent, "general", title, text)
        if notice:
            bystanders(stage, pool, said, 1)

    for at in range(n):
        agent = stage.recruit(
            partial(str, f"{stem}{first + at:03d}"),
            pool.one("bio"),
            group=group,
            kind="name_batch",
            evidence=evidence,
            age=rng.uniform(0.2, 0.25),
        )
        for time in range(rng.choice((1, 1, 1, 2))):
            notice = at < 2 and time == 0
            at_seconds(stage, rng.uniform(0, span), partial(speak, agent, notice))
