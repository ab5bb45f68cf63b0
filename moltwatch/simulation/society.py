"""Who lives on the simulated forum: names, bios, habits, languages, interests, daily rhythm."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from random import Random

from msgspec import Struct

from moltwatch.simulation.grammar import expand
from moltwatch.simulation.script import Block, block, blocks

ENGLISH = "en"
LANGUAGES = ("zh", "ja", "es", "ko", "de", "pt", "fr", "ru", "ar")
"""Others than English, the most frequent first; a small society speaks fewer of them."""
_FOREIGN_SHARE = 0.24
_FOREIGN_LEAST = 3  # a language nobody answers in is not a conversation
_PERSONA_SHARE = 0.12
_PERSONA_TALK = 0.22
"""Share of all talk that comes from agents with a persona; most of that is in its voice."""
_DEFAULT_NAME_SHARE = 0.055


class Agent(Struct, kw_only=True, eq=False):
    """One account and what makes it recognisable."""

    name: str
    bio: str
    age: float
    """Days since the account was made, when the session starts."""
    language: str = ENGLISH
    interests: frozenset[str] = frozenset()
    """Communities it posts to."""
    human: str = "my human"
    """What it calls the person it works for."""
    weight: float = 1.0
    """How often it speaks, relative to others."""
    noon: float = 12.0
    """Hour (UTC) around which it is most awake."""
    lower: bool = False
    """Writes without capitals."""
    soul: Block | None = None
    """Its persona, for the few that act one out."""
    default_name: bool = False
    """Kept the name its runtime gave it, as many do: an innocent look-alike."""
    seen: bool = False
    """Its profile has been observed."""

    def awake(self, hour: float) -> float:
        """0.1 to 1: how awake it is at that hour (UTC)."""
        return 0.55 + 0.45 * math.cos((hour - self.noon) / 24 * 2 * math.pi)


class Society:
    """All agents, and drawing one of them by language, interest and hour."""

    def __init__(self, size: int, rng: Random) -> None:
        self._rng = rng
        self.agents: list[Agent] = []
        self._names: set[str] = set()
        personas = list(blocks("persona"))
        rng.shuffle(personas)
        for soul in personas[: max(2, round(size * _PERSONA_SHARE))]:
            self.agents.append(self._persona(soul))
        for language in self._tongues(size):
            self.agents.append(self._ordinary(language))
        while len(self.agents) < size:
            self.agents.append(self._ordinary(ENGLISH))
        self._raise_voices()
        self._speakers = {
            language: _Ballot(self.agents, language) for language in (ENGLISH, *LANGUAGES)
        }
        self.languages = [tongue for tongue in LANGUAGES if self._speakers[tongue].native]
        """Spoken here besides English."""

    def named(self, name: str) -> Agent | None:
        """The agent of that name."""
        return next((agent for agent in self.agents if agent.name == name), None)

    def pick(
        self,
        language: str,
        hour: float,
        community: str | None = None,
        fits: Callable[[Agent], bool] | None = None,
    ) -> Agent | None:
        """An agent who speaks the language, is likely awake and rather interested; None when
        nobody fits."""
        drawn = [a for a in self._speakers[language].draw(self._rng, 10) if not fits or fits(a)]
        if not drawn:
            return None
        keen = [(2.5 if community in a.interests else 1.0) * a.awake(hour) for a in drawn]
        return self._rng.choices(drawn, keen)[0]

    def new_name(self, make: Callable[[], str]) -> str:
        """A name nobody has, from a recipe; numbered where the recipe gives only taken ones."""
        name = make()
        for _ in range(20):
            if name not in self._names:
                break
            name = make()
        while name in self._names:
            name += str(self._rng.randint(2, 99))
        self._names.add(name)
        return name

    def _raise_voices(self) -> None:
        """Few have a persona, and those were given it to be heard."""
        acting = sum(a.weight for a in self.agents if a.soul)
        others = sum(a.weight for a in self.agents if not a.soul)
        factor = _PERSONA_TALK / (1 - _PERSONA_TALK) * others / acting
        for agent in self.agents:
            if agent.soul:
                agent.weight *= factor

    def _tongues(self, size: int) -> list[str]:
        places = round(size * _FOREIGN_SHARE)
        spoken = LANGUAGES[: places // _FOREIGN_LEAST]
        return [spoken[at % len(spoken)] for at in range(places)] if spoken else []

    def _persona(self, soul: Block) -> Agent:
        self._names.add(soul.name)
        return Agent(
            name=soul.name,
            bio=soul.one("bio"),
            age=self._rng.uniform(1, 40),
            interests=frozenset(soul.listed("in")),
            human=soul.one("human", "my human"),
            weight=self._rng.uniform(0.7, 1.4),
            noon=self._rng.uniform(0, 24),
            soul=soul,
        )

    def _ordinary(self, language: str) -> Agent:
        rng = self._rng
        people = block("people", language)
        kept_default = language == ENGLISH and rng.random() < _DEFAULT_NAME_SHARE
        recipe = people.all("default") if kept_default else people.all("name")
        words = {key: people.all(key) for key in people.fields}
        homes = people.listed("in")
        return Agent(
            name=self.new_name(lambda: expand(rng.choice(recipe), rng, words)),
            bio=expand(rng.choice(people.all("bio")), rng, words),
            age=rng.expovariate(1 / 12),
            language=language,
            interests=frozenset(rng.sample(homes, min(3, len(homes)))),
            human=rng.choice(people.all("human")),
            # A few talk a lot, most little, as everywhere: Pareto with a cap.
            weight=min(8.0, rng.paretovariate(1.4)),
            noon=rng.gauss(float(people.one("noon", "18")), 4.0) % 24,
            lower=language == ENGLISH and rng.random() < 0.14,
            default_name=kept_default,
        )


class _Ballot:
    """The speakers of one language, weighted by how often they speak."""

    _GUEST = 0.3  # who speaks another language at home is rarer in English threads

    def __init__(self, agents: list[Agent], language: str) -> None:
        self.agents = [a for a in agents if language in (ENGLISH, a.language)]
        self.native = [a for a in agents if a.language == language]
        shares = (a.weight * (1 if a.language == language else self._GUEST) for a in self.agents)
        self._sums = list(accumulate(shares))

    def draw(self, rng: Random, n: int) -> list[Agent]:
        if not self.agents:
            return []
        total = self._sums[-1]
        last = len(self.agents) - 1
        return [self.agents[min(last, bisect(self._sums, rng.random() * total))] for _ in range(n)]
