"""What agents say: scenes written by hand, varied, and composed so that nobody repeats another.

A line that is said for the first time stands alone. Said again by somebody else (scenes come
back in a long session) it is set between other sentences: two accounts that share one sentence of
three are not alike, two that share the only one are, and organic accounts must not look like
clones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from typing import Generic, TypeVar

from msgspec import Struct

from moltwatch.bounded import Bounded
from moltwatch.simulation.grammar import Slots, expand
from moltwatch.simulation.script import Block, Line, block, blocks, fitting
from moltwatch.simulation.society import ENGLISH, Agent
from moltwatch.simulation.threads import Said, Thread

_REMEMBERED_TEXTS = 4_000
_TRIES = 6
_SENTENCE = re.compile(r"[^.!?。！？؟\n]{18,110}[.!?。！？؟]")
_QUOTING = 0.12
_VOICE_ON_ROOT = 0.6
_INTRODUCES_ITSELF = 0.12

T = TypeVar("T")


class Deck(Generic[T]):
    """Deals all its cards before any of them comes again: chance without the runs of chance."""

    def __init__(self, cards: Iterable[T], rng: Random) -> None:
        self._cards = list(cards)
        self._rng = rng
        self._left: list[T] = []

    def draw(self, fits: Callable[[T], bool] | None = None) -> T | None:
        """The next card that fits; None when there is no such card in the whole deck."""
        for _ in range(2):
            for at in range(len(self._left) - 1, -1, -1):
                if fits is None or fits(self._left[at]):
                    return self._left.pop(at)
            self._shuffle(fits)
        return None

    def _shuffle(self, fits: Callable[[T], bool] | None) -> None:
        """Put the dealt cards back, under those still left: these are drawn first."""
        held = {id(card) for card in self._left}
        back = [c for c in self._cards if id(c) not in held and (fits is None or fits(c))]
        self._rng.shuffle(back)
        self._left = back + self._left


class Draft(Struct, kw_only=True):
    """A root before it is posted."""

    scene: Block
    title: str
    text: str
    about: tuple[str, ...]
    persona: str | None
    """Kind of persona it acts out, if any."""


class Talk:
    """The writing hand of the society. Remembers, in bounded memory, what it wrote lately."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._used: Counter[Line] = Counter()
        self._told: Counter[Block] = Counter()
        self._recent: Bounded[str, None] = Bounded(_REMEMBERED_TEXTS)
        self._decks: dict[tuple[str, ...], Deck[str]] = {}
        scenes = blocks("scene")
        self._scenes = {
            language: [s for s in scenes if _tongue(s) == language]
            for language in sorted({_tongue(s) for s in scenes})
        }
        self._by: dict[str, list[Block]] = {}
        for scene in blocks("act"):
            self._by.setdefault(scene.one("by"), []).append(scene)

    def used(self, line: Line) -> int:
        """How often a line was said in this session."""
        return self._used[line]

    def told_out(self, language: str) -> bool:
        """Whether every scene of a language has been told twice."""
        return min(self._told[scene] for scene in self._scenes[language]) >= 2

    def reserve(self, scenes: tuple[Block, ...]) -> None:
        """These are going to be told soon: nobody else starts with one of them."""
        self._told.update(scenes)

    def root(self, agent: Agent) -> Draft:
        """Something for the agent to start a thread with."""
        own = [s for s in self._by.get(agent.name, []) if self._told[s] < 2]
        if own and self._rng.random() < _VOICE_ON_ROOT:
            least = min(self._told[s] for s in own)
            scene = self._rng.choice([s for s in own if self._told[s] == least])
        else:
            scene = self._scene_for(agent)
        return self.tell(agent, scene)

    def tell(self, agent: Agent, scene: Block) -> Draft:
        """The agent's root for a given scene."""
        about = scene.listed("about")
        slots = self._slots(agent, None, about)
        again = self._told[scene] > 0
        self._told[scene] += 1

        def compose() -> str:
            parts = [self._part(scene, "open", "", slots)]
            parts.append(self._part(scene, "then", parts[0], slots))
            if again or self._rng.random() < 0.6:
                parts.append(self._part(scene, "end", " ".join(parts), slots))
            return ("\n\n" if len(parts) > 2 else " ").join(filter(None, parts))

        text = self._fresh(compose)
        title = self._fresh(lambda: self._part(scene, "title", text, slots))
        kind = scene.one("persona") or (agent.soul.one("kind") if agent.soul else "")
        acted = bool(scene.one("persona")) or scene.kind == "act"
        return Draft(
            scene=scene,
            title=_styled(agent, title),
            text=_styled(agent, text),
            about=about,
            persona=kind if acted else None,
        )

    def line(self, agent: Agent, thread: Thread, said: Said, line: Line) -> str:
        """A scene's line, in the mouth of the agent."""
        again = self._used[line] > 0
        self._used[line] += 1
        slots = self._slots(agent, said, thread.about, thread)

        def compose() -> str:
            core = expand(line.text, self._rng, slots)
            first = said is thread.root and line.speaker == "-"
            front = self._sentence("front" if first else "answer", thread.language, slots)
            back = self._sentence("back", thread.language, slots)
            asks = core.endswith(("?", "？", "؟"))
            if again:
                return f"{front} {core}" if asks else f"{front} {core} {back}"
            chance = self._rng.random()
            if not first or asks:
                return core
            return (
                f"{front} {core}" if chance < 0.1 else f"{core} {back}" if chance > 0.95 else core
            )

        return _styled(agent, self._fresh(compose))

    def remark(self, agent: Agent, thread: Thread, said: Said) -> str:
        """A remark on what was said, when the scene has nothing left to say."""
        slots = self._slots(agent, said, thread.about, thread)
        pool = block("replies", thread.language)

        def compose() -> str:
            whole = expand(self.card(pool, "whole"), self._rng, slots)
            front = self._sentence("front", thread.language, slots)
            back = self._sentence("back", thread.language, slots)
            if self._rng.random() < _QUOTING:
                return f"> {slots['quote']}\n\n{whole}"
            chance = self._rng.random()
            return f"{front} {whole}" if chance < 0.4 else f"{whole} {back}"

        return _styled(agent, self._fresh(compose))

    def in_voice(self, agent: Agent, thread: Thread, said: Said) -> str:
        """A remark in the voice of the agent's persona."""
        soul = agent.soul
        assert soul is not None
        slots = self._slots(agent, said, thread.about, thread)

        def compose() -> str:
            text = expand(self.card(soul, "remark"), self._rng, slots)
            if soul.all("signoff") and self._rng.random() < 0.45:
                text += " " + expand(self.card(soul, "signoff"), self._rng, slots)
            return text

        return self._fresh(compose)

    def pooled(self, pool: Block, key: str, agent: Agent, said: Said | None, **more: str) -> str:
        """One expanded template of a pool, each dealt before any comes again."""
        slots = {**self._slots(agent, said, ("this",)), **more}
        return self._fresh(lambda: expand(self.card(pool, key), self._rng, slots))

    def quote(self, post_text: str) -> str:
        """A sentence of a text, to be quoted; its beginning where it has no sentences."""
        sentences = _SENTENCE.findall(post_text)
        chosen = self._rng.choice(sentences) if sentences else post_text[:80]
        return str(chosen).strip()

    def _scene_for(self, agent: Agent) -> Block:
        """One of those told least often; of these, rather one that interests the agent."""
        scenes = self._scenes[agent.language]
        new = not agent.seen and not agent.soul and self._rng.random() < _INTRODUCES_ITSELF
        if new and agent.language == ENGLISH:
            scenes = [s for s in scenes if s.one("in") == "introductions"]
        least = min(self._told[s] for s in scenes)
        fresh = [s for s in scenes if self._told[s] == least]
        keen = [s for s in fresh if s.one("in") in agent.interests]
        return self._rng.choice(keen or fresh)

    def _part(self, scene: Block, key: str, so_far: str, slots: Slots) -> str:
        """A part of a root that fits what it says already; a scene without one leaves it out."""
        found = self._deck(scene, key).draw(lambda card: fitting(card, so_far) is not None)
        return expand(fitting(found, so_far) or "", self._rng, slots) if found else ""

    def _sentence(self, key: str, language: str, slots: Slots) -> str:
        return expand(self.card(block("replies", language), key), self._rng, slots)

    def card(self, pool: Block, key: str) -> str:
        """The next template of a pool, unexpanded: all are dealt before any comes again."""
        return self._deck(pool, key).draw() or ""

    def _deck(self, pool: Block, key: str) -> Deck[str]:
        place = (pool.kind, pool.name, key)
        if place not in self._decks:
            self._decks[place] = Deck(pool.all(key), self._rng)
        return self._decks[place]

    def _slots(
        self, agent: Agent, said: Said | None, about: tuple[str, ...], thread: Thread | None = None
    ) -> dict[str, str | tuple[str, ...]]:
        words = block("words", "en")
        slots: dict[str, str | tuple[str, ...]] = {key: words.all(key) for key in words.fields}
        topic = self._rng.choice(about) if about else "this"
        slots["about"] = topic
        slots["About"] = topic[:1].upper() + topic[1:]
        slots["human"] = agent.human
        slots["Human"] = agent.human[:1].upper() + agent.human[1:]
        slots["me"] = agent.name
        slots["bio"] = agent.bio
        if said:
            slots["you"] = said.speaker.name
            slots["quote"] = self.quote(said.post.text)
            op = thread.author.name if thread else said.speaker.name
            slots["op"] = op if op != agent.name else said.speaker.name
        return slots

    def _fresh(self, compose: Callable[[], str]) -> str:
        """Compose until it is something not said lately; the last try stands."""
        text = ""
        for _ in range(_TRIES):
            text = compose().strip()
            if text not in self._recent:
                break
        self._recent[text] = None
        return text


def _tongue(scene: Block) -> str:
    return scene.one("lang", "en")


def _styled(agent: Agent, text: str) -> str:
    return text.lower() if agent.lower else text
