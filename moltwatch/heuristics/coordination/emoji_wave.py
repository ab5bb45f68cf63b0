"""Nothing but emoji, from many accounts at once."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from math import exp
from typing import ClassVar

from moltwatch.heuristics.base import Act, Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.crowd import Crowd
from moltwatch.heuristics.parameters import Accounts, Chance, Seconds
from moltwatch.model import Kind
from moltwatch.times import HOUR, SECOND, Micros

_SAYS = "{who} posted nothing but emoji in {span}"

_WEIGHT = 0.9

_PICTURE = re.compile("[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")

HABIT: Micros = 6 * HOUR
"""How long back it is looked how usual posts without a word are here."""

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
    chance: probability of so many accounts within the window from which it is telling

    Fails when
    each post of a wave carries a few words, or somebody asks for an emoji and does not say so.
    """

    name: ClassVar[str] = "emoji-wave"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "text"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts had posted nothing but emoji within {window:seconds},"
        " or such posts were usual here"
    )

    def __init__(
        self, window: Seconds = 60.0, accounts: Accounts = 3, chance: Chance = 1e-5
    ) -> None:
        self.window = window
        self.accounts = accounts
        self.chance = chance
        self._span: Micros = round(window * SECOND)
        self._since: Micros | None = None
        self._usual: deque[Micros] = deque(maxlen=MOST_USUAL)
        """When the latest posts without a word came that were part of no wave."""
        self._waiting: deque[tuple[Act, str]] = deque(maxlen=MOST_WAITING)
        """Those within the window, and their emoji."""
        self._wave: Crowd | None = None
        self._pictures: set[str] = set()
        """The emoji of the wave."""

    def observe(self, item: Features) -> Iterable[Evidence]:
        if self._since is None:
            self._since = item.post.seen_at
        if item.words or item.folded.isascii():
            return ()
        pictures = "".join(sorted(set(_PICTURE.findall(item.folded))))
        return self._look_at(item, pictures) if pictures and not _is_asked_for(item) else ()

    def _look_at(self, item: Features, pictures: str) -> Iterable[Evidence]:
        now = item.post.seen_at
        act = item.act
        self._forget(now)
        wave = self._wave
        if wave and now - wave.last <= self._span and not self._pictures.isdisjoint(pictures):
            wave.add(act, 0)
        else:
            self._waiting.append((act, pictures))
            accounts = {waiting.author for waiting, _ in self._waiting}
            if len(accounts) < max(self.accounts, self._needed(now)):
                return ()
            first = self._waiting[0][0]
            wave = self._wave = Crowd(first.post, first.at)
            self._pictures.clear()
            for waiting, shown in self._waiting:
                wave.add(waiting, 0)
                self._pictures.update(shown)
            self._waiting.clear()
        acts = wave.tell(_WEIGHT)
        return (self.evidence(_WEIGHT, _SAYS, cluster=wave.key, acts=acts),)

    def _forget(self, now: Micros) -> None:
        """What found no company in time was the usual."""
        while self._waiting and self._waiting[0][0].at < now - self._span:
            self._usual.append(self._waiting.popleft()[0].at)
        while self._usual and self._usual[0] < now - HABIT:
            self._usual.popleft()

    def _needed(self, now: Micros) -> int:
        """Accounts in one window that are beyond chance, if such posts come one by one as they
        did so far (Poisson; one more than was seen, so that a young stream is not thought mute)."""
        observed = max(self._span, min(HABIT, now - (self._since or 0)))
        expected = (len(self._usual) + 1) * self._span / observed
        term = exp(-expected)
        tail, n = 1.0 - term, 1
        while tail > self.chance and n < MOST_WAITING:
            term *= expected / n
            tail -= term
            n += 1
        return n


def _is_asked_for(item: Features) -> bool:
    """Whether the thread is about emoji."""
    root = item.thread.root
    return root is not None and "emoji" in root.folded
