"""The configuration file: TOML, every key optional, no key unknown.

The structs below are the only description: they give the defaults, check types and ranges, and
:func:`annotated` prints them as a file with every key explained. Heuristics describe themselves, so
their sections are passed through as they are and checked where the heuristics are made.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct, field

from moltwatch.errors import UsageError
from moltwatch.model import Kind, Scores
from moltwatch.paths import config_file


class Flags(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``moltwatch flags`` writes when the command line does not say."""

    kinds: Annotated[
        tuple[Kind, ...],
        Meta(min_length=1, description="kinds that make a line: persona, coordinated, hazard"),
    ] = tuple(Kind)
    min_score: Annotated[
        float, Meta(ge=0, le=1, description="score at which a post is flagged")
    ] = Scores.THRESHOLD
    groups: Annotated[bool, Meta(description="write lines of groups as well")] = True


class Screen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the screen looks."""

    theme: Annotated[str, Meta(description="one of those `moltwatch themes` lists")] = ""
    fps: Annotated[int, Meta(ge=1, le=60, description="frames a second, at most")] = 30
    zone: Annotated[
        str,
        Meta(
            min_length=1,
            description="time zone of the screen: local, UTC, or a name such as Europe/Berlin",
        ),
    ] = "local"


class Cache(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What heuristics said of recordings, kept so that they are asked only once."""

    megabytes: Annotated[
        int,
        Meta(ge=0, description="what is kept together, at most; the longest unused goes first"),
    ] = 2_000


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All sections."""

    flags: Flags = Flags()
    screen: Screen = Screen()
    cache: Cache = Cache()
    heuristics: dict[str, dict[str, object]] = field(default_factory=dict)
    """By name: parameters, and ``enabled = false`` to switch one off."""
    path: Path | None = None
    """The file it came from, for messages; not a key."""


def load(path: Path | None = None) -> Config:
    """Read a configuration file: the given one, or the user's own, which need not exist.

    Raises UsageError naming file and key.
    """
    given = path is not None
    path = path or config_file()
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        if given:
            raise UsageError(f"{path}: there is no such file") from None
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error})") from None
    return msgspec.structs.replace(parse(text, str(path)), path=path)


def parse(text: str, where: str = "configuration") -> Config:
    """Read a configuration from its text. Raises UsageError naming ``where`` and the key."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where}: {error}") from None
    _check_keys(data, where)
    try:
        return msgspec.convert(data, Config)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        key = place.strip("`").removeprefix("$.")
        raise UsageError(f"{where}: {key}: {problem.replace('`', '')}") from None


def annotated(heuristics: Iterable[tuple[str, str, Mapping[str, tuple[object, str]]]] = ()) -> str:
    """The defaults as a file that says what each key means; reading it changes nothing.

    ``heuristics`` are a name, a sentence and, by parameter, its default and meaning.
    """
    lines = ["# moltwatch's configuration: every key with its default. Uncomment what you change."]
    for name, section in _SECTIONS.items():
        lines += ["", f"# {section.__doc__}", f"[{name}]"]
        for key, (default, meaning) in _explained(section).items():
            lines.append(f"# {key} = {as_toml(default)}  # {meaning}")
    for name, sentence, parameters in heuristics:
        lines += ["", f"# {sentence}", f"[heuristics.{name}]", "# enabled = true"]
        for key, (default, meaning) in parameters.items():
            lines.append(f"# {key} = {as_toml(default)}" + (f"  # {meaning}" if meaning else ""))
    return "\n".join(lines) + "\n"


_SECTIONS: dict[str, type[Struct]] = {"flags": Flags, "screen": Screen, "cache": Cache}


def _check_keys(data: Mapping[str, object], where: str) -> None:
    known = [*_SECTIONS, "heuristics"]
    for name, section in data.items():
        if name not in known:
            raise UsageError(f"{where}: {name}: no such section{_close(name, known)}")
        if name in _SECTIONS and isinstance(section, dict):
            keys = _SECTIONS[name].__struct_fields__
            for key in section:
                if key not in keys:
                    raise UsageError(f"{where}: {name}.{key}: no such key{_close(key, keys)}")


def _close(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), 1, 0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"


def _explained(section: type[Struct]) -> dict[str, tuple[object, str]]:
    hints = get_type_hints(section, include_extras=True)
    return {
        item.name: (item.default, get_args(hints[item.name])[1].description)
        for item in msgspec.structs.fields(section)
    }


def as_toml(value: object) -> str:
    """A default as TOML, which writes strings, numbers and booleans as JSON does."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    return msgspec.json.encode(value).decode()
