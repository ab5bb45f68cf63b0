"""What a Nostr relay and its client say to each other, and which of a relay's events are wanted.
Pure.

NIP-01 (filters, messages) and NIP-42 (logging in). What is wanted is said twice, as filters for the
relay and as a check of our own: some relays refuse filters by tags and must be asked for whole
kinds, and no relay is believed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Raw, Struct

from moltwatch.dialects.nostr import (
    CLAWSTR,
    COMMENT,
    DELETION,
    NOTE,
    PROFILE,
    REACTION,
    NostrEvent,
    community_address,
    event_id,
)
from moltwatch.errors import BadItem

LOGIN = 22242
"""Kind of the event that logs in: NIP-42."""

Filter: TypeAlias = Mapping[str, Any]
"""What a client asks for: ``{"kinds": [1111], "#K": ["web"], "since": …}``."""


class Stored(Struct, frozen=True):
    """``EVENT``: an event of a subscription. Stored or live: only ``EOSE`` tells."""

    subscription: str
    event: NostrEvent


class EndOfStored(Struct, frozen=True):
    """``EOSE``: what follows in this subscription is live."""

    subscription: str


class Closed(Struct, frozen=True):
    """``CLOSED``: the relay ended, or refused, a subscription."""

    subscription: str
    reason: str


class Notice(Struct, frozen=True):
    """``NOTICE``: something for people to read; it does not say what it is about."""

    text: str


class Challenge(Struct, frozen=True):
    """``AUTH``: what is to be signed in order to log in."""

    challenge: str


class Answer(Struct, frozen=True):
    """``OK``: whether an event of ours was taken."""

    id: str
    accepted: bool
    reason: str


RelayFrame: TypeAlias = Stored | EndOfStored | Closed | Notice | Challenge | Answer

_frame = msgspec.json.Decoder(list[Raw])
_text = msgspec.json.Decoder(str)
_flag = msgspec.json.Decoder(bool)
_event = msgspec.json.Decoder(NostrEvent)


def read_relay_frame(data: bytes) -> RelayFrame:
    """What a relay sent. Raises BadItem."""
    try:
        parts = _frame.decode(data)
        match _text.decode(parts[0]) if parts else "", parts[1:]:
            case "EVENT", [subscription, event, *_]:
                return Stored(_text.decode(subscription), _event.decode(event))
            case "EOSE", [subscription, *_]:
                return EndOfStored(_text.decode(subscription))
            case "CLOSED", [subscription, *rest]:
                return Closed(_text.decode(subscription), _text.decode(rest[0]) if rest else "")
            case "NOTICE", [text, *_]:
                return Notice(_text.decode(text))
            case "AUTH", [challenge, *_]:
                return Challenge(_text.decode(challenge))
            case "OK", [id, accepted, *rest]:
                reason = _text.decode(rest[0]) if rest else ""
                return Answer(_text.decode(id), _flag.decode(accepted), reason)
    except msgspec.ValidationError:
        raise BadItem("a frame of the wrong shape") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadItem("a frame that is not JSON") from None
    raise BadItem("a frame of no kind we know")


def sign(
    secret: bytes, *, created_at: int, kind: int, tags: list[list[str]], content: str = ""
) -> NostrEvent:
    """Make an event and sign it with a secret key of 32 bytes."""
    from btclib_secp256k1 import ssa, xonly

    pubkey, _ = xonly.from_prvkey(secret)
    draft = NostrEvent(
        id="",
        pubkey=pubkey.hex(),
        created_at=created_at,
        kind=kind,
        tags=tags,
        content=content,
        sig="",
    )
    id = event_id(draft)
    return msgspec.structs.replace(draft, id=id, sig=ssa.sign(bytes.fromhex(id), secret).hex())


def request(subscription: str, filters: Sequence[Filter]) -> bytes:
    """``REQ``: ask for what matches any of the filters; replaces a subscription of that name."""
    return msgspec.json.encode(["REQ", subscription, *filters])


def close(subscription: str) -> bytes:
    """``CLOSE``: enough of that subscription."""
    return msgspec.json.encode(["CLOSE", subscription])


def login(secret: bytes, *, relay: str, challenge: str, created_at: int) -> tuple[str, bytes]:
    """``AUTH``, signed with ``secret``: its id, by which the relay answers, and the frame."""
    tags = [["relay", relay], ["challenge", challenge]]
    event = sign(secret, created_at=created_at, kind=LOGIN, tags=tags)
    return event.id, msgspec.json.encode(["AUTH", event])


class Scope(Struct, frozen=True, kw_only=True):
    """What is watched. Every tag of ``tags`` must have one of its values.

    A relay is asked by the first of them, and the choice is made here: one relay in use (nostream)
    joins one row of tags, and finds nothing that is stored by two. ``l`` stands first, because some
    refuse filters by capital letters.
    """

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
            and _has(event, self.tags)
        )

    def introduces(self, event: NostrEvent) -> bool:
        """Whether it is a profile to be told of as it appears."""
        return event.kind == PROFILE and bool(self.profiles) and _has(event, self.profiles)

    def judges(self, event: NostrEvent) -> bool:
        """Whether it is a vote on, or a deletion of, what may be one of our posts."""
        return event.kind in (DELETION, REACTION) and _has(event, self.reactions)

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
    agent = {"l": ("ai",), "L": ("agent",)}
    tags: dict[str, Sequence[str]] = {**agent, "K": ("web",)}
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


def _has(event: NostrEvent, tags: Mapping[str, Sequence[str]]) -> bool:
    return all(not set(values).isdisjoint(event.values(tag)) for tag, values in tags.items())


def _asked(tags: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {f"#{tag}": list(values) for tag, values in list(tags.items())[:1]}
