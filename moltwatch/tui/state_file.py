"""What the user said of a session, kept from one run to the next: opinions, pins and marked
moments, nothing else.

A small JSON file for each recording or live SOURCE, in the user's state folder. Of the forum it
holds ids of posts and nothing more. It is written whole beside the old one and then put in its
place, so that a run that is cut short leaves one or the other.

Several runs may watch the same thing: each adds what its user says to what the file holds by then,
and learns what the others said the next time it is started. What remains is the moment between
reading and replacing: of two that write within the same few milliseconds, one is lost. A lock would
close it, and could be left behind.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.charge import Opinion
from moltwatch.sources.base import Source
from moltwatch.times import Micros

MOST_OPINIONS = 10_000
"""Posts of which an opinion is kept; the oldest are forgotten first."""

MOST_PINS = 200

MOST_MARKS = 1_000

_LARGEST = 10_000_000
"""Bytes of a file that can be ours."""

_VERSION = 2
"""Of the form of the file."""


class Unusable(Exception):
    """A file cannot be read, or written; the message is for the user."""


class Newer(Unusable):
    """A file of a later version, which is to be left alone."""


class Changes(Struct):
    """What the user said since the file was written."""

    opinions: dict[tuple[str, Kind], Opinion | None] = {}
    """None where one was taken back."""
    pins: dict[str, bool] = {}
    """Whether a thread is pinned now."""
    marks: dict[Micros, bool] = {}
    """Whether a moment is marked now."""

    def apply(
        self, opinions: dict[tuple[str, Kind], Opinion], pinned: list[str], marks: set[Micros]
    ) -> None:
        """Change these accordingly; what was said last stands last."""
        for key, opinion in self.opinions.items():
            opinions.pop(key, None)
            if opinion is not None:
                opinions[key] = opinion
        for thread, pin in self.pins.items():
            if pin and thread not in pinned:
                pinned.append(thread)
            elif not pin and thread in pinned:
                pinned.remove(thread)
        for at, marked in self.marks.items():
            (marks.add if marked else marks.discard)(at)


class Kept(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file's content."""

    version: int = _VERSION
    pinned: list[str] = []
    """Ids of threads."""
    marks: list[Micros] = []
    """Moments, by stream time."""
    opinions: dict[Opinion, dict[Kind, list[str]]] = {}
    """Ids of the posts."""

    @classmethod
    def of(
        cls,
        opinions: Mapping[tuple[str, Kind], Opinion],
        pinned: list[str],
        marks: Collection[Micros] = (),
    ) -> Kept:
        """What is worth keeping of all that was said, and has room in a file that can be ours."""
        pins = pinned[-MOST_PINS:]
        said = list(opinions.items())[-MOST_OPINIONS:]
        room = _LARGEST - 50_000  # for what is not an id
        pins = pins[_first_with_room(pins, room // 2) :]
        said = said[_first_with_room([post for (post, _), _ in said], room // 2) :]
        kept: dict[Opinion, dict[Kind, list[str]]] = {}
        for (post, kind), opinion in said:
            kept.setdefault(opinion, {}).setdefault(kind, []).append(post)
        return cls(pinned=pins, marks=sorted(marks)[-MOST_MARKS:], opinions=kept)

    def by_post(self) -> dict[tuple[str, Kind], Opinion]:
        """The opinions, as :meth:`of` takes them."""
        return {
            (post, kind): opinion
            for opinion, kinds in self.opinions.items()
            for kind, posts in kinds.items()
            for post in posts
        }


def places(folder: Path, source: Source, session: Session, *, recorded: bool = False) -> list[Path]:
    """The files for what is being watched; none as long as that is not known.

    A recording is known by its first post, whatever it is called and wherever it lies, and also
    after it was converted; a live source by its SOURCE, since each run begins with another post.
    What is recorded while it is watched will be known by both. Standard input is nothing that
    could be known again.
    """
    identities = [] if source.replayed or source.spec == "-" else [source.spec]
    if source.replayed or recorded:
        identities.append(session.first_post)
    if not all(identities):
        return []
    names = (sha256(identity.encode(errors="surrogatepass")).hexdigest() for identity in identities)
    return [folder / f"{name[:20]}.json" for name in names]


def read(path: Path) -> Kept:
    """What was kept, nothing if there is no file. Raises Unusable, Newer if a later version wrote
    the file."""
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(_LARGEST))
        version = content.get("version") if isinstance(content, dict) else None
        if isinstance(version, int) and version > _VERSION:
            raise Newer(f"opinions, pins and marks are not kept: {path} is of a newer moltwatch")
        return msgspec.convert(content, Kept)
    except FileNotFoundError:
        return Kept()
    except (OSError, ValueError, RecursionError) as error:
        raise Unusable(
            f"opinions, pins and marks of earlier runs are lost: {path} cannot be read "
            f"({why(error)})"
        ) from None


def update(path: Path, changes: Changes, known: Kept) -> None:
    """Add changes to what the file holds by now; if that is damaged, what this run knows takes its
    place. Raises Unusable, Newer if a later version wrote the file."""
    try:
        held = read(path)
    except Newer:
        raise
    except Unusable:
        write(path, known)
        return
    opinions, pinned, marks = held.by_post(), list(held.pinned), set(held.marks)
    changes.apply(opinions, pinned, marks)
    write(path, Kept.of(opinions, pinned, marks))


def write(path: Path, kept: Kept) -> None:
    """Put it in the place of what was kept before. Raises Unusable."""
    try:
        # By the standard library: half a character in an id is no UTF-8, but it is JSON.
        replace(path, json.dumps(msgspec.to_builtins(kept)))
    except OSError as error:
        raise Unusable(
            f"opinions, pins and marks are not kept: {path} cannot be written ({why(error)})"
        ) from None


def replace(path: Path, text: str) -> None:
    """Put a text, in ASCII, in the place of a file. Raises OSError, and leaves the old one then."""
    new = path.with_suffix(f".{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new.write_text(text, "ascii")
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise


def _first_with_room(ids: list[str], room: int) -> int:
    """Where the ids begin that have room in so many bytes; the last ones go first."""
    for at in reversed(range(len(ids))):
        room -= len(json.dumps(ids[at])) + len(", ")
        if room < 0:
            return at + 1
    return 0


def why(error: Exception) -> str:
    """What is wrong with a file, in words."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "it is damaged"
