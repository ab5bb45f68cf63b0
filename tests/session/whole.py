"""Everything that can be reached from a session or an engine, as plain values that can be compared.

No attribute is named but those that hold something at rest, so that one that is new is compared as
well. What holds others and is held by them is told by its name where it is not at home.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from types import FunctionType, MethodType
from typing import Any

from msgspec import Struct

from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import Cluster, GroupTracker
from moltwatch.heuristics.fusing.open_posts import OpenPosts
from moltwatch.session import Session
from moltwatch.session.agents import Agents
from moltwatch.session.charge import Charge
from moltwatch.session.charges import Case, Charges
from moltwatch.session.thread import Node, Thread, Threads

_OF_THE_RUN = ("_asking", "_keep")
"""Parts of an engine that it is made with, and that no moment brings back."""


def whole(state: Session | Engine) -> Any:
    """All of it. What is asleep is woken."""
    if isinstance(state, Engine):
        found = {name: health.found for name, health in state.health.items()}
        rest = {name: part for name, part in vars(state).items() if name not in _OF_THE_RUN}
        return _plain((found, rest))
    return _plain(vars(state))


def _plain(value: object) -> Any:
    for kind, told in _TOLD.items():
        if isinstance(value, kind):
            return told(value)
    if value is None or isinstance(
        value, bool | int | float | str | bytes | FunctionType | MethodType
    ):
        return value.__qualname__ if isinstance(value, FunctionType | MethodType) else value
    if isinstance(value, Enum):
        return value
    if isinstance(value, Mapping):
        return type(value).__name__, [(_plain(key), _plain(held)) for key, held in value.items()]
    if isinstance(value, set | frozenset):
        return sorted(map(repr, value))
    if isinstance(value, list | tuple | array) or hasattr(value, "maxlen"):
        return type(value).__name__, [_plain(one) for one in value]  # type: ignore[attr-defined]
    return type(value).__name__, dict(_parts(value))


def _parts(value: object) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Struct):
        names = list(value.__struct_fields__)
    else:
        slots = [name for each in type(value).__mro__ for name in getattr(each, "__slots__", ())]
        names = [*slots, *getattr(value, "__dict__", ())]
    for name in names:
        if hasattr(value, name):
            yield name, _plain(getattr(value, name))


def _threads(threads: Threads) -> Any:
    homes = [_at_home(thread) for thread in threads]
    rest = {
        name: part
        for name, part in vars(threads).items()
        if name not in ("_threads", "_unpack", "_resting")
    }
    return homes, _plain(rest)


def _at_home(thread: Thread) -> Any:
    nodes = thread.nodes  # which may be at rest until then
    parts = dict(_parts(thread))
    parts["_nodes"] = [dict(_parts(node)) for node in nodes.values()]
    for node in parts["_nodes"]:  # worked out when they are asked for
        del node["_said"], node["_secrets"]
    return parts


def _agents(agents: Agents) -> Any:
    homes = [dict(_parts(agent)) for agent in agents]
    return homes, agents.n, agents._agents.most, agents._keeps


def _charges(charges: Charges) -> Any:
    rest = {name: part for name, part in vars(charges).items() if name not in ("_cases", "_open")}
    cases = [dict(_parts(case)) for case in charges.cases]
    kept = {repr(key): _plain(case) for key, case in charges._open.items()}
    return cases, kept, _plain(rest)


def _charge(charge: Charge) -> Any:
    parts = dict(_parts(charge))
    del parts["_said"]
    return {**parts, "said": _plain(charge._unpacked)}


def _open_posts(posts: OpenPosts) -> Any:
    opened = [(post, _plain(posts._wake(posts._open[post]))) for post in posts._order]
    sizes = [posts._size(post) for post in posts._order]
    rest = {name: part for name, part in vars(posts).items() if name not in ("_open", "_unfolded")}
    return opened, sizes, len(posts._open), _plain(rest)


def _groups(groups: GroupTracker) -> Any:
    rest = {name: part for name, part in vars(groups).items() if name != "_clusters"}
    return [dict(_parts(cluster)) for cluster in groups._clusters.values()], _plain(rest)


_TOLD: dict[type, Callable[[Any], Any]] = {
    Threads: _threads,
    Thread: lambda thread: ("thread", thread.id),
    Node: lambda node: ("node", node.thread.id, node.id),
    Agents: _agents,
    Charges: _charges,
    Charge: _charge,
    Case: lambda case: ("case", case.serial),
    OpenPosts: _open_posts,
    GroupTracker: _groups,
    Cluster: lambda cluster: ("cluster", cluster.key),
}
