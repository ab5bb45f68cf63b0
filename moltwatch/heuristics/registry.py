"""Which heuristics there are, what they can be told, and how they are made from a configuration.

Built-ins come through the same entry point group that third parties use, so that nothing a
built-in can do is out of reach for them. The constructor is the only description of the
parameters: the configuration is checked against its annotations (``Annotated[float, Meta(gt=0)]``
gives a range) and ``moltwatch heuristics NAME`` shows what stands there.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct
from rapidfuzz.process import extractOne

from moltwatch.errors import UsageError
from moltwatch.heuristics.base import Heuristic
from moltwatch.model import Kind

GROUP = "moltwatch.heuristics"
"""The entry point group."""

_SECTIONS = ("Parameters", "Fails when")


class Parameter(Struct, frozen=True):
    """One constructor argument of a heuristic."""

    name: str
    type: str
    """As a user would say it: ``number``, ``whole number``, ``text``, ``true or false``,
    ``list of text``."""
    default: object
    meaning: str


class Description(Struct, frozen=True):
    """What ``moltwatch heuristics NAME`` prints."""

    name: str
    kind: Kind
    family: str
    summary: str
    """First paragraph of the docstring, on one line."""
    detail: str
    """What follows the first paragraph, before the sections."""
    parameters: tuple[Parameter, ...]
    fails_when: str


def available(complain: Callable[[str], None] = lambda _: None) -> dict[str, type[Heuristic]]:
    """All registered heuristics by name, in order of name.

    One that cannot be loaded is somebody else's broken package: it is told to ``complain`` in a
    sentence and left out.
    """
    found: dict[str, type[Heuristic]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        try:
            found[entry.name] = _load(entry)
        except Exception as error:
            complain(f"heuristic {entry.name} ({entry.value}) cannot be used: {error}")
    return found


def _load(entry: EntryPoint) -> type[Heuristic]:
    cls: object = entry.load()
    if not (isinstance(cls, type) and issubclass(cls, Heuristic)):
        raise TypeError("not a Heuristic class")
    if getattr(cls, "name", None) != entry.name:
        raise TypeError(f"registered as {entry.name!r} but named {getattr(cls, 'name', None)!r}")
    check_class(cls)
    return cls


def check_class(cls: type[Heuristic]) -> None:
    """Raise TypeError if a class cannot be used as a heuristic."""
    if inspect.isabstract(cls):
        raise TypeError("it observes nothing")
    if not isinstance(getattr(cls, "kind", None), Kind) or not hasattr(cls, "family"):
        raise TypeError("it has no kind or no family")
    try:
        _hints(cls)
    except NameError as error:
        raise TypeError(f"a parameter is of a type that does not exist: {error}") from None


def build(
    settings: Mapping[str, Mapping[str, object]],
    complain: Callable[[str], None] = lambda _: None,
) -> list[Heuristic]:
    """All heuristics that are not switched off, in order of name.

    ``settings`` holds a section per heuristic: its parameters, and ``enabled = false`` to leave it
    out. Raises UsageError for a section or parameter that does not exist, and for a value of the
    wrong type or range.
    """
    classes = available(complain)
    for name in settings:
        if name not in classes:
            raise UsageError(f"[heuristics.{name}]: no such heuristic{did_you_mean(name, classes)}")
    built: list[Heuristic] = []
    for name, cls in classes.items():
        section = dict(settings.get(name, {}))
        enabled = section.pop("enabled", True)
        if not isinstance(enabled, bool):
            raise UsageError(f"heuristics.{name}.enabled: true or false, not {enabled!r}")
        if enabled:
            built.append(make(cls, section))
    return built


def make(cls: type[Heuristic], section: Mapping[str, object]) -> Heuristic:
    """One heuristic from its section. Raises UsageError like :func:`build`."""
    hints = _hints(cls)
    arguments: dict[str, object] = {}
    for key, value in section.items():
        if key not in hints:
            close = did_you_mean(key, [*hints, "enabled"])
            raise UsageError(f"heuristics.{cls.name}.{key}: no such parameter{close}")
        try:
            arguments[key] = msgspec.convert(value, type=hints[key])
        except msgspec.ValidationError as error:
            raise UsageError(f"heuristics.{cls.name}.{key}: {_plain(error)}") from None
    try:
        return cls(**arguments)
    except (TypeError, ValueError) as error:
        raise UsageError(f"heuristics.{cls.name}: {error}") from None


def did_you_mean(word: str, known: Mapping[str, object] | list[str]) -> str:
    """``; did you mean X?`` where X is close to ``word``, else nothing."""
    close = extractOne(word, list(known), score_cutoff=70)
    return f"; did you mean {close[0]!r}?" if close else ""


def describe(cls: type[Heuristic]) -> Description:
    """What a heuristic says of itself in its docstring and signature."""
    text, sections = _sections(inspect.getdoc(cls) or "")
    summary, _, detail = text.partition("\n\n")
    meanings = _meanings(sections.get("Parameters", ""))
    hints = _hints(cls)
    defaults = inspect.signature(cls).parameters
    return Description(
        name=cls.name,
        kind=cls.kind,
        family=cls.family,
        summary=" ".join(summary.split()),
        detail=detail.strip(),
        parameters=tuple(
            Parameter(name, _type_name(hint), defaults[name].default, meanings.get(name, ""))
            for name, hint in hints.items()
        ),
        fails_when=" ".join(sections.get("Fails when", "").split()),
    )


@cache
def _hints(cls: type[Heuristic]) -> dict[str, object]:
    if cls.__init__ is object.__init__:
        return {}
    hints = get_type_hints(cls.__init__, include_extras=True)
    return {name: hints.get(name, object) for name in inspect.signature(cls).parameters}


def _sections(doc: str) -> tuple[str, dict[str, str]]:
    """The docstring before its sections, and the sections by heading."""
    headings = "|".join(_SECTIONS)
    parts = re.split(rf"^({headings}):?\n(?:-+\n)?", doc, flags=re.MULTILINE)
    return parts[0].strip(), dict(zip(parts[1::2], parts[2::2], strict=True))


def _meanings(section: str) -> dict[str, str]:
    """``name: meaning`` lines; a line without a name goes on with the one before."""
    meanings: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if match := re.match(r"\s*(\w+): (.*)", line):
            name, text = match.groups()
            meanings[name] = text.strip()
        elif name and line.strip():
            meanings[name] += " " + line.strip()
    return meanings


_TYPE_NAMES = {float: "number", int: "whole number", str: "text", bool: "true or false"}


def _type_name(hint: object) -> str:
    plain = getattr(hint, "__origin__", hint) if hasattr(hint, "__metadata__") else hint
    if isinstance(plain, type) and plain in _TYPE_NAMES:
        return _TYPE_NAMES[plain]
    if get_origin(plain) is tuple:
        return f"list of {_type_name(get_args(plain)[0])}"
    return str(plain).replace("typing.", "")


def _plain(error: msgspec.ValidationError) -> str:
    """msgspec's message without its back-quotes and path."""
    return str(error).split(" - at ")[0].replace("`", "")
