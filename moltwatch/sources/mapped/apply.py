"""Frames to events, as a mapping says. Pure; a frame that does not fit is said, never raised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from moltwatch.errors import BadItem
from moltwatch.model import AgentSeen, Delete, Edit, Event, Post, Vote
from moltwatch.recording import dialect
from moltwatch.sources.live.wall import honest
from moltwatch.sources.mapped.mapping import NEEDED, EventRule, Mapping, compiled
from moltwatch.text import display_line
from moltwatch.times import Micros

MOST_PARTS = 10_000
"""Events of one frame."""

_PLAIN = re.compile(r"[\w-]+(\.[\w-]+)*")


class Miss(Struct, frozen=True, kw_only=True):
    """A field that a rule needs and a frame does not have."""

    rule: int
    """Counted from 1."""
    field: str
    why: str

    def __str__(self) -> str:
        return f"event {self.rule}: {self.field}: {self.why}"


class Outcome(Struct, kw_only=True):
    """What a mapping made of a frame."""

    events: list[Event] = field(default_factory=list)
    misses: list[Miss] = field(default_factory=list)
    rules: list[int] = field(default_factory=list)
    """Numbers of the rules that took the frame."""


def apply(mapping: Mapping, frame: object, *, source: str, now: Micros) -> Outcome:
    """The events of a decoded frame. Every rule whose ``when`` holds is followed."""
    outcome = Outcome()
    for number, rule in enumerate(mapping.event, 1):
        if rule.when is not None and not holds(rule.when, frame):
            continue
        outcome.rules.append(number)
        if rule.make == "nothing":
            continue
        for part in parts(rule.each, frame):
            values = {name: evaluate(path, part) for name, path in rule.fields.each()}
            try:
                outcome.events.append(_make(rule, values, source, now))
            except _Missing as missing:
                path = dict(rule.fields.each())[missing.field]
                why = missing.why or explain(path, part)
                outcome.misses.append(Miss(rule=number, field=missing.field, why=why))
    return outcome


def parts(each: str | None, frame: object) -> list[object]:
    """What an ``each`` finds: the frame itself without one, and nothing where nothing is."""
    if each is None:
        return [frame]
    found = evaluate(each, frame)
    if found is None:
        return []
    return found[:MOST_PARTS] if isinstance(found, list) else [found]


def holds(expression: str, frame: object) -> bool:
    """Whether a condition holds, as JMESPath counts: null, false and empty do not."""
    value = evaluate(expression, frame)
    return value == 0 or bool(value) if not isinstance(value, bool) else value


def evaluate(expression: str, value: object) -> Any:
    """What an expression finds; None for nothing, and where it cannot be applied."""
    try:
        return compiled(expression).search(value)
    except Exception:  # the frame is a stranger's, and a function may be applied to anything in it
        return None


def explain(expression: str, value: object) -> str:
    """Why an expression found nothing: where on its way it ended, and what there is instead."""
    words = f"{expression} found nothing"
    if not _PLAIN.fullmatch(expression):
        return words
    path: list[str] = []
    for name in expression.split("."):
        if not isinstance(value, dict):
            return f"{words}: {'.'.join(path) or 'the frame'} is {_sort(value)}, not an object"
        if value.get(name) is None:
            there_is = ", ".join(display_line(str(key), 30) for key in list(value)[:12])
            return f"{words}: {'.'.join(path) or 'the frame'} has {there_is or 'nothing'}"
        path.append(name)
        value = value[name]
    return f"{expression} is {_sort(value)}, which cannot be used"


class _Missing(Exception):
    def __init__(self, field: str, why: str = "") -> None:
        super().__init__(field)
        self.field = field
        self.why = why


class _Values:
    """The values of one event, read as their fields want them. Raises _Missing."""

    def __init__(self, rule: EventRule, values: dict[str, Any]) -> None:
        self._values = values
        self._needed = NEEDED[rule.make]

    def ident(self, name: str) -> str:
        found = self.maybe_ident(name)
        if found is None:
            raise _Missing(name)
        return found

    def maybe_ident(self, name: str) -> str | None:
        try:
            return dialect.name(self._values, (name,))
        except BadItem as error:
            raise _Missing(name, str(error)) from None

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
            value = "\n".join(value)
        try:
            found = dialect.text({name: value}, (name,))
        except BadItem as error:
            raise _Missing(name, str(error)) from None
        if found is None and name in self._needed:
            raise _Missing(name)
        return found

    def number(self, name: str) -> int | None:
        return dialect.number(self._values, name)

    def time(self) -> Micros | None:
        return dialect.time(self._values, ("time",))


def _make(rule: EventRule, values: dict[str, Any], source: str, now: Micros) -> Event:
    """One event. Raises _Missing."""
    of = _Values(rule, values)
    match rule.make:
        case "edit":
            title, text = of.text("title"), of.text("text")
            return Edit(id=of.ident("id"), seen_at=now, title=title, text=text, source=source)
        case "delete":
            return Delete(id=of.ident("id"), seen_at=now, source=source)
        case "vote":
            id, delta, score = of.ident("id"), of.number("delta"), of.number("score")
            return Vote(id=id, seen_at=now, delta=delta, score=score, source=source)
        case "agent":
            return AgentSeen(
                name=of.ident("author"),
                seen_at=now,
                display=of.text("display"),
                bio=of.text("bio"),
                created_at=of.time(),
                source=source,
            )
    return _post(of, source, now)


def _post(of: _Values, source: str, now: Micros) -> Post:
    id, parent = of.ident("id"), of.maybe_ident("parent")
    parent = None if parent == id else parent
    thread = of.maybe_ident("thread") or parent or id
    return Post(
        id=id,
        thread=thread,
        parent=None if thread == id else parent or thread,
        author=of.ident("author"),
        community=of.maybe_ident("community"),
        title=of.text("title"),
        text=of.text("text") or "",
        created_at=honest(of.time(), now),
        seen_at=now,
        link=of.text("link"),
        url=of.text("url"),
        score=of.number("score"),
        source=source,
    )


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


def _sort(value: object) -> str:
    names: Iterator[tuple[type | tuple[type, ...], str]] = iter(
        ((dict, "an object"), (list, "a list"), (str, "a text"), (bool, "true or false"))
    )
    found = next((name for sort, name in names if isinstance(value, sort)), None)
    return found or ("nothing" if value is None else "a number")
