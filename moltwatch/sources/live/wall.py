"""Feeds whose time is ours: what arrives is observed now, whenever it was written."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from moltwatch.bounded import Bounded
from moltwatch.model import AgentSeen, Event, Post
from moltwatch.sources.base import Status
from moltwatch.sources.live.continuity import AHEAD
from moltwatch.sources.live.feed import Feed
from moltwatch.times import Micros

MOST_PROFILES = 20_000
"""Accounts whose profile is remembered, so that it is told again only when it changes."""


class WallFeed(Feed):
    """What such feeds share; a protocol adds :meth:`receive`.

    ``status`` names what comes and counts what is refused.
    """

    def __init__(self, status: Status) -> None:
        super().__init__(status.name, status.rejects)
        self.resumed = False
        """This connection gives back what was missed, by the server's word."""
        self._profiles: Bounded[int, int] = Bounded(MOST_PROFILES)
        """Hashes of accounts, and of what they said of themselves last; both may be long."""

    def quiet(self, now: Micros) -> list[Event]:
        """Nothing came for a while; a connection that stays open is one, and time goes on."""
        self._past.heard = True
        return [*self._past.mend(now, recovered=self.resumed), *self._past.beat(now)]

    def lost(self, reason: str, *, skip: bool = False) -> None:
        self._past.lost(reason)
        self.resumed = False

    def give_up(self, now: Micros) -> list[Event]:
        return self._past.mend(now, recovered=False)

    def _deliver(self, events: Sequence[Event], now: Micros) -> list[Event]:
        """What of them is new, after the gap of the last broken connection if one is still owed.

        The gap counts as closed if the server resumed, or if something comes that had come before
        it: then what lay between has come again as well.
        """
        new = [event for event in events if self._is_new(event)]
        posts = sum(isinstance(event, Post) for event in events)
        closed = posts > sum(isinstance(event, Post) for event in new)
        gap = self._past.mend(now, recovered=closed or self.resumed)
        if new:
            self._past.advance(now)
        return gap + new

    def _is_new(self, event: Event) -> bool:
        if isinstance(event, Post):
            return not self._past.repeated(event.id)
        if isinstance(event, AgentSeen):
            return self._is_news(event)
        return True

    def _is_news(self, agent: AgentSeen) -> bool:
        """Whether a profile says something it did not say before."""
        account, says = hash(agent.name), hash((agent.display, agent.bio))
        known = self._profiles.get(account)
        self._profiles.put(account, says)
        return known != says


def believed(post: Post, now: Micros) -> Post:
    """The post, with an :func:`honest` time of writing."""
    created = honest(post.created_at, now)
    return post if created == post.created_at else structs.replace(post, created_at=created)


def honest(created: Micros | None, now: Micros) -> Micros:
    """The time of writing as far as it can be believed: what was written has been written."""
    return now if created is None or created > now + AHEAD else created
