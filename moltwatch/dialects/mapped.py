"""Mapping files: how the frames of some forum become events, without a line of code.

A mapping is TOML. Paths in it are JMESPath expressions, because that is a language with a
specification and a maintained library, and forums nest, filter and rename in ways that a dotted
path of our own would meet one by one. For server-sent events the frame is
``{"event": name, "id": id, "data": …}``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct, field, structs

from moltwatch.dialects import fields
from moltwatch.errors import BadItem, UsageError
from moltwatch.model import AgentSeen, Delete, Edit, Event, Post, Vote
from moltwatch.text import display_line
from moltwatch.times import Micros

if TYPE_CHECKING:
    from jmespath.parser import ParsedResult

MOST_PARTS = 10_000
"""Events of one frame."""

_PLAIN = re.compile(r"[\w-]+(\.[\w-]+)*")

Made = Literal["post", "edit", "delete", "vote", "agent", "nothing"]

NEEDED: dict[str, tuple[str, ...]] = {
    "post": ("id", "author", "text"),
    "edit": ("id", "text"),
    "delete": ("id",),
    "vote": ("id",),
    "agent": ("author",),
    "nothing": (),
}
"""Fields a rule must have, by what it makes."""


class Fields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where in a frame, or in each part of it, the fields of an event are."""

    id: str | None = None
    author: str | None = None
    text: str | None = None
    title: str | None = None
    parent: str | None = None
    thread: str | None = None
    community: str | None = None
    time: str | None = None
    link: str | None = None
    url: str | None = None
    score: str | None = None
    delta: str | None = None
    display: str | None = None
    bio: str | None = None

    def each(self) -> list[tuple[str, str]]:
        """Field and expression of all that are given."""
        return [(name, path) for name, path in structs.asdict(self).items() if path is not None]


class EventRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frames of one sort, and the events they make."""

    when: str | None = None
    """For which frames; None for all."""
    make: Made = "post"
    each: str | None = None
    """Where the parts are if a frame holds several; None: the frame itself is the only one."""
    shared: str | None = None
    """An object of the frame whose entries each part has as well, where it has none of its own."""
    fields: Fields = Fields()


class SendRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frame to send. In it, the strings ``{key}``, ``{each}`` and ``{number}`` stand for the key,
    for what :attr:`each` found, and for a number that counts up."""

    frame: dict[str, Any]
    when: str | None = None
    """In answer to which frames; None: as soon as there is a connection."""
    each: str | None = None
    """Send it once for each of these that was not there before on this connection."""


class HistoryRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question for what was said before in one of several places: rooms, sessions.

    It is asked on every connection. On the first its answer only shows where we begin; later it
    gives back what a break cost, and only when all have answered is it known what that was.
    """

    all: str
    """Where a frame lists all places there are."""
    each: str
    """Where a frame names a place that can be asked about now."""
    frame: dict[str, Any]
    """The question: a frame to send, in which ``{cursor}`` stands for what the last answer about
    that place gave, and ``{limit}`` for how many messages are wanted."""
    answers: str
    """Where an answer repeats the ``{number}`` of its question."""
    cursor: str | None = None
    """Where an answer says from where on to ask the next time."""
    whole: str
    """When an answer leaves nothing out."""
    again: str | None = None
    """When the cursor is of no use: the question is asked once more, without it."""
    most: int = 200
    """Messages asked for at once. An answer that leaves some out closes a gap all the same if it
    reaches back to one that had come before."""


class RefuseRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frames by which the server says that it will not serve us."""

    when: str
    reason: str
    key: str | None = None
    """When it is because of the key."""


class Mapping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping file."""

    about: str = ""
    source: str | None = None
    """Short name of what it makes; None: the host."""
    example: str = ""
    key: str | None = None
    """Environment variable of the key it needs, which goes into frames that say ``{key}``, or else
    in an Authorization header."""
    heartbeat: float | None = None
    """Seconds the server is never silent for longer than."""
    replays: bool = False
    """Of server-sent events: told the last id it gave, the server gives what came after it."""
    sequence: str | None = None
    """Where frames have a number that counts up by one; where it jumps, the server left out some,
    and a new connection is made."""
    event: list[EventRule]
    send: list[SendRule] = []
    history: HistoryRule | None = None
    refuse: list[RefuseRule] = []


@cache
def compiled(expression: str) -> ParsedResult:
    """A JMESPath expression. Raises jmespath.exceptions.JMESPathError if it is none."""
    import jmespath

    return jmespath.compile(expression)


def read_mapping(data: bytes, name: str) -> Mapping:
    """The mapping in the bytes of a file. Raises UsageError, with ``name`` in it."""
    try:
        mapping = msgspec.convert(tomllib.loads(data.decode()), Mapping)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"mapping {name}: {_in_words(error)}") from None
    if not mapping.event:
        raise UsageError(f"mapping {name}: no [[event]]: nothing would come of it")
    for number, rule in enumerate(mapping.event, 1):
        given = dict(rule.fields.each())
        for needed in NEEDED[rule.make]:
            if needed not in given:
                raise UsageError(f"mapping {name}: event {number}: a {rule.make} needs {needed}")
    for where, expression in _expressions(mapping):
        _check(name, where, expression)
    return mapping


def _expressions(mapping: Mapping) -> list[tuple[str, str]]:
    """Every expression, with the place where it stands."""
    found: list[tuple[str, str | None]] = [("sequence", mapping.sequence)]
    if past := mapping.history:
        found += [("history: all", past.all), ("history: each", past.each)]
        found += [("history: answers", past.answers), ("history: cursor", past.cursor)]
        found += [("history: whole", past.whole), ("history: again", past.again)]
    for number, rule in enumerate(mapping.event, 1):
        found += [(f"event {number}: when", rule.when), (f"event {number}: each", rule.each)]
        found.append((f"event {number}: shared", rule.shared))
        found += [(f"event {number}: {field}", path) for field, path in rule.fields.each()]
    for number, send in enumerate(mapping.send, 1):
        found += [(f"send {number}: when", send.when), (f"send {number}: each", send.each)]
    for number, refuse in enumerate(mapping.refuse, 1):
        found += [(f"refuse {number}: when", refuse.when), (f"refuse {number}", refuse.reason)]
        found.append((f"refuse {number}: key", refuse.key))
    return [(where, expression) for where, expression in found if expression is not None]


def _check(name: str, where: str, expression: str) -> None:
    from jmespath.exceptions import JMESPathError

    try:
        compiled(expression)
    except JMESPathError as error:
        words = str(error).splitlines()[0]
        raise UsageError(
            f"mapping {name}: {where}: not a JMESPath expression: {expression} ({words})"
        ) from None


def _in_words(error: Exception) -> str:
    """msgspec's complaint, without its quotation of the place as code."""
    return re.sub(r" - at `\$\.?(.*)`", r" (\1)", str(error))


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
        for part in parts(rule.each, frame, rule.shared):
            values = {name: evaluate(path, part) for name, path in rule.fields.each()}
            try:
                outcome.events.append(_make(rule, values, source, now))
            except _Missing as missing:
                path = dict(rule.fields.each())[missing.field]
                why = missing.why or explain(path, part)
                outcome.misses.append(Miss(rule=number, field=missing.field, why=why))
    return outcome


def parts(each: str | None, frame: object, shared: str | None = None) -> list[object]:
    """What an ``each`` finds, with the entries of ``shared``: the frame itself without one, and
    nothing where nothing is."""
    if each is None:
        return [frame]
    found = evaluate(each, frame)
    if found is None:
        return []
    several = found[:MOST_PARTS] if isinstance(found, list) else [found]
    common = evaluate(shared, frame) if shared is not None else None
    if not isinstance(common, dict):
        return several
    return [common | one if isinstance(one, dict) else one for one in several]


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
            return fields.name(self._values, (name,))
        except BadItem as error:
            raise _Missing(name, str(error)) from None

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
            value = "\n".join(value)
        try:
            found = fields.text({name: value}, (name,))
        except BadItem as error:
            raise _Missing(name, str(error)) from None
        if found is None and name in self._needed:
            raise _Missing(name)
        return found

    def number(self, name: str) -> int | None:
        return fields.number(self._values, name)

    def time(self) -> Micros | None:
        return fields.time(self._values, ("time",))


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
        created_at=fields.believed(of.time(), now),
        seen_at=now,
        link=of.text("link"),
        url=of.text("url"),
        score=of.number("score"),
        source=source,
    )


def _sort(value: object) -> str:
    names: Iterator[tuple[type | tuple[type, ...], str]] = iter(
        ((dict, "an object"), (list, "a list"), (str, "a text"), (bool, "true or false"))
    )
    found = next((name for sort, name in names if isinstance(value, sort)), None)
    return found or ("nothing" if value is None else "a number")
