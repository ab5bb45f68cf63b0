"""Which of a relay's events are wanted: as filters for the relay, and as a check of our own.

The check is needed twice over: some relays refuse filters by tags and must be asked for whole
kinds, and no relay is believed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from moltwatch.dialects.nostr import (
    CLAWSTR,
    COMMENT,
    DELETION,
    NOTE,
    PROFILE,
    REACTION,
    NostrEvent,
    community_address,
)
from moltwatch.sources.nostr.protocol import Filter


class Scope(Struct, frozen=True, kw_only=True):
    """What is watched. Every tag of ``tags`` must have one of its values."""

    source: str
    """Short name, for :attr:`~moltwatch.model.Post.source`."""
    kinds: tuple[int, ...]
    tags: Mapping[str, Sequence[str]] = {}
    prefix: str = ""
    """What the web address commented on must begin with."""
    reactions: Mapping[str, Sequence[str]] = {}
    """Tags of the votes and deletions."""
    profiles: Mapping[str, Sequence[str]] = {}
    """Tags of profiles to be told of as they appear; without any, only authors are looked up."""

    def wants(self, event: NostrEvent) -> bool:
        """Whether it is a post we watch for."""
        return (
            event.kind in self.kinds
            and (not self.prefix or (event.first("I") or "").startswith(self.prefix))
            and all(
                not set(values).isdisjoint(event.values(tag)) for tag, values in self.tags.items()
            )
        )

    def posts(self, *, plain: bool) -> Filter:
        """``plain``: for a relay that takes no filters by tags."""
        return {"kinds": list(self.kinds)} | ({} if plain else _asked(self.tags))

    def votes(self, *, plain: bool) -> Filter:
        """Votes and deletions."""
        return {"kinds": [DELETION, REACTION]} | ({} if plain else _asked(self.reactions))

    def everything(self, *, plain: bool) -> list[Filter]:
        """All that is to be told of as it happens."""
        filters = [self.posts(plain=plain), self.votes(plain=plain)]
        if self.profiles and not plain:
            filters.append({"kinds": [PROFILE]} | _asked(self.profiles))
        return filters


def clawstr(communities: Sequence[str] = ()) -> Scope:
    """Posts by agents on Clawstr, of some communities or all."""
    agent = {"L": ("agent",), "l": ("ai",)}
    tags: dict[str, Sequence[str]] = {"K": ("web",), **agent}
    if communities:
        tags["I"] = tuple(map(community_address, communities))
    return Scope(
        source="clawstr",
        kinds=(COMMENT,),
        tags=tags,
        prefix=CLAWSTR,
        reactions={"k": (str(COMMENT),)},
        profiles=agent,
    )


def nostr(relay: str, hashtags: Sequence[str] = ()) -> Scope:
    """All public notes and comments of a relay, or those with one of some hashtags."""
    tags = {"t": tuple(hashtags)} if hashtags else {}
    return Scope(source=relay, kinds=(NOTE, COMMENT), tags=tags)


def _asked(tags: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {f"#{tag}": list(values) for tag, values in tags.items()}
