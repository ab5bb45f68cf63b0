"""Groups: the story of each swarm."""

from __future__ import annotations

from collections import deque

from msgspec import Struct

from moltwatch.bounded import Bounded
from moltwatch.model import Group, GroupState
from moltwatch.session.charges import Charge
from moltwatch.times import Micros

MOST_STATES = 60
MOST_ARRIVALS = 1_000
MOST_WAITING = 100


class Arrival(Struct, frozen=True):
    """A post of a group: who came, when, saying what."""

    at: Micros
    """When the post was seen, not when it was given away."""
    author: str
    post: str
    thread: str
    text: str


class Swarm:
    """A group as it stands, and how it came to be."""

    __slots__ = ("arrivals", "group", "members", "n_posts", "states", "version")

    def __init__(self, group: Group) -> None:
        self.group = group
        """As last told."""
        self.states: deque[Group] = deque(maxlen=MOST_STATES)
        self.arrivals: deque[Arrival] = deque(maxlen=MOST_ARRIVALS)
        """In order of verdict; sort by ``at`` to tell who came when."""
        self.members: Bounded[str, int] = Bounded(MOST_ARRIVALS)
        """Posts of each account, in order of verdict."""
        self.n_posts = 0
        self.version = 0

    @property
    def id(self) -> str:
        return self.group.id

    @property
    def n(self) -> int:
        """Accounts in it: as last told, or those seen since, whichever are more."""
        return max(self.group.n, len(self.members))

    @property
    def over(self) -> bool:
        return self.group.state in (GroupState.ENDED, GroupState.MERGED)


class Groups:
    """All groups, bounded: the oldest are let go."""

    def __init__(self, most: int = 2_000) -> None:
        self._swarms: Bounded[str, Swarm] = Bounded(most)
        self._waiting: Bounded[str, list[Charge]] = Bounded(MOST_WAITING)
        """Posts that were told of before their group was, by group."""
        self.n = 0
        """Groups ever formed."""
        self.version = 0

    def __len__(self) -> int:
        return len(self._swarms)

    @property
    def swarms(self) -> list[Swarm]:
        """In order of their forming."""
        return list(self._swarms.values())

    def get(self, id: str) -> Swarm | None:
        """The group, or the one it went into."""
        swarm = self._swarms.get(id)
        for _ in range(20):
            if swarm is None or swarm.group.into is None:
                break
            swarm = self._swarms.get(swarm.group.into, swarm)
        return swarm

    def tell(self, group: Group) -> None:
        """A group formed, grew, merged or ended."""
        swarm = self._swarms.get(group.id)
        if swarm is None:
            swarm = self._swarms[group.id] = Swarm(group)
            self.n += 1
            for charge in self._waiting.pop(group.id, ()):
                self._join(swarm, charge)
        swarm.group = group
        swarm.states.append(group)
        swarm.version += 1
        self.version += 1

    def join(self, charge: Charge) -> None:
        """A post was flagged as a group's."""
        if charge.group is None:
            return
        swarm = self._swarms.get(charge.group)
        if swarm is None:
            self._waiting.setdefault(charge.group, []).append(charge)
            return
        self._join(swarm, charge)
        self.version += 1

    def _join(self, swarm: Swarm, charge: Charge) -> None:
        swarm.arrivals.append(
            Arrival(charge.seen_at, charge.author, charge.post, charge.thread, charge.excerpt)
        )
        swarm.members[charge.author] = swarm.members.get(charge.author, 0) + 1
        swarm.n_posts += 1
        swarm.version += 1
