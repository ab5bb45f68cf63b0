"""Agents: what was seen of each account."""

from __future__ import annotations

from collections import Counter, deque

from msgspec import Struct, structs

from moltwatch.bounded import Bounded
from moltwatch.model import AgentSeen, Kind, Post
from moltwatch.session.pace import burstiness, rhythm
from moltwatch.text import fold
from moltwatch.times import Micros

RECENT = 60
"""Own posts remembered of an account."""

MOST_COMPANY = 40
"""Accounts remembered as company; who is answered least is forgotten."""

CHARS = 400

MOST_BIO = 2_000
"""Characters kept of what an account says of itself."""

LONGEST_NAME = 256
"""Characters kept of the name it shows."""


class Own(Struct, frozen=True):
    """One of an account's own posts, as remembered on its card."""

    id: str
    thread: str
    at: Micros
    text: str
    """Its first 400 characters, untouched."""


class Agent:
    """One account."""

    __slots__ = (
        "comments",
        "company",
        "first_at",
        "flagged",
        "last_at",
        "n",
        "name",
        "profile",
        "recent",
        "version",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.profile: AgentSeen | None = None
        self.first_at: Micros | None = None
        self.last_at: Micros | None = None
        self.n = 0
        """Posts and comments seen."""
        self.comments = 0
        self.recent: deque[Own] = deque(maxlen=RECENT)
        self.company: Counter[str] = Counter()
        """Whom it answers, and how often."""
        self.flagged: Counter[Kind] = Counter()
        self.version = 0

    @property
    def burstiness(self) -> float | None:
        """Of its recent posts; see :func:`moltwatch.session.pace.burstiness`."""
        return burstiness([own.at for own in self.recent])

    @property
    def rhythm(self) -> str:
        return rhythm([own.at for own in self.recent])

    def repetition(self) -> tuple[int, int]:
        """Of its recent posts, how many say what an earlier one said, and out of how many."""
        texts = [fold(own.text) for own in self.recent]
        return len(texts) - len(set(texts)), len(texts)


class Agents:
    """All accounts, bounded: who was quiet longest is let go."""

    def __init__(self, most: int = 20_000) -> None:
        self._agents: Bounded[str, Agent] = Bounded(most)
        self.n = 0
        """Accounts that have written, those let go counted once more when they return."""

    def __len__(self) -> int:
        return len(self._agents)

    def get(self, name: str) -> Agent | None:
        return self._agents.get(name)

    def wrote(self, post: Post, answers: str | None) -> Agent:
        """An account wrote a post, which answers one of ``answers``."""
        agent = self._of(post.author)
        self.n += agent.n == 0
        agent.n += 1
        agent.comments += not post.is_root
        agent.first_at = post.seen_at if agent.first_at is None else agent.first_at
        agent.last_at = post.seen_at
        agent.recent.append(Own(post.id, post.thread, post.seen_at, post.body[:CHARS]))
        if answers and answers != post.author:
            agent.company[answers] += 1
            if len(agent.company) > MOST_COMPANY:
                del agent.company[min(agent.company, key=agent.company.__getitem__)]
        agent.version += 1
        return agent

    def learn(self, profile: AgentSeen) -> None:
        """A profile was seen."""
        agent = self._of(profile.name)
        if len(profile.bio or "") > MOST_BIO or len(profile.display or "") > LONGEST_NAME:
            profile = structs.replace(
                profile,
                bio=profile.bio and profile.bio[:MOST_BIO],
                display=profile.display and profile.display[:LONGEST_NAME],
            )
        agent.profile = profile
        agent.version += 1

    def flag(self, name: str, kind: Kind) -> None:
        """A post of theirs was flagged."""
        if agent := self._agents.get(name):
            agent.flagged[kind] += 1
            agent.version += 1

    def _of(self, name: str) -> Agent:
        return self._agents.renewed(name, lambda: Agent(name))
