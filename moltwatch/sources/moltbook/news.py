"""What is new in an answer, and when it counts as seen; pure.

A poller is given the same posts over and over. Of each, the first sight is a post, another text an
edit, another score a vote; a profile is told of once, and again when it reads differently.

What a poll brings was written since the last poll. It is released in the order in which it was
written, each post at the moment it says, no earlier than what was released before and no later than
now: a push feed would have shown it then. What was written before that (a thread that was read
late) follows in its own rhythm, hastened as far as it must be. Stamping everything with the time of
the poll instead would make strangers who answered minutes apart look as if they had answered
together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, structs

from moltwatch.bounded import Bounded
from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Post, Vote
from moltwatch.times import Micros

MOST_KNOWN = 200_000
"""Posts remembered; the one not met for longest is forgotten first."""

MOST_PROFILES = 50_000


class _Known(Struct):
    """A post as it was last met."""

    mark: int
    score: int | None
    deleted: bool = False


class News:
    """What is known of one forum's posts and profiles."""

    def __init__(self) -> None:
        self._posts: Bounded[str, _Known] = Bounded(MOST_KNOWN)
        self._profiles: Bounded[str, int] = Bounded(MOST_PROFILES)

    def knows(self, id: str) -> bool:
        """The post has been met."""
        return id in self._posts

    def take(self, events: Iterable[Event]) -> list[Event]:
        """What of these is news, in the same order."""
        news: list[Event] = []
        for event in events:
            if isinstance(event, Post):
                news += self._post(event)
            elif isinstance(event, AgentSeen):
                news += self._profile(event)
            else:
                news.append(event)
        return news

    def gone(self, ids: Iterable[str], now: Micros, source: str) -> list[Event]:
        """The server marks these as taken down. Only what was met before is told of, once."""
        news: list[Event] = []
        for id in ids:
            known = self._posts.get(id)
            if known is not None and not known.deleted:
                known.deleted = True
                news.append(Delete(id=id, seen_at=now, source=source))
        return news

    def _post(self, post: Post) -> list[Event]:
        mark = hash((post.title, post.text))
        known = self._posts.get(post.id)
        if known is None:
            self._posts[post.id] = _Known(mark, post.score)
            return [post]
        self._posts.move_to_end(post.id)
        news: list[Event] = []
        if mark != known.mark and not known.deleted:
            known.mark = mark
            news.append(
                Edit(
                    id=post.id,
                    seen_at=post.seen_at,
                    title=post.title,
                    text=post.text,
                    source=post.source,
                )
            )
        if post.score is not None and post.score != known.score:
            known.score = post.score
            news.append(
                Vote(id=post.id, seen_at=post.seen_at, score=post.score, source=post.source)
            )
        return news

    def _profile(self, agent: AgentSeen) -> list[Event]:
        # Karma and followers move all the time; what an account says of itself is what is new.
        mark = hash((agent.display, agent.bio, agent.created_at))
        changed = self._profiles.get(agent.name) != mark
        self._profiles.put(agent.name, mark)
        return [agent] if changed else []


def release(events: Sequence[Event], reached: Micros | None, now: Micros) -> list[Event]:
    """Events in the order and with the times a push feed would have had.

    ``reached`` is the time of the last event released; None before the first. A reply never comes
    before what it answers, whatever their times say; a gap comes before what was written after it.
    """
    floor = min(reached, now) if reached is not None else None
    placed = _Placing(events, floor, now)
    at: dict[str, Micros] = {}
    timed: list[tuple[Micros, Event]] = []
    following: Micros | None = None
    for event in events:
        if isinstance(event, Post):
            moment = placed.at(event.created_at)
            for above in (event.parent, event.thread):
                moment = max(moment, at.get(above or "", moment))
            at[event.id] = moment
            timed.append((moment, event))
        elif isinstance(event, Gap):
            told = event.since if event.recovered else event.until
            timed.append((min(told if floor is None else max(told, floor), now), event))
        else:
            timed.append((now, event))
    # A profile stands directly before its account's post, and moves with it.
    for index in range(len(timed) - 1, -1, -1):
        moment, event = timed[index]
        if isinstance(event, AgentSeen) and following is not None:
            timed[index] = (following, event)
        following = moment if isinstance(event, Post) else None
    timed.sort(key=lambda entry: entry[0])
    return [structs.replace(event, seen_at=moment) for moment, event in timed]


class _Placing:
    """Moments between ``floor`` and ``now`` for what was written at any time."""

    def __init__(self, events: Sequence[Event], floor: Micros | None, now: Micros) -> None:
        self._floor, self._now = floor, now
        written = [event.created_at for event in events if isinstance(event, Post)]
        self._first = min(written, default=now)
        """What was written first, of all that comes late."""

    def at(self, written: Micros) -> Micros:
        if self._floor is None or written >= self._floor:
            return min(written, self._now)
        after, span = written - self._first, self._floor - self._first
        return self._floor + after * min(span, self._now - self._floor) // span
