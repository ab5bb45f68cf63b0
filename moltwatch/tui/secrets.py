"""Secrets on the screen: masked, unless the user asked to see them (``--show-secrets``). What is
copied, recorded or written to stdout is as it came."""

from __future__ import annotations

from collections.abc import Iterable

from moltwatch.heuristics.hazard.credentials import Credentials
from moltwatch.model import Evidence, Kind
from moltwatch.session import Session
from moltwatch.session import secrets as session_secrets
from moltwatch.session.charge import Charge
from moltwatch.session.secrets import WITHHELD, hide, is_told, parts_of
from moltwatch.session.thread import Node
from moltwatch.tui.symbols import sign

_shown = False


def show_secrets(shown: bool) -> None:
    """Whether the screen shows secrets as they are; there is one screen."""
    global _shown
    _shown = shown


def are_shown() -> bool:
    """Whether the screen shows secrets as they are."""
    return _shown


def mask() -> str:
    """What stands in the place of a secret, behind its beginning."""
    return sign("masked") * 3


def shows_secret(flags: Iterable[Evidence]) -> bool:
    """Whether a post was found to show a credential that is to be masked."""
    return not _shown and is_told(flags)


def secrets_of(node: Node | None) -> tuple[str, ...]:
    """What a post shows by itself, and what it was found to show; the longest first."""
    if node is None or node.post is None or _shown:
        return ()
    if not node.charges:
        return node.secrets
    flags = [flag for charge in node.charges for flag in charge.flags]
    found = {*node.secrets, *_found(node.post.body, node.post.title or "", flags)}
    return tuple(sorted(found, key=len, reverse=True))


def secrets_told(charge: Charge) -> tuple[str, ...]:
    """The same by what a charge keeps of its post."""
    return () if _shown else _found(charge.excerpt, charge.title or "", charge.flags)


def _found(body: str, title: str, flags: Iterable[Evidence]) -> tuple[str, ...]:
    credentials = (flag for flag in flags if flag.heuristic == Credentials.name)
    return parts_of(body, len(title), {place for flag in credentials for place in flag.places})


def masked(text: str, node: Node | None) -> str:
    """A text that is the post's, or the beginning of it, without its secrets."""
    return hide(text, secrets_of(node), mask())


def unquoted(text: str, secrets: Iterable[str]) -> str:
    """A text of ours without secrets, of which it may quote the beginning."""
    return session_secrets.hide_quoted(text, secrets, mask())


def masked_text(text: str) -> str:
    """Any harmless text without the secrets in it."""
    return text if _shown else session_secrets.masked(text, mask())


def masked_of(text: str, post: str, session: Session) -> str:
    """A text of a post that may no longer be kept."""
    if (node := session.threads.node(post)) is not None:
        return masked(text, node)
    charges = (session.charges.get(post, kind) for kind in Kind)
    return WITHHELD if any(each and shows_secret(each.flags) for each in charges) else text
