"""A feed that does what a mapping says. No I/O and no clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from moltwatch.bounded import LONGEST_ID
from moltwatch.dialects.fields import read_json
from moltwatch.dialects.mapped import Mapping, apply, evaluate, holds, parts
from moltwatch.model import Event, Post
from moltwatch.sources.base import Status
from moltwatch.sources.live.addresses import server_words
from moltwatch.sources.live.failures import Refused, TurnedAway
from moltwatch.sources.live.feed import ArrivalFeed
from moltwatch.sources.mapped.places import Places
from moltwatch.times import SECOND, Micros
from moltwatch.wording import count

MOST_SENT = 1_000
"""Frames sent for an ``each`` on one connection: a server cannot make us send without end."""

SETTLE: Micros = 5 * SECOND
"""How long after the first frame of a connection those that tell of nothing decide nothing: what
was missed may come after them."""

PATIENCE: Micros = 30 * SECOND
"""How long answers about what was said before are waited for; what comes meanwhile is held."""


class MappedFeed(ArrivalFeed):
    """Follows a mapping. ``key`` fills its place in frames to send."""

    def __init__(self, status: Status, mapping: Mapping, key: str | None = None) -> None:
        super().__init__(status)
        self.heartbeat = mapping.heartbeat
        self.replays = mapping.replays
        """The server gives what came after the last id, if it is told that."""
        self._mapping = mapping
        self._key = key
        self._number = 0
        self._sent: set[tuple[int, object]] = set()
        self._answers: list[bytes] = []
        self._connected_at: Micros | None = None
        """Time of the first frame of this connection."""
        self._sequence: int | None = None
        self._places = Places(mapping.history) if mapping.history else None

    def opening(self) -> Sequence[bytes]:
        self._sent.clear()
        self._answers.clear()
        self._connected_at = self._sequence = None
        if self._places:
            self._places.connect(catching_up=self._past.broken)
        return [self._fill(rule.frame) for rule in self._mapping.send if rule.when is None]

    def answers(self) -> Sequence[bytes]:
        answers, self._answers = self._answers, []
        return answers

    def absent(self, since: Micros, reason: str) -> None:
        if self._places:
            self._places.begin(since)
        super().absent(since, reason)

    def quiet(self, now: Micros) -> list[Event]:
        if self._places and self._places.catching_up:
            return self._settled(now)
        return super().quiet(now)

    def give_up(self, now: Micros) -> list[Event]:
        held = self._places.take() if self._places else []
        gap = super().give_up(now)
        return gap + self._deliver(held, now)

    def receive(self, data: bytes, now: Micros) -> list[Event]:
        try:
            frame = read_json(data)
        except ValueError:
            self._heard()
            self._reject("not JSON")
            return []
        return self.take(frame, now)

    def take(self, frame: object, now: Micros) -> list[Event]:
        """The events of a decoded frame. Raises Refused when the server will never serve us, and
        TurnedAway when it left out frames, which only a new connection can give back."""
        self._heard()
        if self._connected_at is None:
            self._connected_at = now
        for refuse in self._mapping.refuse:
            if holds(refuse.when, frame):
                words = server_words(
                    str(evaluate(refuse.reason, frame) or "it does not say why"), 400
                )
                about_key = refuse.key is not None and holds(refuse.key, frame)
                raise Refused(f"it refuses us: {words}", unauthorized=about_key)
        self._count(frame)
        self._answer(frame)
        outcome = apply(self._mapping, frame, source=self.source, now=now)
        for miss in outcome.misses:
            self._reject(f"event {miss.rule}: no {miss.field}")
        if not outcome.rules:
            self._reject("a frame for which the mapping has no rule")
        if self._places is None:
            return self._deliver(outcome.events, now)
        self._places.begin(now)
        return self._among_places(self._places, frame, outcome.events, now)

    def _deliver(self, events: Sequence[Event], now: Micros) -> list[Event]:
        begun = now if self._connected_at is None else self._connected_at
        if not events and not self.resumed and now - begun < SETTLE:
            return []
        return super()._deliver(events, now)

    def _count(self, frame: object) -> None:
        if self._mapping.sequence is None:
            return
        number = evaluate(self._mapping.sequence, frame)
        if not isinstance(number, int) or isinstance(number, bool):
            return
        before, self._sequence = self._sequence, number
        if before is not None and number > before + 1:
            raise TurnedAway(f"it left out {count(number - before - 1, 'frame')}")

    # --- what was said before ---------------------------------------------------------------------

    def _among_places(
        self, places: Places, frame: object, events: list[Event], now: Micros
    ) -> list[Event]:
        """The events of a frame that may be an answer about what was said before."""
        posts = [event for event in events if isinstance(event, Post)]
        known = any(self._past.came_before(post.id) for post in posts)
        if places.answered(frame, known=known):
            events = [event for event in events if places.is_ours(event)]
            if not places.catching_up:
                for post in posts:
                    self._past.repeated(post.id)  # those from before our watch are told from now on
        for place, number, limit in places.questions(frame, self._next_number):
            self._answers.append(
                self._fill(places.rule.frame, place, number, places.cursor_of(place), limit)
            )
        if not places.catching_up:
            return self._deliver(events, now)
        places.hold(events)
        return self._settled(now)

    def _settled(self, now: Micros) -> list[Event]:
        """What was held, as soon as nothing more is waited for."""
        assert self._places is not None
        begun = now if self._connected_at is None else self._connected_at
        late = self._connected_at is not None and now - begun >= PATIENCE
        if not (self._places.all_answered or late or self._places.too_many):
            return []
        gap = self._past.mend(now, recovered=self._places.whole)
        return gap + self._deliver(self._places.take(), now)

    # --- frames to send ---------------------------------------------------------------------------

    def _answer(self, frame: object) -> None:
        for number, rule in enumerate(self._mapping.send):
            if rule.when is None or not holds(rule.when, frame):
                continue
            if rule.each is None:
                self._answers.append(self._fill(rule.frame))
                continue
            for each in parts(rule.each, frame):
                if not isinstance(each, str | int) or (number, each) in self._sent:
                    continue
                if isinstance(each, str) and len(each) > LONGEST_ID:
                    self._reject("a room of too long a name")
                    continue
                if len(self._sent) >= MOST_SENT:
                    self._reject("one of more rooms than are followed")
                    continue
                self._sent.add((number, each))
                self._answers.append(self._fill(rule.frame, each))

    def _next_number(self) -> str:
        self._number += 1
        return str(self._number)

    def _fill(
        self,
        frame: dict[str, Any],
        each: object = None,
        number: str | None = None,
        cursor: object = None,
        limit: int | None = None,
    ) -> bytes:
        places = {"{key}": self._key, "{each}": each, "{number}": number or self._next_number()}
        return msgspec.json.encode(filled(frame, places | {"{cursor}": cursor, "{limit}": limit}))


def filled(frame: Any, replacements: dict[str, Any]) -> Any:
    """A frame to send, with the strings that stand for something replaced; an entry whose
    replacement is None is left out. Only whole strings are replaced: what a stranger sent can fill
    a place, and not change what is around it."""
    if isinstance(frame, dict):
        pairs = ((key, filled(value, replacements)) for key, value in frame.items())
        return {key: value for key, value in pairs if value is not None}
    if isinstance(frame, list):
        return [filled(value, replacements) for value in frame]
    return replacements.get(frame, frame) if isinstance(frame, str) else frame
