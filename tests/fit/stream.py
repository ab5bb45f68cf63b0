"""The real data and its labels, as the persona heuristics see them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from moltwatch.evaluation.slices import Traits, traits
from moltwatch.heuristics.base import Features
from moltwatch.heuristics.features.entities import Author, Past, Thread
from moltwatch.heuristics.features.memory import Memory
from moltwatch.heuristics.persona.base import Panel, PersonaHeuristic
from moltwatch.heuristics.persona.bio_echo import BioEcho
from moltwatch.heuristics.persona.brief import Brief
from moltwatch.heuristics.persona.character import Character
from moltwatch.heuristics.persona.conversation import Conversation
from moltwatch.heuristics.persona.framing import Framing
from moltwatch.heuristics.persona.history import History
from moltwatch.heuristics.persona.manifesto import Manifesto
from moltwatch.heuristics.persona.promotion import Promotion
from moltwatch.heuristics.persona.self_repetition import SelfRepetition
from moltwatch.model import AgentSeen, Post
from moltwatch.text import fold
from moltwatch.times import Micros, parse_time

FOLDER = Path("data/moltbook-2026-01")
JUNE = Path("data/moltbook-2026-06")
OWN = Path(__file__).parent.parent / "labels"


class Seen(Struct, frozen=True):
    """A post, and the marks it shows."""

    id: str
    author: str
    kind: str
    """``post`` or ``comment``."""
    marks: Mapping[str, float]
    at: Micros = 0
    """Stream time."""


class Labelled(Struct, frozen=True):
    """A post whose label is known."""

    seen: Seen
    month: str
    """``January`` or ``June``."""
    label: bool
    persona: str
    """Which of the four kinds, or nothing."""
    traits: Traits
    own: bool
    """Whether one reader judged it, of ours; the others were judged by two."""
    cold: Seen
    """The post as it shows itself to somebody who has seen nothing else of the forum but its
    author's bio and what it answers."""

    def showing(self, marks: Mapping[str, float]) -> Labelled:
        """The same with other marks."""
        return structs.replace(self, seen=structs.replace(self.seen, marks=marks))


class Month(Struct, frozen=True):
    """All posts of a month in order, and those with a label."""

    seen: Sequence[Seen]
    labelled: Sequence[Labelled]


def persona_heuristics() -> list[PersonaHeuristic]:
    return [
        BioEcho(),
        Brief(),
        Character(),
        Conversation(),
        Framing(),
        History(),
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


def june(shared: Path) -> Iterator[Post]:
    """The posts of June."""
    for item in read_jsonl(shared / JUNE / "posts.jsonl"):
        yield post_of({"type": "post", **item})


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

    def __init__(
        self, heuristics: Sequence[PersonaHeuristic], agents: Sequence[dict[str, Any]] = ()
    ) -> None:
        self.panel = Panel(heuristics)
        self.memory = Memory()
        self.now: Micros = 0
        for agent in agents:
            self.memory.learn(AgentSeen(name=agent["name"], seen_at=0, bio=agent["description"]))

    def see(self, post: Post) -> dict[str, float]:
        """The marks of a post of the stream, which is then remembered."""
        self.now = post.seen_at
        self.memory.forget(self.now)
        item = self.memory.item(post)
        marks = self.marks(item)
        self.memory.remember(item)
        return marks

    def knows(self, author: str) -> bool:
        """Whether an account was seen to post."""
        return self.memory.author(author).n > 0

    def alone(self, label: dict[str, Any]) -> Features:
        """A labelled item of which only its own text, bio and parent are known."""
        post = post_of(label, self.now)
        thread = Thread(post.thread)
        if answered := label.get("in_reply_to"):
            thread.posts[post.thread] = Past("", fold(answered)[:400].encode())
        bio = label["bio"]
        profile = AgentSeen(name=post.author, seen_at=self.now, bio=bio) if bio else None
        author = Author(post.author, profile)
        return Features(post, author, thread, rarity=self.memory.rarity)

    def marks(self, item: Features) -> dict[str, float]:
        """What the heuristics see of an item."""
        return self.panel.look(item, item.shown_to(self.panel)).values


def months(shared: Path) -> dict[str, Month]:
    """January and June, as all persona heuristics but the history see them: that one weighs what
    the others say, so it comes with the weights."""
    own = {label["id"]: label for label in read_jsonl(OWN / "persona_own.jsonl")}
    agents = read_jsonl(shared / FOLDER / "agents.jsonl")
    given = {
        label["id"]: {"sample": label.get("stratum", ""), **label}
        for name in ("persona_labels", "persona_labels_2")
        for label in read_jsonl(shared / FOLDER / f"{name}.jsonl")
    }
    given_june = {
        label["id"]: {"sample": "", **label}
        for label in read_jsonl(shared / JUNE / "persona_labels.jsonl")
    }
    return {
        "January": _month("January", timeline(shared), given, own, agents),
        "June": _month("June", june(shared), given_june, own, ()),
    }


def _month(
    name: str,
    posts: Iterator[Post],
    given: Mapping[str, dict[str, Any]],
    own: Mapping[str, dict[str, Any]],
    agents: Sequence[dict[str, Any]],
) -> Month:
    heuristics = [each for each in persona_heuristics() if each.name != History.name]
    watcher = Watcher(heuristics, agents)
    everything: list[Seen] = []
    labelled: list[Labelled] = []

    stranger = Watcher(heuristics)

    def keep(item: Features, marks: dict[str, float], *, history: bool) -> None:
        post = item.post
        label = given.get(post.id) or own[post.id]
        if label["label"] is None:
            return
        seen = Seen(post.id, post.author, post.kind, marks, post.seen_at)
        labelled.append(
            Labelled(
                seen,
                name,
                bool(label["label"]),
                label["kind"],
                traits(
                    post,
                    bio=bool(item.author.bio),
                    history=history,
                    sample=label["sample"],
                ),
                post.id not in given,
                Seen(post.id, post.author, post.kind, stranger.marks(_cold(item))),
            )
        )

    found = set()
    for post in posts:
        history = watcher.knows(post.author)
        marks = watcher.see(post)
        everything.append(Seen(post.id, post.author, post.kind, marks, post.seen_at))
        if post.id in given or post.id in own:
            found.add(post.id)
            keep(watcher.memory.item(post), marks, history=history)
    for id, label in given.items():
        if id not in found:  # later than the stream ends
            item = watcher.alone(label)
            keep(item, watcher.marks(item), history=False)
    return Month(everything, labelled)


def _cold(item: Features) -> Features:
    """A post of which only its author's bio and what it answers are known."""
    author = Author(item.author.name, item.author.profile)
    return Features(item.post, author, item.thread)
