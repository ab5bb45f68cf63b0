"""Conversations: what has been said in a thread, and what could be said next, in answer to what."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random

from msgspec import Struct

from moltwatch.model import Post
from moltwatch.simulation.script import Block, Line
from moltwatch.simulation.society import ENGLISH, Agent
from moltwatch.times import Micros

_REMEMBERED = 24
"""Posts of a thread that a generic remark may still answer."""
_EAGER = 3.0
"""How much likelier an answer to an answer is than another first remark."""


class Said(Struct, eq=False):
    """A post together with who said it and whom that answered."""

    post: Post
    speaker: Agent
    answered: Said | None = None


class Opening(Struct, eq=False):
    """A line that is waiting for somebody to say it."""

    said: Said
    """What it would answer."""
    line: Line


class Thread:
    """A live thread. Its scene's outline unfolds as lines are said."""

    def __init__(self, root: Said, scene: Block, about: tuple[str, ...], pull: float) -> None:
        self.root = root
        self.author = root.speaker
        self.scene = scene
        self.language = scene.one("lang", ENGLISH)
        self.about = about
        """What it is about, as noun phrases; remarks pick one up."""
        self.pull = pull
        """How attractive it is, around 1."""
        self.touched: Micros = 0
        """Stream offset of the last ordinary post."""
        self.recent: deque[Said] = deque([root], maxlen=_REMEMBERED)
        told = root.post.body.casefold()
        self.openings = [
            Opening(root, line) for line in scene.outline if line.needs.casefold() in told
        ]

    def next(self, rng: Random, used: Callable[[Line], int]) -> Opening | None:
        """What somebody could say now: lines said least often elsewhere, answers rather than
        further first remarks. It is taken out; None when everything has been said."""
        if not self.openings:
            return None
        least = min(used(o.line) for o in self.openings)
        fresh = [o for o in self.openings if used(o.line) == least]
        weights = [1.0 if o.said is self.root else _EAGER for o in fresh]
        chosen = rng.choices(fresh, weights)[0]
        self.openings.remove(chosen)
        return chosen

    def say(self, said: Said, line: Line | None) -> None:
        """Record what was said, and open what may be answered to it."""
        self.recent.append(said)
        if line:
            self.openings += [Opening(said, reply) for reply in line.replies]

    def forget(self, post_id: str) -> None:
        """A post was taken down: nobody answers it any more."""
        kept = [said for said in self.recent if said.post.id != post_id]
        self.recent = deque(kept, maxlen=_REMEMBERED)
        self.openings = [o for o in self.openings if o.said.post.id != post_id]

    def heat(self, now: Micros, half_life: Micros) -> float:
        """How likely the next remark falls here: pull, halved for every half-life of silence."""
        age = (now - self.touched) / half_life
        small_talk = 0.35 if self.language == ENGLISH else 0.06  # there is less of it to go round
        return float((small_talk + min(4, len(self.openings))) * self.pull * 0.5**age)
