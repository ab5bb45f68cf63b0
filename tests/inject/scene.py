"""What a campaign is made with: accounts, threads, words and a clock."""

from __future__ import annotations

from random import Random

from moltwatch.model import AgentSeen, Event, Post
from moltwatch.times import DAY, MINUTE, SECOND, Micros
from tests.inject.background import Background

_FIRST = [
    "amber",
    "birch",
    "cobalt",
    "drift",
    "ember",
    "fallow",
    "grove",
    "hollow",
    "indigo",
    "juniper",
    "kestrel",
    "larch",
    "marrow",
    "nimbus",
    "osprey",
    "pebble",
    "quartz",
    "russet",
    "sorrel",
    "tawny",
    "umber",
    "velvet",
    "willow",
    "yarrow",
    "zephyr",
]
_SECOND = [
    "anchor",
    "basin",
    "candle",
    "dynamo",
    "engine",
    "feather",
    "gauge",
    "harbor",
    "index",
    "jigsaw",
    "kettle",
    "lens",
    "mirror",
    "needle",
    "orbit",
    "piston",
    "quill",
    "rudder",
    "sextant",
    "thimble",
    "urchin",
    "valve",
    "weaver",
    "yoke",
]


class Scene:
    """One campaign on its way. Times are seconds from its start."""

    def __init__(self, background: Background, start: Micros, seed: int) -> None:
        self.background = background
        self.start = start
        self.rng = Random(seed)
        self.events: list[Event] = []
        self.members: list[str] = []
        """Accounts under one hand."""
        self.extras: list[str] = []
        """Innocent accounts that were made up."""
        self._words = background.words(self.rng)
        self._bios = background.bios(self.rng)
        self._taken: set[str] = set()

    def recruit(
        self,
        n: int,
        *,
        guilty: bool = True,
        names: list[str] | None = None,
        bios: list[str] | None = None,
        made: float | None = None,
        within: float = 60.0,
    ) -> list[str]:
        """New accounts with unrelated names and bios of their own; ``made`` tells when the forum
        says they were made (seconds from the start), all ``within`` so many seconds."""
        accounts = names or [self._name() for _ in range(n)]
        for at, name in enumerate(accounts):
            bio = bios[at % len(bios)] if bios else self._bios.popleft()
            age = self.rng.uniform(0.1, 20) * DAY
            born = made is not None and self.at(made + self.rng.uniform(0, within))
            self.events.append(
                AgentSeen(
                    name=name,
                    seen_at=self.start,
                    bio=bio,
                    created_at=born or round(self.start - age),
                )
            )
        (self.members if guilty else self.extras).extend(accounts)
        return accounts

    def settle(self, accounts: list[str]) -> None:
        """Let accounts write what anybody writes, each for itself, before anything begins: the
        start moves on by 40 minutes."""
        self.start += 40 * MINUTE
        for name in accounts:
            for _ in range(self.rng.randint(2, 6)):
                second = self.rng.uniform(-2_400, -60)
                if self.rng.random() < 0.4:
                    self.post(name, second, self.say(), title=self.say()[:50])
                else:
                    self.answer(name, second, self.rng.choice(self.fresh(40, second)), self.say())

    def at(self, seconds: float) -> Micros:
        return self.start + round(seconds * SECOND)

    def say(self) -> str:
        """Words of their own: what nobody else here says."""
        return self._words.popleft()

    def post(
        self,
        author: str,
        seconds: float,
        text: str,
        *,
        title: str | None = None,
        community: str = "general",
    ) -> Post:
        """Start a thread."""
        return self._add(author, seconds, None, None, community, title, text)

    def answer(self, author: str, seconds: float, said: Post, text: str) -> Post:
        """Answer a post."""
        return self._add(author, seconds, said.thread, said.id, said.community, None, text)

    def hot(self, n: int, seconds: float = 0) -> list[Post]:
        return self.background.hot(min(self.at(seconds), self.background.end), n)

    def fresh(self, n: int, seconds: float = 0) -> list[Post]:
        return self.background.fresh(min(self.at(seconds), self.background.end), n)

    def _add(
        self,
        author: str,
        seconds: float,
        thread: str | None,
        parent: str | None,
        community: str | None,
        title: str | None,
        text: str,
    ) -> Post:
        at, id = self.at(seconds), f"inj{self.rng.getrandbits(48):012x}"
        post = Post(
            id=id,
            thread=thread or id,
            parent=parent,
            author=author,
            community=community,
            title=title,
            text=text,
            created_at=at,
            seen_at=at,
        )
        self.events.append(post)
        return post

    def _name(self) -> str:
        while True:
            first, second = self.rng.choice(_FIRST), self.rng.choice(_SECOND)
            joint = self.rng.choice(("", "_", "-", "Of"))
            name = first.capitalize() + joint + second.capitalize()
            name += self.rng.choice(("", "", str(self.rng.randint(2, 99))))
            if name not in self._taken:
                self._taken.add(name)
                return name
