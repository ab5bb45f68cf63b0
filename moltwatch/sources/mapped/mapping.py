"""Mapping files: how the frames of some forum become events, without a line of code.

A mapping is TOML. Paths in it are JMESPath expressions, because that is a language with a
specification and a maintained library, and forums nest, filter and rename in ways that a dotted
path of our own would meet one by one. For server-sent events the frame is
``{"event": name, "id": id, "data": …}``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct, structs

from moltwatch.errors import UsageError

if TYPE_CHECKING:
    from jmespath.parser import ParsedResult

_PRESETS = Path(__file__).with_name("presets")
_LARGEST = 1_000_000
"""Bytes of a mapping file."""

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
    fields: Fields = Fields()


class SendRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frame to send. In it, the strings ``{key}``, ``{each}`` and ``{number}`` stand for the key,
    for what :attr:`each` found, and for a number that counts up."""

    frame: dict[str, Any]
    when: str | None = None
    """In answer to which frames; None: as soon as there is a connection."""
    each: str | None = None
    """Send it once for each of these that was not there before on this connection."""


class RefuseRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frames by which the server says that it will not serve us."""

    when: str
    reason: str


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
    event: list[EventRule]
    send: list[SendRule] = []
    refuse: list[RefuseRule] = []


@cache
def compiled(expression: str) -> ParsedResult:
    """A JMESPath expression. Raises jmespath.exceptions.JMESPathError if it is none."""
    import jmespath

    return jmespath.compile(expression)


def presets() -> dict[str, Path]:
    """The mappings that come with moltwatch, by name."""
    return {path.stem: path for path in sorted(_PRESETS.glob("*.toml"))}


def load_mapping(name: str) -> Mapping:
    """The preset or the file of this name. Raises UsageError that says what is wrong with it."""
    known = presets()
    path = known.get(name) or Path(name).expanduser()
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a name"
        there_is = ", ".join(known)
        raise UsageError(f"mapping {name}: {reason}; presets are: {there_is}") from None
    return read_mapping(data, name)


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
        for field in NEEDED[rule.make]:
            if field not in given:
                raise UsageError(f"mapping {name}: event {number}: a {rule.make} needs {field}")
    for where, expression in _expressions(mapping):
        _check(name, where, expression)
    return mapping


def _expressions(mapping: Mapping) -> list[tuple[str, str]]:
    """Every expression, with the place where it stands."""
    found: list[tuple[str, str | None]] = []
    for number, rule in enumerate(mapping.event, 1):
        found += [(f"event {number}: when", rule.when), (f"event {number}: each", rule.each)]
        found += [(f"event {number}: {field}", path) for field, path in rule.fields.each()]
    for number, send in enumerate(mapping.send, 1):
        found += [(f"send {number}: when", send.when), (f"send {number}: each", send.each)]
    for number, refuse in enumerate(mapping.refuse, 1):
        found += [(f"refuse {number}: when", refuse.when), (f"refuse {number}", refuse.reason)]
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


def uses_key_in_frames(rules: Sequence[SendRule]) -> bool:
    """Whether the key goes into a frame, and so not into a header."""
    return any(b'"{key}"' in msgspec.json.encode(rule.frame) for rule in rules)
