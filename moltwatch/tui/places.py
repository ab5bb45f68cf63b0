"""Where one can go by name, and what can be done by name: posts, threads, accounts, communities and
groups that the session knows, times, and what the keys do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from urllib.parse import unquote, urlsplit

from moltwatch.session import Session
from moltwatch.session.thread import Node
from moltwatch.times import Micros
from moltwatch.tui import local_time
from moltwatch.tui.completion import Candidate, communities
from moltwatch.tui.secrets import masked
from moltwatch.wording import count

MOST = 40
"""Places that are offered."""

LEAST_OF_ID = 3
"""Characters from which the beginning of an id is looked for."""

MOST_COMPARED = 3_000
"""Names that a name is compared with when nothing is called so."""

_GO_TO = "goto "

_LEADS = {"m/": "community", "/m/": "community", "u/": "agent", "/u/": "agent", "@": "agent"}
"""What is meant by what stands before a name."""


@dataclass(frozen=True)
class Place(Candidate):
    """One of them."""

    kind: str = ""
    """``post``, ``thread``, ``agent``, ``community``, ``group`` or ``time``; ``do`` for what a key
    does."""
    id: str = ""
    """Or what to do."""
    thread: str = ""
    """Of a post."""


def places(
    text: str,
    session: Session | None,
    deeds: Sequence[Place],
    span: tuple[Micros, Micros] | None = None,
) -> list[Place]:
    """What may be meant, the likeliest first. A replay covers the ``span``."""
    text = text.strip()
    if text.lower().startswith(_GO_TO):  # as some would say it
        text = text[len(_GO_TO) :].strip()
    if not text:
        return list(deeds)
    kind = ""
    for lead, meant in _LEADS.items():
        if text.lower().startswith(lead):
            kind, text = meant, text[len(lead) :]
            break
    found: dict[tuple[str, str], Place] = {}
    every = _deeds(text, deeds) if not kind else iter(())
    if session is not None:
        named = _ranked(_names(text, session, kind))
        every = iter(
            [*_by_address(text, session), *named[:1], *every, *named[1:], *_by_id(text, session)]
            if not kind
            else named
        )
        if not kind and (at := local_time.read(text, session.now, span)) is not None:
            told = f"{local_time.weekday(at)} {local_time.time_of_day(at)}"
            every = iter([Place(text, told, "time", str(at)), *every])
        if named and _exact(named[0], text):
            every = iter([named[0], *every])
        if not kind and (node := session.threads.node(text)):
            every = iter([post_place(node), *every])
    for place in islice(every, 4 * MOST):
        found.setdefault((place.kind, place.id), place)
    return list(found.values())[:MOST]


def similar(text: str, session: Session | None, deeds: Sequence[Place]) -> list[str]:
    """Names that look like one that nothing is called by."""
    text = text.strip().casefold().removeprefix("@").removeprefix("m/").removeprefix("u/")
    if not text:
        return []
    names: dict[str, str] = {place.text.casefold(): place.text for place in deeds}
    if session is not None:
        known = [agent.name for agent in session.agents if agent.n] + list(communities(session))
        near = (
            name
            for name in reversed(known)
            if abs(len(name) - len(text)) <= 3 and name[:1].casefold() == text[:1]
        )
        names |= {name.casefold(): name for name in islice(near, MOST_COMPARED)}
    return [names[close] for close in get_close_matches(text, names, 3, 0.6)]


def post_place(node: Node) -> Place:
    """A post, or where it begins a thread, that."""
    if node is node.thread.root:
        return Place(node.id, _said_of(node), "thread", node.id, node.id)
    return Place(node.id, _said_of(node), "post", node.id, node.thread.id)


def _said_of(node: Node) -> str:
    return f"{node.author}: {masked(node.title or node.text, node)[:200]}"


def _exact(place: Place, text: str) -> bool:
    return place.text.casefold() == text.casefold()


def _deeds(text: str, deeds: Sequence[Place]) -> Iterator[Place]:
    """What can be done and has all these words in its name."""
    asked = text.casefold().split()
    for place in deeds:
        words = re.findall(r"\w+", place.text.casefold())
        if all(any(word.startswith(one) for word in words) for one in asked):
            yield place


def _by_id(text: str, session: Session) -> Iterator[Place]:
    if len(text) >= LEAST_OF_ID and " " not in text:
        for node in session.threads.beginning(text, MOST):
            if node.post is not None:
                yield post_place(node)
    for swarm in session.groups.swarms:
        if swarm.id.startswith(text):
            yield Place(swarm.id, count(swarm.n, "account"), "group", swarm.id)


def _by_address(text: str, session: Session) -> Iterator[Place]:
    """What an address leads to: by its parts, which as a rule are ids and names, or as a whole."""
    if "/" not in text:
        return
    try:
        parts = urlsplit(text)
    except ValueError:
        return
    steps = [unquote(step) for step in f"{parts.path}/{parts.fragment}".split("/") if step]
    for step in reversed(steps):
        if node := session.threads.node(step) or session.threads.node(step.partition("-")[2]):
            yield post_place(node)
            return
    if not parts.scheme:
        return
    for node in reversed(session.threads.all_posts()):
        if node.post is not None and text in (node.post.url, node.post.link):
            yield post_place(node)
            return
    if len(steps) >= 2:
        before, name = steps[-2].lower(), steps[-1]
        kind = "community" if before in ("m", "c", "r") else "agent"
        yield from (place for place in _names(name, session, kind) if _exact(place, name))


def _names(text: str, session: Session, kind: str) -> Iterator[Place]:
    """What is called so, or has it in its name."""
    asked = text.casefold()
    if kind in ("", "community"):
        for name, n in communities(session).items():
            if asked in name.casefold():
                yield Place(name, count(n, "post"), "community", name)
    if kind in ("", "agent"):
        names = session.names
        for agent in session.agents:
            called = names(agent.name)
            if not agent.n and asked != agent.name.casefold():
                continue  # known by its profile alone
            if asked in agent.name.casefold() or asked in called.casefold():
                yield Place(called, count(agent.n, "post"), "agent", agent.name)
    if not kind:
        for thread in session.threads:
            if asked in thread.title.casefold():
                what = f"{count(thread.n, 'post')}, {thread.author}"
                title = masked(thread.title, thread.root)
                yield Place(title, what, "thread", thread.id, thread.id)


def _ranked(found: Iterator[Place]) -> list[Place]:
    """The shortest names first: they are the nearest to what was typed."""
    order = ("agent", "community", "thread")
    return sorted(found, key=lambda place: (len(place.text), order.index(place.kind)))[:MOST]
