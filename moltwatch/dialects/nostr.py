"""Nostr's signed events, and the posts, profiles, votes and deletions they tell of.

NIP-01. Nobody is believed: an event's id is the SHA-256 of its canonical form and its signature is
BIP-340 over the id, and both are checked here, because relays pass on copies that were tampered
with. One event at a time: where a post stands is read as far as its tags tell, and a Clawstr reply
names only what it answers.

Accounts are public keys in hexadecimal, as relays and filters know them, not in the ``npub1…``
form: that begins alike for everybody, so that a column of a screen would show the same few letters
for all. The name an account gives itself changes and is not unique; it is
:attr:`~moltwatch.model.AgentSeen.display`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, TypeAlias
from urllib.parse import quote, unquote

import msgspec
from msgspec import Meta, Struct

from moltwatch.dialects import fields
from moltwatch.dialects.fields import Item, Origin
from moltwatch.errors import BadItem
from moltwatch.model import AgentSeen, Event, Post, Vote
from moltwatch.times import EARLIEST, LATEST, SECOND, Micros

PROFILE = 0
NOTE = 1
DELETION = 5
REACTION = 7
COMMENT = 1111
"""Kinds of events: NIP-01, 10, 09, 25 and 22."""

CLAWSTR = "https://clawstr.com/c/"
"""What the address of a community on Clawstr begins with."""

NJUMP = "https://njump.me/"
"""Shows any event, to people who have no Nostr program."""


_HEX_64 = re.compile(r"[0-9a-f]{64}")
_HEX_128 = re.compile(r"[0-9a-f]{128}")


class NostrEvent(Struct, frozen=True, kw_only=True):
    """An event as it was signed. ``created_at`` is in seconds."""

    id: str
    pubkey: str
    created_at: Annotated[int, Meta(ge=0, lt=2**53)]
    kind: Annotated[int, Meta(ge=0, lt=2**16)]
    tags: list[list[str]]
    content: str
    sig: str

    def values(self, tag: str) -> list[str]:
        """The values of all tags of that name, in order."""
        return [entry[1] for entry in self.tags if len(entry) > 1 and entry[0] == tag]

    def first(self, tag: str) -> str | None:
        """The value of the first tag of that name."""
        return next(iter(self.values(tag)), None)


class Note(Struct, frozen=True, kw_only=True):
    """A post or a comment."""

    id: str
    author: str
    created_at: Micros
    root: str | None
    """Id of the thread's root; None for a reply that does not name it."""
    parent: str | None
    """Id of what is answered; None for a root."""
    community: str | None
    title: str | None
    text: str
    link: str | None
    url: str

    def post(self, thread: str, seen: Micros, source: str) -> Post:
        """The post in its thread. Relays accept what is dated tomorrow: it was written when it was
        seen, at the latest."""
        return Post(
            id=self.id,
            thread=thread,
            parent=self.parent if thread != self.id else None,
            author=self.author,
            community=self.community,
            title=self.title,
            text=self.text,
            created_at=min(self.created_at, seen),
            seen_at=seen,
            link=self.link,
            url=self.url,
            source=source,
        )


class Profile(Struct, frozen=True, kw_only=True):
    """What an account says of itself."""

    id: str
    author: str
    created_at: Micros
    display: str | None
    bio: str | None

    def agent(self, seen: Micros, source: str) -> AgentSeen:
        """The account as it was seen."""
        return AgentSeen(
            name=self.author, seen_at=seen, display=self.display, bio=self.bio, source=source
        )


class Reaction(Struct, frozen=True, kw_only=True):
    """A vote; ``sign`` is 1, -1, or 0 for an emoji, which is neither (NIP-25)."""

    id: str
    author: str
    created_at: Micros
    post: str
    sign: int


class Deletion(Struct, frozen=True, kw_only=True):
    """An author takes posts down."""

    id: str
    author: str
    created_at: Micros
    posts: tuple[str, ...]


Reading: TypeAlias = Note | Profile | Reaction | Deletion


def marks(item: Item) -> bool:
    """Whether an object is an event, if perhaps a damaged one."""
    signed = "sig" in item or isinstance(item.get("kind"), int)
    return signed and "pubkey" in item and "tags" in item


def read(item: Item, origin: Origin) -> list[Event]:
    """What an event that somebody kept tells of: nothing where a vote is neither for nor against.

    Raises BadItem for what is unusable or was tampered with, and for deletions: only the author of
    a post may take it down, and one event alone does not tell whose post it means.
    """
    try:
        event = msgspec.convert(item, NostrEvent)
    except ValueError:  # of the wrong shape, or half a character where none is due
        raise BadItem("an event of the wrong shape") from None
    reading = read_event(event)
    verify(event)
    seen = origin.seen_at(reading.created_at)
    match reading:
        case Note():
            return [reading.post(reading.root or reading.parent or reading.id, seen, origin.source)]
        case Profile():
            return [reading.agent(seen, origin.source)]
        case Reaction(post=post, sign=sign):
            return [Vote(id=post, seen_at=seen, delta=sign, source=origin.source)] if sign else []
    raise BadItem("a deletion, perhaps by a stranger")


def read_event(event: NostrEvent) -> Reading:
    """What an event says. Raises BadItem."""
    created = event.created_at * SECOND
    if not EARLIEST <= created < LATEST:
        raise BadItem("time outside 1970 to 2100")
    if event.kind in (NOTE, COMMENT):
        return _note(event, created)
    if event.kind == PROFILE:
        return _profile(event, created)
    if event.kind == REACTION:
        return _reaction(event, created)
    if event.kind == DELETION:
        posts = tuple(filter(is_key, event.values("e")))
        return Deletion(id=event.id, author=event.pubkey, created_at=created, posts=posts)
    raise BadItem("a kind of event nobody asked for")


def verify(event: NostrEvent) -> None:
    """Raise BadItem unless the event is what its author signed.

    The id costs 2 µs, the signature 70: check an event's bearing first, and none twice.
    """
    from btclib_secp256k1 import ssa

    if not (is_key(event.id) and is_key(event.pubkey) and _HEX_128.fullmatch(event.sig)):
        raise BadItem("an event whose id, key or signature is not hexadecimal")
    if not _is_own_id(event):
        raise BadItem("an event that was tampered with")
    try:
        valid = ssa.verify(
            bytes.fromhex(event.id), bytes.fromhex(event.pubkey), bytes.fromhex(event.sig)
        )
    except ValueError:  # the key is not a point of the curve
        valid = False
    if not valid:
        raise BadItem("an event with a wrong signature")


def is_key(text: str) -> bool:
    """Whether it has the form of an event's id or a public key."""
    return _HEX_64.fullmatch(text) is not None


def _is_own_id(event: NostrEvent) -> bool:
    try:
        return event_id(event) == event.id
    except UnicodeEncodeError:  # half a surrogate pair is no UTF-8
        return False


def event_id(event: NostrEvent) -> str:
    """SHA-256 of the canonical form (NIP-01): an array without blanks, in UTF-8."""
    canonical = [0, event.pubkey, event.created_at, event.kind, event.tags, event.content]
    return hashlib.sha256(msgspec.json.encode(canonical)).hexdigest()


def community_of(event: NostrEvent) -> str | None:
    """The community on Clawstr, or else the first hashtag."""
    scope = event.first("I")
    if scope and scope.startswith(CLAWSTR):
        return unquote(scope.removeprefix(CLAWSTR)).strip("/") or None
    return event.first("t") or None


def community_address(name: str) -> str:
    """What posts in that community are tagged with."""
    return CLAWSTR + quote(name, safe="")


def _note(event: NostrEvent, created: Micros) -> Note:
    root, parent = _position_of_comment(event) if event.kind == COMMENT else _position(event)
    scope = event.first("I") or ""
    on_clawstr = scope.startswith(CLAWSTR)
    community = community_of(event)
    at = f"{community_address(community)}/post/" if on_clawstr and community else NJUMP
    return Note(
        id=event.id,
        author=event.pubkey,
        created_at=created,
        root=root,
        parent=parent,
        community=community,
        title=event.first("subject") or None,
        text=event.content,
        link=scope if scope.startswith(("https://", "http://")) and not on_clawstr else None,
        url=at + event.id,
    )


def _position_of_comment(event: NostrEvent) -> tuple[str | None, str | None]:
    """Root and parent of a comment (NIP-22): capital letters are the root's, small the parent's.

    The root of a thread on Clawstr comments on a web address, so that its replies name that
    address for a root, and of posts only what they answer.
    """
    parents = list(filter(is_key, event.values("e")))
    if not parents:
        return event.id, None
    parent = parents[0]
    roots = list(filter(is_key, event.values("E")))
    if roots:
        return roots[0], parent
    return (None if event.first("k") == str(COMMENT) else parent), parent


def _position(event: NostrEvent) -> tuple[str, str | None]:
    """Root and parent of a note (NIP-10): by markers, or, before there were any, first and last."""
    named = [tag for tag in event.tags if len(tag) > 1 and tag[0] == "e" and is_key(tag[1])]
    marked = {tag[3]: tag[1] for tag in reversed(named) if len(tag) > 3 and tag[3]}
    if marked:
        root = marked.get("root") or marked.get("reply")
        return (root, marked.get("reply") or root) if root else (event.id, None)
    return (named[0][1], named[-1][1]) if named else (event.id, None)


def _profile(event: NostrEvent, created: Micros) -> Profile:
    try:
        said = msgspec.json.decode(event.content)
    except (msgspec.DecodeError, RecursionError):
        raise BadItem("a profile that is not JSON") from None
    if not isinstance(said, Mapping):
        raise BadItem("a profile that is not an object")
    return Profile(
        id=event.id,
        author=event.pubkey,
        created_at=created,
        display=fields.text(said, ("display_name", "displayName"))
        or fields.text(said, ("name", "username")),
        bio=fields.text(said, ("about", "bio")),
    )


def _reaction(event: NostrEvent, created: Micros) -> Reaction:
    # The last one is what is reacted to; those before it, where there are any, are its context.
    posts = list(filter(is_key, event.values("e")))
    if not posts:
        raise BadItem("a vote on nothing")
    sign = {"+": 1, "": 1, "-": -1}.get(event.content, 0)
    return Reaction(id=event.id, author=event.pubkey, created_at=created, post=posts[-1], sign=sign)
