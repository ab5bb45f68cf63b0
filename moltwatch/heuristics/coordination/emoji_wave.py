"""Nothing but emoji, from many accounts at once."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from math import exp
from typing import ClassVar

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.coordination.crowd import Crowd, Sighting
from moltwatch.heuristics.parameters import Accounts, Seconds
from moltwatch.model import Kind
from moltwatch.times import HOUR, SECOND, Micros

_PICTURE = re.compile("[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")

HABIT: Micros = 6 * HOUR
"""How long back it is looked how usual posts without a word are here."""

CHANCE = 1e-5
"""Probability at which so many accounts within the window are no chance any more."""

MOST_USUAL = 2_000
MOST_WAITING = 200


class EmojiWave(Heuristic):
    """More accounts than chance brings together post nothing but emoji within seconds.

    How many that takes depends on how often posts without a word come here otherwise: three where
    they are rare, more where agents like to answer with an emoji. Which emoji they are matters only
    for who joins later: those who use one of the wave's.

    Parameters
    window: how long a post waits for the next account (seconds)
    accounts: accounts from which it is telling where such posts are rare

    Fails when
    each post of a wave carries a few words, or somebody asks for an emoji and does not say so.
    """

    name: ClassVar[str] = "emoji-wave"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "text"

    def __init__(self, window: Seconds = 60.0, accounts: Accounts = 3) -> None:
        self.window = window
        self.accounts = accounts
        self._span: Micros = round(window * SECOND)
        self._since: Micros | None = None
        self._usual: deque[Micros] = deque(maxlen=MOST_USUAL)
        """When the latest posts without a word came that were part of no wave."""
        self._waiting: deque[tuple[Sighting, str]] = deque(maxlen=MOST_WAITING)
        """Those within the window, and their emoji."""
        self._wave: Crowd | None = None
        self._pictures: set[str] = set()
        """The emoji of the wave."""

    def observe(self, item: Item) -> Iterable[Signal]:
        if self._since is None:
            self._since = item.post.seen_at
        if item.words or item.folded.isascii():
            return ()
        pictures = "".join(sorted(set(_PICTURE.findall(item.folded))))
        return self._look_at(item, pictures) if pictures and not _is_asked_for(item) else ()

    def _look_at(self, item: Item, pictures: str) -> Iterable[Signal]:
        now = item.post.seen_at
        sighting = (now, item.post.author, item.post.id)
        self._forget(now)
        wave = self._wave
        if wave and now - wave.last <= self._span and not self._pictures.isdisjoint(pictures):
            wave.add(sighting, 0)
        else:
            self._waiting.append((sighting, pictures))
            accounts = {author for (_, author, _), _ in self._waiting}
            if len(accounts) < max(self.accounts, self._needed(now)):
                return ()
            first = self._waiting[0][0]
            wave = self._wave = Crowd(first[2], first[0])
            self._pictures.clear()
            for waiting, shown in self._waiting:
                wave.add(waiting, 0)
                self._pictures.update(shown)
            self._waiting.clear()
        reason = f"{wave.n} accounts posted nothing but emoji in {wave.duration}"
        return wave.signals(0.9, reason)

    def _forget(self, now: Micros) -> None:
        """What found no company in time was the usual."""
        while self._waiting and self._waiting[0][0][0] < now - self._span:
            self._usual.append(self._waiting.popleft()[0][0])
        while self._usual and self._usual[0] < now - HABIT:
            self._usual.popleft()

    def _needed(self, now: Micros) -> int:
        """Accounts in one window that are beyond chance, if such posts come one by one as they
        did so far (Poisson; one more than was seen, so that a young stream is not thought mute)."""
        observed = max(self._span, min(HABIT, now - (self._since or 0)))
        expected = (len(self._usual) + 1) * self._span / observed
        term = exp(-expected)
        tail, n = 1.0 - term, 1
        while tail > CHANCE:
            term *= expected / n
            tail -= term
            n += 1
        return n


def _is_asked_for(item: Item) -> bool:
    """Whether the thread is about emoji."""
    root = item.thread.root
    return root is not None and "emoji" in root.folded
