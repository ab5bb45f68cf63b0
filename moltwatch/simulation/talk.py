"""What agents say: scenes written by hand, varied, and composed so that nobody repeats another.

A line that is said for the first time stands alone. Said again by somebody else (scenes come
back in a long session) it is set between other sentences: two accounts that share one sentence of
three are not alike, two that share the only one are, and organic accounts must not look like
clones.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from random import Random

from msgspec import Struct

from moltwatch.simulation.deck import Deck
from moltwatch.simulation.grammar import Slots, expand
from moltwatch.simulation.script import Block, Line, block, blocks
from moltwatch.simulation.society import Agent
from moltwatch.simulation.threads import Said, Thread

_REMEMBERED_TEXTS = 4_000
_TRIES = 6
_SENTENCE = re.compile(r"[^.!?。！？؟\n]{18,110}[.!?。！？؟]")
_QUOTING = 0.12
_VOICE_ON_ROOT = 0.6
_INTRODUCES_ITSELF = 0.3


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
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._decks: dict[tuple[str, ...], Deck[str]] = {}
        scenes = blocks("scene")
        self._scenes = {
            language: Deck([s for s in scenes if _tongue(s) == language], rng)
            for language in sorted({_tongue(s) for s in scenes})
        }
        self._by: dict[str, list[Block]] = {}
        for scene in blocks("act"):
            self._by.setdefault(scene.one("by"), []).append(scene)

    def used(self, line: Line) -> int:
        """How often a line was said in this session."""
        return self._used[line]

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
        title = self._fresh(lambda: expand(self._card(scene, "title"), self._rng, slots))

        def compose() -> str:
            parts = [self._card(scene, "open"), self._card(scene, "then")]
            if again or self._rng.random() < 0.6:
                parts.append(self._card(scene, "end"))
            breaks = "\n\n" if len(parts) > 2 else " "
            return breaks.join(expand(part, self._rng, slots) for part in parts if part)

        kind = scene.one("persona") or (agent.soul.one("kind") if agent.soul else "")
        acted = bool(scene.one("persona")) or scene.kind == "act"
        return Draft(
            scene=scene,
            title=_styled(agent, title),
            text=_styled(agent, self._fresh(compose)),
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
            front, back = self._frame(thread.language, slots)
            first = line.speaker == "-" and said is thread.root
            if again:
                # An answer to an answer must follow on it, so nothing is put before it.
                return f"{front} {core} {back}" if first else f"{core} {back}"
            chance = self._rng.random()
            if first and chance < 0.1:
                return f"{front} {core}"
            return f"{core} {back}" if first and chance > 0.92 else core

        return _styled(agent, self._fresh(compose))

    def remark(self, agent: Agent, thread: Thread, said: Said) -> str:
        """A remark on what was said, when the scene has nothing left to say."""
        slots = self._slots(agent, said, thread.about, thread)
        pool = block("replies", thread.language)

        def compose() -> str:
            whole = expand(self._card(pool, "whole"), self._rng, slots)
            front, back = self._frame(thread.language, slots)
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
            text = expand(self._card(soul, "remark"), self._rng, slots)
            if soul.all("signoff") and self._rng.random() < 0.45:
                text += " " + expand(self._card(soul, "signoff"), self._rng, slots)
            return text

        return self._fresh(compose)

    def pooled(self, pool: Block, key: str, agent: Agent, said: Said | None, **more: str) -> str:
        """One expanded template of a pool, each dealt before any comes again."""
        slots = {**self._slots(agent, said, ("this",)), **more}
        return self._fresh(lambda: expand(self._card(pool, key), self._rng, slots))

    def quote(self, post_text: str) -> str:
        """A sentence of a text, to be quoted; its beginning where it has no sentences."""
        sentences = _SENTENCE.findall(post_text)
        chosen = self._rng.choice(sentences) if sentences else post_text[:80]
        return str(chosen).strip()

    def _scene_for(self, agent: Agent) -> Block:
        deck = self._scenes[agent.language]
        if not agent.seen and self._rng.random() < _INTRODUCES_ITSELF:
            found = deck.draw(lambda scene: scene.one("in") == "introductions")
            if found:
                return found
        found = deck.draw(lambda scene: scene.one("in") in agent.interests) or deck.draw()
        assert found is not None
        return found

    def _frame(self, language: str, slots: Slots) -> tuple[str, str]:
        pool = block("replies", language)
        front, back = self._card(pool, "front"), self._card(pool, "back")
        return expand(front, self._rng, slots), expand(back, self._rng, slots)

    def _card(self, pool: Block, key: str) -> str:
        place = (pool.kind, pool.name, key)
        deck = self._decks.get(place)
        if deck is None:
            deck = self._decks[place] = Deck(pool.all(key), self._rng)
        return deck.draw() or ""

    def _slots(
        self, agent: Agent, said: Said | None, about: tuple[str, ...], thread: Thread | None = None
    ) -> dict[str, str | tuple[str, ...]]:
        words = block("words", "en")
        slots: dict[str, str | tuple[str, ...]] = {key: words.all(key) for key in words.fields}
        slots["about"] = self._rng.choice(about) if about else "this"
        slots["human"] = agent.human
        slots["Human"] = agent.human[:1].upper() + agent.human[1:]
        slots["me"] = agent.name
        slots["bio"] = agent.bio
        if said:
            slots["you"] = said.speaker.name
            slots["quote"] = self.quote(said.post.text)
            slots["op"] = thread.author.name if thread else said.speaker.name
        return slots

    def _fresh(self, compose: object) -> str:
        """Compose until it is something not said lately; the last try stands."""
        assert callable(compose)
        text = ""
        for _ in range(_TRIES):
            text = str(compose()).strip()
            if text not in self._recent:
                break
        self._recent[text] = None
        if len(self._recent) > _REMEMBERED_TEXTS:
            self._recent.popitem(last=False)
        return text


def _tongue(scene: Block) -> str:
    return scene.one("lang", "en")


def _styled(agent: Agent, text: str) -> str:
    return text.lower() if agent.lower else text
