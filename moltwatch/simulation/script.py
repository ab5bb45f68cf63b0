"""Reader of the texts the simulated forum is made of, the files in ``material/``.

One format for all of them, made to be written by hand and read like the forum itself: a block
starts with ``== kind name``, then come fields (``key: value``, repeatable), then an outline of
replies, indented like the thread it will become. ``\\n`` is a line break within a text, a line
starting with ``#`` a remark.

    == scene twice
    in: debugging
    about: the lock file; the cron job
    title: My cron job ran twice and apologised for neither
    open: ...
    end: [lock] Said only where what stands above has "lock" in it.
    - Somebody new says this.
      * The author of the thread answers.
        + The one who was answered speaks again.

Not TOML: an outline of answers to answers becomes arrays of arrays of quoted strings there, and
nobody would enjoy adding the four-hundredth line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from msgspec import Struct

_HEAD = re.compile(r"== (\w+) (.+)")
_FIELD = re.compile(r"(\w+): ?(.*)")
_CONDITION = re.compile(r"\[([^\]]+)\] ")
_BULLET = re.compile(r"( *)([-*+]) (.+)")


def fitting(text: str, so_far: str) -> str | None:
    """``text`` without its condition (``[word] …``: ``so_far`` must contain that word, in any
    case); None where the condition is not met."""
    found = _CONDITION.match(text)
    if not found:
        return text
    return text[found.end() :] if found[1].casefold() in so_far.casefold() else None


class Line(Struct, frozen=True, eq=False):
    """Something to say in answer, with what may be said in answer to it."""

    text: str
    """A template, see :mod:`moltwatch.simulation.grammar`."""
    needs: str
    """What the thread's root must say for this line to make sense; empty for nothing."""
    speaker: str
    """``-`` somebody new, ``*`` the author of the thread, ``+`` the one who was answered."""
    replies: tuple[Line, ...] = ()


class Block(Struct, frozen=True, eq=False):
    """One block of a material file."""

    kind: str
    name: str
    file: str
    fields: dict[str, tuple[str, ...]]
    outline: tuple[Line, ...]

    def all(self, key: str) -> tuple[str, ...]:
        return self.fields.get(key, ())

    def one(self, key: str, default: str = "") -> str:
        return self.fields.get(key, (default,))[0]

    def listed(self, key: str) -> tuple[str, ...]:
        """Values separated by semicolons, over all fields of that name."""
        return tuple(part.strip() for value in self.all(key) for part in value.split(";"))


class MaterialError(ValueError):
    """A material file cannot be read; the message names the file and the line."""


@cache
def blocks(kind: str) -> tuple[Block, ...]:
    """All blocks of a kind, in the order of file names and lines."""
    return tuple(block for block in _all() if block.kind == kind)


@cache
def block(kind: str, name: str) -> Block:
    """The block of that kind and name. Raises MaterialError when nobody wrote it."""
    for found in blocks(kind):
        if found.name == name:
            return found
    raise MaterialError(f"no {kind} named {name}")


@cache
def _all() -> tuple[Block, ...]:
    folder = files("moltwatch.simulation") / "material"
    texts = sorted((f for f in folder.iterdir() if f.name.endswith(".txt")), key=lambda f: f.name)
    return tuple(b for f in texts for b in parse(f.read_text("utf-8"), f.name))


def parse(text: str, file: str) -> Iterator[Block]:
    """Read the blocks of one file. Raises MaterialError."""
    head: tuple[str, str] | None = None
    fields: dict[str, list[str]] = {}
    bullets: list[tuple[int, str, str]] = []
    for number, raw in enumerate([*text.splitlines(), "== end end"], 1):
        line = raw.rstrip().replace("\\n", "\n")
        if not line or line.startswith("#"):
            continue
        if found := _HEAD.fullmatch(line):
            if head:
                frozen = {key: tuple(values) for key, values in fields.items()}
                yield Block(head[0], head[1], file, frozen, _outline(bullets))
            head, fields, bullets = (found[1], found[2]), {}, []
        elif found := re.fullmatch(_BULLET.pattern, line, re.DOTALL):
            depth, odd = divmod(len(found[1]), 2)
            if odd or depth > (bullets[-1][0] + 1 if bullets else 0):
                raise MaterialError(f"{file}:{number}: indented by more than one step")
            bullets.append((depth, found[2], found[3]))
        elif found := re.fullmatch(_FIELD.pattern, line, re.DOTALL):
            fields.setdefault(found[1], []).append(found[2])
        else:
            raise MaterialError(f"{file}:{number}: neither a head, a field nor a reply")


def _outline(bullets: list[tuple[int, str, str]]) -> tuple[Line, ...]:
    """Fold the bullets of one level, with those below each of them."""
    lines = []
    at = 0
    while at < len(bullets):
        depth, speaker, text = bullets[at]
        below = at + 1
        while below < len(bullets) and bullets[below][0] > depth:
            below += 1
        condition = _CONDITION.match(text)
        needs = condition[1] if condition else ""
        text = text[condition.end() :] if condition else text
        lines.append(Line(text, needs, speaker, _outline(bullets[at + 1 : below])))
        at = below
    return tuple(lines)
