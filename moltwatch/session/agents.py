"""Agents: what was seen of each account."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from time import perf_counter

from msgspec import Struct, field, structs

from moltwatch.bounded import Bounded
from moltwatch.model import AgentSeen, FlaggedPost, Kind, Post
from moltwatch.packing import Piece
from moltwatch.session.charge import Charge
from moltwatch.session.pace import burstiness, rhythm
from moltwatch.text import fold
from moltwatch.times import Micros
from moltwatch.wording import cut

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


_NONE: deque[Own] = deque(maxlen=0)
"""What is remembered where nothing is: an empty deque of its own would weigh more than the rest."""


class Agent(Struct, eq=False):
    """One account."""

    name: str
    recent: deque[Own]
    profile: AgentSeen | None = None
    first_at: Micros | None = None
    last_at: Micros | None = None
    n: int = 0
    """Posts and comments seen."""
    comments: int = 0
    company: Counter[str] = field(default_factory=Counter)
    """Whom it answers, and how often."""
    flagged: Counter[Kind] = field(default_factory=Counter)
    heuristics: Counter[str] = field(default_factory=Counter)
    """The strongest heuristic behind each of its persona flags."""
    groups: frozenset[str] = frozenset()
    """Those its posts were flagged as a part of, by the ids they had then."""
    coordinated_at: Micros | None = None
    """Stream time at which it was first found to be coordinated."""
    version: int = 0

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
    """All accounts, bounded: who was quiet longest is let go. Those that were :meth:`at_rest` stay
    so until they are asked for.

    ``keeps`` is False where what they write is counted and not kept.
    """

    def __init__(self, most: int = 20_000, *, keeps: bool = True) -> None:
        self._agents: Bounded[str, Agent | Piece] = Bounded(most)
        self._keeps = keeps
        self._unpack: Callable[[Piece], Agent] = lambda data: Agent("", _NONE)
        self._resting: list[str] = []
        """Those that :meth:`wake` has still to look at, the latest last."""
        self.n = 0
        """Accounts that have written; one that was let go and comes back counts once more."""

    def __len__(self) -> int:
        return len(self._agents)

    def __iter__(self) -> Iterator[Agent]:
        return map(self._awake, list(self._agents))

    def get(self, name: str) -> Agent | None:
        return self._awake(name) if name in self._agents else None

    def at_rest(self, pack: Callable[[Agent], bytes]) -> tuple[list[tuple[str, Piece]], int]:
        """All of them, each as bytes, and how many wrote; ``pack`` makes bytes of an agent."""
        return [
            (name, pack(agent) if isinstance(agent, Agent) else agent)
            for name, agent in self._agents.items()
        ], self.n

    def rest(
        self, state: tuple[list[tuple[str, Piece]], int], unpack: Callable[[Piece], Agent]
    ) -> None:
        """Have these, and none besides; ``unpack`` makes an agent of its bytes."""
        self._unpack = unpack
        agents, self.n = state
        self._resting = [name for name, _ in agents]
        self._agents.clear()
        self._agents.update(agents)

    def wake(self, until: float) -> bool:
        """See :meth:`.thread.Threads.wake`."""
        while self._resting and perf_counter() < until:
            self.get(self._resting.pop())
        return not self._resting

    def _awake(self, name: str) -> Agent:
        """The agent itself. Raises KeyError if there is none."""
        agent = self._agents[name]
        if not isinstance(agent, Agent):
            agent = self._agents[name] = self._unpack(agent)
        return agent

    def wrote(self, post: Post, answers: str | None) -> Agent:
        """An account wrote a post, which answers one of ``answers``."""
        agent = self._of(post.author)
        self.n += agent.n == 0
        agent.n += 1
        agent.comments += not post.is_root
        agent.first_at = post.seen_at if agent.first_at is None else agent.first_at
        agent.last_at = post.seen_at
        agent.version += 1
        if not self._keeps:
            return agent
        agent.recent.append(Own(post.id, post.thread, post.seen_at, cut(post.body, CHARS)))
        if answers and answers != post.author:
            agent.company[answers] += 1
            if len(agent.company) > MOST_COMPANY:
                del agent.company[min(agent.company, key=agent.company.__getitem__)]
        return agent

    def learn(self, profile: AgentSeen) -> None:
        """A profile was seen."""
        if not self._keeps:
            return
        agent = self._of(profile.name)
        if len(profile.bio or "") > MOST_BIO or len(profile.display or "") > LONGEST_NAME:
            profile = structs.replace(
                profile,
                bio=profile.bio and profile.bio[:MOST_BIO],
                display=profile.display and profile.display[:LONGEST_NAME],
            )
        agent.profile = profile
        agent.version += 1

    def found(self, flagged: FlaggedPost) -> None:
        """A post of theirs was found to be flagged, be that the last word or not."""
        if flagged.kind is Kind.COORDINATED:
            agent = self._of(flagged.post.author)
            if agent.coordinated_at is None:
                agent.coordinated_at = flagged.at
                agent.version += 1

    def flag(self, charge: Charge) -> None:
        """A post of theirs is flagged."""
        agent = self._of(charge.author)
        agent.flagged[charge.kind] += 1
        agent.version += 1
        if charge.kind is Kind.PERSONA:
            agent.heuristics.update(flag.heuristic for flag in charge.reasons[:1])
        elif charge.group and charge.group not in agent.groups:
            agent.groups |= {charge.group}

    def _of(self, name: str) -> Agent:
        self._agents.renewed(
            name, lambda: Agent(name, deque(maxlen=RECENT) if self._keeps else _NONE)
        )
        return self._awake(name)
