"""What a Nostr relay and its client say to each other; pure.

NIP-01 (filters, messages) and NIP-42 (logging in).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Raw, Struct

from moltwatch.dialects.nostr import NostrEvent, event_id
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
