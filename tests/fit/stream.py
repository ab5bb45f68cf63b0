"""The real time line and its labels, as the heuristics see them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.features.entities import Past, Thread
from moltwatch.heuristics.features.memory import Memory
from moltwatch.heuristics.persona.base import Panel, PersonaHeuristic
from moltwatch.heuristics.persona.bio_echo import BioEcho
from moltwatch.heuristics.persona.brief import Brief
from moltwatch.heuristics.persona.character import Character
from moltwatch.heuristics.persona.conversation import Conversation
from moltwatch.heuristics.persona.manifesto import Manifesto
from moltwatch.heuristics.persona.promotion import Promotion
from moltwatch.heuristics.persona.self_repetition import SelfRepetition
from moltwatch.model import AgentSeen, Post
from moltwatch.text import fold
from moltwatch.times import Micros, parse_time

FOLDER = Path("data/moltbook-2026-01")
OWN = Path(__file__).parent.parent / "labels"


class Labelled(Struct, frozen=True):
    """One labelled item and the marks that were seen on it."""

    id: str
    author: str
    kind: str
    """``post`` or ``comment``."""
    label: bool
    persona: str
    """Which of the four kinds, or nothing."""
    weight: float
    """In the fit."""
    given: bool
    """From the labels that came with the data, not our own."""
    marks: dict[str, float]


def persona_heuristics() -> list[PersonaHeuristic]:
    return [
        BioEcho(),
        Brief(),
        Character(),
        Conversation(),
        Manifesto(),
        Promotion(),
        SelfRepetition(),
    ]


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def timeline(shared: Path, most: int | None = None) -> Iterator[Post]:
    """The first ``most`` items of the real time line."""
    with gzip.open(shared / FOLDER / "timeline.jsonl.gz", "rt", encoding="utf-8") as lines:
        for at, line in enumerate(lines):
            if at == most:
                return
            yield post_of(json.loads(line))


def post_of(item: dict[str, Any], at: Micros | None = None) -> Post:
    when = parse_time(item["created_at"]) if at is None else at
    is_root = item["type"] == "post"
    root = item["id"] if is_root else item.get("post_id") or f"thread of {item['id']}"
    return Post(
        id=item["id"],
        thread=root,
        parent=None if is_root else item.get("parent_id") or root,
        author=item["author"],
        community=item.get("submolt"),
        title=item.get("title") or None,
        text=item.get("content") or "",
        created_at=when,
        seen_at=when,
        link=item.get("url"),
    )


class Watcher:
    """Heuristics with the memory an engine would give them."""

    def __init__(self, shared: Path, heuristics: Sequence[PersonaHeuristic]) -> None:
        self._panel = Panel(heuristics)
        self.memory = Memory()
        self.now: Micros = 0
        for agent in read_jsonl(shared / FOLDER / "agents.jsonl"):
            self.memory.learn(AgentSeen(name=agent["name"], seen_at=0, bio=agent["description"]))

    def see(self, post: Post) -> dict[str, float]:
        """The marks of a post of the time line, which is then remembered."""
        self.now = post.seen_at
        self.memory.forget(self.now)
        item = self.memory.item(post)
        marks = self.marks(item)
        self.memory.remember(item)
        return marks

    def alone(self, label: dict[str, Any]) -> Features:
        """A labelled item of which only its own text, bio and parent are known."""
        post = post_of(label, self.now)
        thread = Thread(post.thread)
        if answered := label.get("in_reply_to"):
            thread.posts[post.thread] = Past("", fold(answered)[:400].encode())
        author = self.memory.author(post.author)
        if label["bio"]:
            author.profile = AgentSeen(name=post.author, seen_at=self.now, bio=label["bio"])
        return Features(post, author, thread, rarity=self.memory.rarity)

    def marks(self, item: Features) -> dict[str, float]:
        """What the heuristics see of an item."""
        return self._panel.look(item, item.shown_to(self._panel)).values
