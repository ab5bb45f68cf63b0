"""Ground truth: who belongs together, which posts act out a persona, which are dangerous.

The files have the shapes of the labels made by hand for real data, so that one scorer reads both:
``NAME.coordination.csv``, ``NAME.persona.jsonl`` and ``NAME.hazards.jsonl`` beside ``NAME.jsonl``.
"""

from __future__ import annotations

import csv
import io
from enum import StrEnum
from pathlib import Path

import msgspec
from msgspec import Struct

from moltwatch.model import Post
from moltwatch.times import Micros, format_time

COLUMNS = ("author", "group", "kind", "role", "confidence", "n_items", "first_ts", "evidence")
PERSONA_SAMPLE = 300
"""Most items a persona file holds: what a careful reader labels in a day."""
QUOTED = 300
"""Characters of the answered post that a label carries."""


class Role(StrEnum):
    """How an account counts when coordination is scored."""

    POSITIVE = "positive"
    HARD_NEGATIVE = "hard_negative"
    """Innocent, and looks guilty."""
    SINGLE_FLOOD = "single_flood"
    """One account flooding: a nuisance, but not several."""


class Membership(Struct, kw_only=True):
    author: str
    group: str
    kind: str
    role: Role
    evidence: str
    n_items: int = 0
    first: Micros = 0


class PersonaLabel(Struct, frozen=True, kw_only=True):
    id: str
    type: str
    author: str
    bio: str
    title: str
    content: str
    in_reply_to: str | None
    label: int
    kind: str


class HazardLabel(Struct, frozen=True, kw_only=True):
    id: str
    label: int
    kind: str


class Truth:
    """Collects labels while a session is simulated. An endless session keeps none: pass
    ``keep=False`` and every call is forgotten."""

    def __init__(self, keep: bool = True) -> None:
        self._keep = keep
        self.members: dict[str, Membership] = {}
        self.personas: list[PersonaLabel] = []
        self.hazards: list[HazardLabel] = []

    def member(self, author: str, group: str, kind: str, role: Role, evidence: str) -> None:
        """``author`` belongs to ``group``; the first word on an account stands."""
        if self._keep:
            self.members.setdefault(
                author,
                Membership(author=author, group=group, kind=kind, role=role, evidence=evidence),
            )

    def posted(self, post: Post) -> None:
        """Count a post for its author's membership."""
        found = self.members.get(post.author)
        if found:
            found.n_items += 1
            found.first = found.first or post.created_at

    def persona(self, post: Post, bio: str, kind: str | None, answered: Post | None) -> None:
        """``post`` acts out a persona of that kind, or (None) does not."""
        if self._keep:
            quoted = None
            if answered:
                quoted = " ".join(filter(None, (answered.title, answered.text)))[:QUOTED]
            self.personas.append(
                PersonaLabel(
                    id=post.id,
                    type=post.kind,
                    author=post.author,
                    bio=bio,
                    title=post.title or "",
                    content=post.text,
                    in_reply_to=quoted,
                    label=int(kind is not None),
                    kind=kind or "",
                )
            )

    def hazard(self, post: Post, kind: str, label: int = 1) -> None:
        """``post`` is dangerous in that way, or (0) only speaks of it."""
        if self._keep:
            self.hazards.append(HazardLabel(id=post.id, label=label, kind=kind))

    def coordination_csv(self) -> str:
        """One row for each member that posted, in order of first post."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        active = (m for m in self.members.values() if m.n_items)
        for m in sorted(active, key=lambda m: (m.first, m.author)):
            first = format_time(m.first).replace("Z", "+00:00")
            row = (m.author, m.group, m.kind, m.role.value, "high", m.n_items, first, m.evidence)
            writer.writerow(row)
        return out.getvalue()

    def persona_jsonl(self) -> str:
        """At most :data:`PERSONA_SAMPLE` items, half of them persona-driven where there are as
        many, evenly spread over the session."""
        driven = [item for item in self.personas if item.label]
        plain = [item for item in self.personas if not item.label]
        half = PERSONA_SAMPLE // 2
        chosen = _spread(driven, max(half, PERSONA_SAMPLE - len(plain)))
        chosen += _spread(plain, PERSONA_SAMPLE - len(chosen))
        order = {item.id: at for at, item in enumerate(self.personas)}
        return _lines(sorted(chosen, key=lambda item: order[item.id]))

    def hazards_jsonl(self) -> str:
        return _lines(self.hazards)

    def write_beside(self, recording: Path) -> list[Path]:
        """Write the label files next to a recording and say which they are."""
        stem = recording.name
        for suffix in (".gz", ".zst", ".jsonl", ".molt"):
            stem = stem.removesuffix(suffix)
        written = []
        for suffix, text in (
            ("coordination.csv", self.coordination_csv()),
            ("persona.jsonl", self.persona_jsonl()),
            ("hazards.jsonl", self.hazards_jsonl()),
        ):
            path = recording.with_name(f"{stem}.{suffix}")
            path.write_bytes(text.encode())
            written.append(path)
        return written


def _spread(items: list[PersonaLabel], most: int) -> list[PersonaLabel]:
    if len(items) <= most:
        return list(items)
    return [items[at * len(items) // most] for at in range(most)]


def _lines(items: list[PersonaLabel] | list[HazardLabel]) -> str:
    encode = msgspec.json.encode
    return "".join(encode(item).decode() + "\n" for item in items)
