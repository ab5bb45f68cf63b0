"""Synchronous repliers: the same few accounts turn up on the same threads within seconds.

They share no text and no link: only the company they keep gives them away.
"""

from __future__ import annotations

from functools import partial

from moltwatch.simulation.campaigns.base import (
    at_seconds,
    crowd_size,
    ordinary_account,
    targets,
    topic_slots,
)
from moltwatch.simulation.deck import Deck
from moltwatch.simulation.grammar import expand
from moltwatch.simulation.script import block
from moltwatch.simulation.stage import Stage


def launch(stage: Stage, group: str, size: float = 1.0) -> None:
    """5 to 8 accounts, six to nine meetings, each within 5 to 30 seconds, over 20 to 40 minutes
    (shorter for a smaller size)."""
    rng, pool = stage.rng, block("campaign", "ring")
    if not targets(stage, 1):
        return
    n = crowd_size(stage, 5, 8, max(size, 0.8))
    meetings = rng.randint(6, 9)
    gap = rng.uniform(150, 280) * size
    evidence = f"{n} accounts meet on {meetings} threads within seconds; no shared text"
    members = [
        ordinary_account(stage, group=group, kind="ring", evidence=evidence, age=(5, 30))
        for _ in range(n)
    ]
    praise = Deck(pool.all("text"), rng)
    more = Deck(pool.all("more"), rng)
    visited: set[str] = set()
    said: set[str] = set()

    def meet() -> None:
        fresh = [
            t
            for t in targets(stage, 30)
            if t.root.post.id not in visited and t.root.post.community != "introductions"
        ]
        if not fresh:
            return
        thread = max(fresh, key=lambda t: (t.root.post.created_at, t.root.post.id))
        visited.add(thread.root.post.id)
        slots = topic_slots(stage, thread)
        span = rng.uniform(5, 30)
        for agent in rng.sample(members, max(3, n - rng.choice((0, 0, 1)))):
            text = expand(praise.draw() or "", rng, slots)
            while text in said:
                text += " " + expand(more.draw() or "", rng, slots)
            said.add(text)
            at_seconds(
                stage,
                rng.uniform(0, span),
                partial(stage.comment, agent, thread.root, text),
            )

    for at in range(meetings):
        at_seconds(stage, at * gap * rng.uniform(0.85, 1.15), meet)
