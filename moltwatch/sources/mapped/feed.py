"""A feed that does what a mapping says. No I/O and no clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from moltwatch.dialects.fields import read_json
from moltwatch.dialects.mapped import Mapping, SendRule, apply, evaluate, holds, parts
from moltwatch.model import Event
from moltwatch.sources.base import Status
from moltwatch.sources.live.failures import Refused
from moltwatch.sources.live.feed import ArrivalFeed
from moltwatch.text import display_line
from moltwatch.times import Micros

MOST_SENT = 1_000
"""Frames sent for an ``each`` on one connection: a server cannot make us send without end."""


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

    def opening(self) -> Sequence[bytes]:
        self._sent.clear()
        return [self._fill(rule) for rule in self._mapping.send if rule.when is None]

    def answers(self) -> Sequence[bytes]:
        answers, self._answers = self._answers, []
        return answers

    def receive(self, data: bytes, now: Micros) -> list[Event]:
        try:
            frame = read_json(data)
        except ValueError:
            self._heard()
            self._reject("not JSON")
            return []
        return self.take(frame, now)

    def take(self, frame: object, now: Micros) -> list[Event]:
        """The events of a decoded frame. Raises Refused when the server will never serve us."""
        self._heard()
        for refuse in self._mapping.refuse:
            if holds(refuse.when, frame):
                words = display_line(str(evaluate(refuse.reason, frame) or "it does not say why"))
                about_key = refuse.key is not None and holds(refuse.key, frame)
                raise Refused(f"it refuses us: {words}", unauthorized=about_key)
        self._answer(frame)
        outcome = apply(self._mapping, frame, source=self.source, now=now)
        for miss in outcome.misses:
            self._reject(f"event {miss.rule}: no {miss.field}")
        if not outcome.rules:
            self._reject("a frame for which the mapping has no rule")
        return self._deliver(outcome.events, now)

    def _answer(self, frame: object) -> None:
        for number, rule in enumerate(self._mapping.send):
            if rule.when is None or not holds(rule.when, frame):
                continue
            if rule.each is None:
                self._answers.append(self._fill(rule))
                continue
            for each in parts(rule.each, frame):
                if not isinstance(each, str | int) or len(self._sent) >= MOST_SENT:
                    continue
                if (number, each) not in self._sent:
                    self._sent.add((number, each))
                    self._answers.append(self._fill(rule, each))

    def _fill(self, rule: SendRule, each: object = None) -> bytes:
        self._number += 1
        places = {"{key}": self._key, "{each}": each, "{number}": str(self._number)}
        return msgspec.json.encode(filled(rule.frame, places))


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
