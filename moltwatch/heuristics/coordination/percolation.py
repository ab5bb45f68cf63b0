"""Dense groups in a graph that grows edge by edge: clique percolation with triangles.

Two accounts that act together may have reasons; when a third acts together with both, that is a
triangle, and triangles that share an edge are one group. A chain of acquaintances is not a group,
and a hub whose friends do not know each other ties nothing together.

Source: Palla, Derényi, Farkas, Vicsek, "Uncovering the overlapping community structure of complex
networks in nature and society", Nature 435 (2005), with k = 3.
"""

from __future__ import annotations

from collections import OrderedDict

MOST_EDGES = 50_000
MOST_FRIENDS = 64
"""Bounds; of an account the latest edges count, of the graph too."""

Edge = tuple[str, str]


def edge(a: str, b: str) -> Edge:
    return (a, b) if a < b else (b, a)


class Percolation:
    """Edges in, communities of triangles out. A community is named after its first triangle."""

    def __init__(self) -> None:
        self._edges: OrderedDict[Edge, str | None] = OrderedDict()
        """By edge its community, if it is part of a triangle."""
        self._friends: dict[str, OrderedDict[str, None]] = {}
        self._merged: OrderedDict[str, str] = OrderedDict()
        """Union-find: a community to the one it went into."""

    def __contains__(self, pair: Edge) -> bool:
        return pair in self._edges

    def community(self, a: str, b: str) -> str | None:
        """Name of the community an edge belongs to."""
        name = self._edges.get(edge(a, b))
        return name and self._find(name)

    def connect(self, a: str, b: str) -> list[tuple[Edge, str]]:
        """Add an edge; the edges that became part of a community by it, with its name."""
        new = edge(a, b)
        if new in self._edges:
            return []
        self._edges[new] = None
        mine = self._friends.setdefault(a, OrderedDict())
        theirs = self._friends.setdefault(b, OrderedDict())
        triangles = [(new, edge(a, c), edge(b, c)) for c in mine if c in theirs]
        mine[b] = theirs[a] = None
        joined: dict[Edge, str] = {}
        for triangle in triangles:
            name = self._unite(triangle)
            for each in triangle:
                if self._edges[each] is None:
                    self._edges[each] = name
                    joined[each] = name
        self._trim(a, b)
        return list(joined.items())

    def _unite(self, triangle: tuple[Edge, Edge, Edge]) -> str:
        held = dict.fromkeys(self._find(name) for each in triangle if (name := self._edges[each]))
        if not held:
            return "+".join(sorted({account for each in triangle for account in each}))
        first, *others = held
        for other in others:
            self._merged[other] = first
        while len(self._merged) > MOST_EDGES:
            self._merged.popitem(last=False)
        return first

    def _find(self, name: str) -> str:
        last = name
        while last in self._merged:
            last = self._merged[last]
        # Path compression: the next who asks is told at once.
        while name != last:
            self._merged[name], name = last, self._merged[name]
        return last

    def _trim(self, *accounts: str) -> None:
        for account in accounts:
            friends = self._friends[account]
            if len(friends) > MOST_FRIENDS:
                self._cut(account, next(iter(friends)))
        while len(self._edges) > MOST_EDGES:
            self._cut(*next(iter(self._edges)))

    def _cut(self, a: str, b: str) -> None:
        self._edges.pop(edge(a, b), None)
        for one, other in ((a, b), (b, a)):
            friends = self._friends.get(one)
            if friends:
                friends.pop(other, None)
                if not friends:
                    del self._friends[one]
