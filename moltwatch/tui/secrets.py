"""Secrets that posts show: a screen is looked at, shared and photographed, so nothing on it repeats
them in full. What is copied, recorded or written to stdout is as it came."""

from __future__ import annotations

from collections.abc import Iterable

from moltwatch.heuristics.hazard.credentials import Credentials
from moltwatch.model import Evidence, Kind
from moltwatch.session import Session
from moltwatch.session.charges import Charge
from moltwatch.session.thread import Node
from moltwatch.tui.symbols import sign

SHOWN_OF_SECRET = 4
"""Characters of a secret that are shown, so that its owner knows which it is."""

SHORTEST_SECRET = 12
"""Characters by which a secret is known where a text is cut within it."""

SHORTEST_PART = 8
"""Characters of what stands of a secret in the title, or in the body, where it begins in one and
ends in the other."""

WITHHELD = "[not repeated here: it looks like a secret]"


def shows_secret(flags: Iterable[Evidence]) -> bool:
    """Whether a post was found to show a credential."""
    return any(flag.heuristic == Credentials.name for flag in flags)


def secrets_of(node: Node | None) -> tuple[str, ...]:
    """What a post was found to show, the longest first."""
    if node is None or not node.charges or node.post is None:
        return ()
    flags = [flag for charge in node.charges for flag in charge.flags]
    return _found(node.post.body, node.post.title or "", flags) if shows_secret(flags) else ()


def secrets_told(charge: Charge) -> tuple[str, ...]:
    """The same by what a charge keeps of its post."""
    return _found(charge.excerpt, charge.title or "", charge.flags)


def _found(body: str, title: str, flags: Iterable[Evidence]) -> tuple[str, ...]:
    found: set[str] = set()
    credentials = (flag for flag in flags if flag.heuristic == Credentials.name)
    for start, end in {place for flag in credentials for place in flag.places}:
        secret = body[start:end]
        if start <= len(title) < end and title:
            parts = secret[: len(title) - start], secret[len(title) - start + 1 :]
            found.update(part for part in parts if len(part) >= SHORTEST_PART)
        elif len(secret.strip()) > SHOWN_OF_SECRET:
            found.add(secret)
    return tuple(sorted(found, key=len, reverse=True))


def masked(text: str, node: Node | None) -> str:
    """A text that is the post's, or the beginning of it, without its secrets."""
    for secret in secrets_of(node):
        mask = f"{secret[:SHOWN_OF_SECRET]}{sign('masked') * 3}"
        text = text.replace(secret, mask)
        at = text.rfind(secret[:SHORTEST_SECRET])
        if at >= 0 and len(text) - at >= SHORTEST_SECRET and secret.startswith(text[at:]):
            text = text[:at] + mask
    return text


def unquoted(text: str, secrets: Iterable[str]) -> str:
    """A text of ours without secrets, of which it may quote the beginning."""
    for secret in secrets:
        if len(secret) <= SHOWN_OF_SECRET:
            continue  # of a post that is no longer kept, there is only the beginning
        begin = secret[:SHORTEST_SECRET]
        at = text.find(begin)
        while at >= 0:
            end = at
            while end < len(text) and text[end : end + 1] == secret[end - at : end - at + 1]:
                end += 1
            mask = f"{secret[:SHOWN_OF_SECRET]}{sign('masked') * 3}"
            text = text[:at] + mask + text[end:]
            at = text.find(begin, at + len(mask))
    return text


def masked_of(text: str, post: str, session: Session) -> str:
    """The same of a post that may no longer be kept."""
    if (node := session.threads.node(post)) is not None:
        return masked(text, node)
    charges = (session.charges.get(post, kind) for kind in Kind)
    return WITHHELD if any(each and shows_secret(each.flags) for each in charges) else text
