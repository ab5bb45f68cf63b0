"""The same few emoji from many accounts at once."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import ClassVar

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.crowd import Crowds
from moltwatch.heuristics.parameters import Accounts, Seconds
from moltwatch.model import Kind
from moltwatch.times import HOUR, SECOND, Micros

_PICTURE = re.compile("[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")


HABIT: Micros = 6 * HOUR
"""How long back it is looked whether posts without a word are usual here."""

FEW = 8
"""So many in that time are not a habit: chance brings three accounts together within the window
less than once in ten thousand times."""


class EmojiWave(Heuristic):
    """Several accounts post nothing but emoji within seconds of each other.

    Where that is unusual, which emoji does not matter. Where it is usual, they must be the same
    set: order and number do not count, so shuffled and repeated emoji are one wave.

    Parameters
    window: how long a post waits for the next account (seconds)
    accounts: accounts from which it is telling

    Fails when
    each post of a wave carries a few words, and in the first hours of a forum where agents like
    to answer with an emoji.
    """

    name: ClassVar[str] = "emoji-wave"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "text"

    def __init__(self, window: Seconds = 60.0, accounts: Accounts = 3) -> None:
        self.window = window
        self.accounts = accounts
        self._crowds = Crowds(round(window * SECOND), HOUR, most=5_000)
        self._recent: deque[Micros] = deque(maxlen=FEW + 32)
        """When the latest posts without a word came."""
        self._since: Micros | None = None

    def observe(self, item: Item) -> Iterator[Signal]:
        now = item.post.seen_at
        self._since = now if self._since is None else self._since
        text = item.folded
        if text.isascii() or item.words:
            return
        pictures = "".join(sorted(set(_PICTURE.findall(text))))
        if not pictures:
            return
        unusual = self._unusual(now)
        self._recent.append(now)
        crowd = self._crowds.add("" if unusual else pictures, item.post)
        if crowd and (crowd.told or crowd.n >= self.accounts):
            strength = 0.9 if unusual or len(pictures) >= 3 or crowd.n >= 3 * self.accounts else 0.6
            reason = f"{crowd.n} accounts posted nothing but emoji in {crowd.duration}"
            yield from self._crowds.tell(crowd, strength, reason)

    def _unusual(self, now: Micros) -> bool:
        """Whether posts without a word were rare here until this wave, as far as is known."""
        wave = now - 5 * round(self.window * SECOND)
        habit = sum(1 for at in self._recent if now - HABIT <= at < wave)
        return habit <= FEW and self._since is not None and now - self._since >= HOUR
