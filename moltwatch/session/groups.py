"""Groups: the story of each swarm."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable

from msgspec import Struct, field

from moltwatch.model import Evidence, Group, GroupState, Kind
from moltwatch.session.charge import Charge
from moltwatch.session.counts import Counts
from moltwatch.text import fold
from moltwatch.times import Micros
from moltwatch.wording import cut

MOST_ARRIVALS = 1_000
MOST_MEMBERS = 2_000
"""Accounts of a group that are remembered."""

MOST_TEXTS = 30
"""Different texts of a group that are counted."""

MOST_CHARS = 300
"""Characters of a text by which it is told from others."""

TEXT_WEIGHT = 10
MOST_WEIGHT = 200_000
"""What all groups may weigh together, an account being 1: some 50 MB."""


class Arrival(Struct, frozen=True):
    """A post of a group: who came, when, saying what."""

    at: Micros
    """When the post was seen, not when it was given away."""
    author: str
    post: str
    thread: str
    text: str
    """Its beginning; empty for what is not to be repeated."""
    withheld: bool = False
    """It is not to be repeated."""


class Swarm(Struct, eq=False):
    """A group as it stands, and how it came to be. What went into it is part of it."""

    serial: int
    """Position among all groups ever."""
    group: Group
    """As last told; without accounts as long as nothing was."""
    arrivals: deque[Arrival]
    """In order of verdict; sort by ``at`` to tell who came when."""
    formed: Micros | None = None
    """When it formed, or the first of those that went into it."""
    members: dict[str, tuple[Micros, int]] = field(default_factory=dict)
    """By account, in order of verdict, when the first of its posts was seen and how many there are;
    of a very large group not all accounts."""
    texts: dict[str | None, tuple[int, str]] = field(default_factory=dict)
    """By what posts say, folded, how many do and what it looks like unfolded; under None what is
    not to be repeated."""
    n_posts: int = 0
    last_at: Micros = 0
    """When the last of its posts was seen."""
    withheld: bool = False
    """The reason may quote what is not to be repeated."""
    version: int = 0

    @property
    def id(self) -> str:
        return self.group.id

    @property
    def n(self) -> int:
        """Accounts in it: as told at its end; until then as last told, or those seen since,
        whichever are more."""
        return self.group.n if self.over else max(self.group.n, len(self.members))

    @property
    def over(self) -> bool:
        return self.group.state in (GroupState.ENDED, GroupState.MERGED)

    @property
    def weight(self) -> int:
        """How much is remembered of it, an account being 1."""
        return len(self.members) + TEXT_WEIGHT * len(self.texts)

    @property
    def text(self) -> tuple[int, str | None]:
        """How many of its posts say what most do, and what that is; None for what is not to be
        repeated."""
        said = ((n, len(text or ""), text or "", text) for text, (n, _) in self.texts.items())
        n, _, _, text = max(said, key=lambda one: one[:3], default=(0, 0, "", None))
        return n, None if text is None else self.texts[text][1]

    def add(self, charge: Charge) -> None:
        """A post was flagged as one of its."""
        at, n = self.members.get(charge.author, (charge.seen_at, 0))
        if n or len(self.members) < MOST_MEMBERS:
            self.members[charge.author] = min(at, charge.seen_at), n + 1
        said = cut(charge.line, MOST_CHARS)
        text = None if charge.withheld else fold(said)
        n, said = self.texts.get(text, (0, said))
        if n or len(self.texts) < MOST_TEXTS:
            self.texts[text] = n + 1, said
        self.n_posts += 1
        self.last_at = max(self.last_at, charge.seen_at)
        self.version += 1

    def swallow(self, other: Swarm) -> None:
        """Another went into this one, and hands over what was remembered of it."""
        for name, (at, n) in other.members.items():
            mine, more = self.members.get(name, (at, 0))
            self.members[name] = min(mine, at), n + more
        for text, (n, said) in other.texts.items():
            more, said = self.texts.get(text, (0, said))
            self.texts[text] = n + more, said
        self.arrivals.extend(other.arrivals)
        self.n_posts += other.n_posts
        self.last_at = max(self.last_at, other.last_at)
        self.withheld = self.withheld or other.withheld
        if other.formed is not None:
            self.formed = min(self.formed or other.formed, other.formed)
        self.version += 1
        other.members, other.texts = {}, {}
        other.arrivals.clear()


_NONE: deque[Arrival] = deque(maxlen=0)
"""What is remembered of arrivals where no posts are kept."""


class Groups:
    """All groups, bounded: those that ended are let go first, then those that were quiet longest.

    ``counts`` knows how many there were; ``keeps`` is False where no posts are kept.
    """

    def __init__(self, counts: Counts, most: int = 2_000, *, keeps: bool = True) -> None:
        self._counts = counts
        self._most = most
        self._keeps = keeps
        self._swarms: OrderedDict[str, Swarm] = OrderedDict()
        """In order of activity."""
        self._made = 0
        self._weight = 0
        self.version = 0

    def __len__(self) -> int:
        return len(self._swarms)

    @property
    def n(self) -> int:
        """Groups ever formed."""
        return self._counts.formed

    @property
    def merged(self) -> int:
        """How many of them went into another."""
        return self._counts.merged

    @property
    def swarms(self) -> list[Swarm]:
        """Those that were told of, in order of their forming."""
        told = (swarm for swarm in self._swarms.values() if swarm.group.n)
        return sorted(told, key=lambda swarm: swarm.serial)

    @property
    def stories(self) -> list[Swarm]:
        """Those with posts, what went into another as a part of that."""
        return [swarm for swarm in self._swarms.values() if swarm.n_posts and not swarm.group.into]

    def get(self, id: str) -> Swarm | None:
        """The group, or the one it went into; None while nothing was told of it."""
        swarm = self._last(id)
        return swarm if swarm and swarm.group.n else None

    def tell(self, group: Group) -> None:
        """A group formed, grew, merged or ended."""
        swarm = self._of(group.id)
        swarm.group = group
        swarm.version += 1
        self.version += 1
        if group.state is GroupState.FORMED:
            swarm.formed = group.at if swarm.formed is None else swarm.formed
        elif group.state is GroupState.ENDED:
            self._swarms.move_to_end(group.id, last=False)
        elif group.into:
            into = self._joined(group.into)
            # Making room for that one may have cost this one its place.
            if into is not swarm and group.id in self._swarms:
                self._weight -= swarm.weight + into.weight
                into.swallow(swarm)
                self._weight += into.weight

    def join(self, charge: Charge) -> None:
        """A post was flagged, perhaps as a group's."""
        if charge.group is None:
            return
        swarm = self._joined(charge.group)
        before = swarm.weight
        swarm.add(charge)
        self._weight += swarm.weight - before
        if self._keeps:
            text = "" if charge.withheld else cut(charge.excerpt, MOST_CHARS)
            swarm.arrivals.append(
                Arrival(
                    charge.seen_at,
                    charge.author,
                    charge.post,
                    charge.thread,
                    text,
                    charge.withheld,
                )
            )
        self._bound()
        self.version += 1

    def withhold(self, flags: Iterable[Evidence]) -> None:
        """A post with these flags is not to be repeated, and the reason of its group may quote
        it."""
        for flag in flags:
            if flag.group is not None:
                self._joined(flag.group).withheld = True

    def _last(self, id: str) -> Swarm | None:
        """The group, or the one it went into at last."""
        swarm = self._swarms.get(id)
        for _ in range(20):
            if swarm is None or swarm.group.into is None:
                break
            swarm = self._swarms.get(swarm.group.into, swarm)
        return swarm

    def _joined(self, id: str) -> Swarm:
        """The same, made if need be."""
        swarm = self._last(id)
        return self._of(swarm.id if swarm else id)

    def _of(self, id: str) -> Swarm:
        """The group itself, made if need be; it is the latest now."""
        swarm = self._swarms.get(id)
        if swarm is None:
            untold = Group(
                id=id, at=0, kind=Kind.COORDINATED, state=GroupState.FORMED, n=0, accounts=(),
                since=0,
            )  # fmt: skip
            arrivals = deque[Arrival](maxlen=MOST_ARRIVALS) if self._keeps else _NONE
            swarm = self._swarms[id] = Swarm(self._made, untold, arrivals)
            self._made += 1
            self._bound()
        else:
            self._swarms.move_to_end(id)
        return swarm

    def _bound(self) -> None:
        while len(self._swarms) > self._most or (
            self._weight > MOST_WEIGHT and len(self._swarms) > 1
        ):
            _, forgotten = self._swarms.popitem(last=False)
            self._weight -= forgotten.weight
