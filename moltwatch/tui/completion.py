"""What may follow in a filter while it is typed: fields, and the values that the session knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from moltwatch.session import Session
from moltwatch.session.filter_terms import CHOICES, FIELDS, NUMBERS, TIMES, typed
from moltwatch.times import format_time

MOST = 40
"""Candidates that are offered."""

_VALUE = re.compile(
    r'(?:^|(?<=[\s(!-]))(?P<field>[A-Za-z]+)(?P<sign>:~|:|=)(?P<value>"[^"]*|[^\s()"]*)$'
)
_FIELD = re.compile(r"(?:^|(?<=[\s(!-]))(?P<field>[A-Za-z]*)$")


@dataclass(frozen=True)
class Candidate:
    """Something that may be meant."""

    text: str
    """What is typed for it."""
    said: str = ""
    """What it is, for people; a stranger's words may be in it."""


@dataclass(frozen=True)
class Completion:
    """What may stand in the place of what was typed from ``start`` to ``end``."""

    start: int
    end: int
    candidates: tuple[Candidate, ...]


def complete(
    text: str, cursor: int, session: Session | None, kept: Mapping[str, str]
) -> Completion:
    """What the field or the value before the cursor may become."""
    before = text[:cursor]
    if match := _VALUE.search(before):
        field, begun = match["field"].lower(), match["value"].lstrip('"')
        known = _values(field, session, kept)
        return Completion(match.start("value"), cursor, _fitting(known, begun))
    match = _FIELD.search(before)
    if match is None or not before.strip():
        begun, start = "", cursor
        if before.strip():
            return Completion(cursor, cursor, ())
    else:
        begun, start = match["field"].lower(), match.start("field")
    if before.strip() and not begun and not before.endswith((" ", "(", "-", "!")):
        return Completion(cursor, cursor, ())
    fields = [
        Candidate(_with_sign(field), _ABOUT.get(field, ""))
        for field in (*FIELDS, *(("is",) if kept else ()))
        if field.startswith(begun)
    ]
    return Completion(start, cursor, tuple(fields) if begun or not before.strip() else ())


def _with_sign(field: str) -> str:
    return f"{field}>" if field in NUMBERS else f"{field}:"


_ABOUT = {
    "after": "a time, 2026-01-31T05:00",
    "author": "who wrote it",
    "before": "a time",
    "community": "where",
    "coordinated": "0 to 1",
    "flagged": "persona, coordinated, hazard, any",
    "group": "moves as one with others",
    "has": "link, title, group, reason",
    "hazard": "0 to 1",
    "heuristic": "what flagged it",
    "is": "a filter that you named",
    "kind": "post or comment",
    "length": "characters",
    "persona": "0 to 1",
    "reason": "why it is flagged",
    "score": "the highest of the three",
}


def _values(field: str, session: Session | None, kept: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a field can be, the likeliest first, each with what is said of it."""
    if field in CHOICES:
        return [(choice, "") for choice in CHOICES[field]]
    if field == "is":
        return list(kept.items())[::-1]
    if session is None:
        return []
    if field == "author":
        agents = sorted(session.agents, key=lambda agent: -agent.n)
        names = session.names
        return [
            (agent.name, f"{agent.n:,}" if (name := names(agent.name)) == agent.name else name)
            for agent in agents
            if agent.n
        ]
    if field == "community":
        return [(name, f"{n:,}") for name, n in communities(session).most_common()]
    if field == "heuristic":
        behind: Counter[str] = Counter()
        for (_, name), n in session.charges.behind.items():
            behind[name] += n
        return [(name, f"{n:,}") for name, n in behind.most_common()]
    if field == "group":
        largest = sorted(session.groups.swarms, key=lambda swarm: -swarm.n)
        return [(swarm.id, f"{swarm.n:,} accounts") for swarm in largest]
    if field == "source":
        return [(name, f"{n:,}") for name, n in session.sources.most_common()]
    if field in TIMES and session.now:
        return [(format_time(session.now), "now")]
    return []


def communities(session: Session) -> Counter[str]:
    """Posts by community, of the threads that are kept."""
    found: Counter[str] = Counter()
    for thread in session.threads:
        if thread.community:
            found[thread.community] += thread.n
    return found


def _fitting(known: Iterable[tuple[str, str]], begun: str) -> tuple[Candidate, ...]:
    """What begins so, and after that what has it somewhere."""
    begun = begun.casefold()
    first: list[Candidate] = []
    then: list[Candidate] = []
    for value, said in known:
        at = value.casefold().find(begun)
        if at == 0 or (begun and said.casefold().startswith(begun)):
            first.append(Candidate(typed(value), said))
        elif at > 0 and len(then) < MOST:
            then.append(Candidate(typed(value), said))
        if len(first) >= MOST:
            break
    return tuple((first + then)[:MOST])
