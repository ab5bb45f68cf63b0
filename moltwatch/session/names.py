"""What accounts are called where people read.

Some forums know an account by a key that nobody can tell from another: 64 hexadecimal digits on
Nostr, a DID on Bluesky. The name it gives itself is readable, and anybody can take it as well. So
people are shown both, ``Ada·3f9c``, and as much more of the key as it takes to tell two accounts
apart. Data keep the account as it is.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence

from msgspec import Struct

from moltwatch.model import AgentSeen, Event, Finding
from moltwatch.text import display_line

MOST = 20_000
"""Accounts remembered; the one whose profile was not seen for longest is forgotten first."""

LONGEST = 24
"""Characters shown of the name an account gives itself."""

_KEY = re.compile(
    r"(?:did:plc:)?(?P<key>[0-9a-f]{32,}|(?<=did:plc:)[a-z2-7]{8,}"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
    re.IGNORECASE,
)


class _Known(Struct, frozen=True):
    display: str
    label: str
    """What it is called; empty for an account whose name can be read."""


class Names:
    """Names of the accounts whose profiles were seen. A sink of the pipeline."""

    def __init__(self, most: int = MOST) -> None:
        self.version = 0
        """Raised when an account is called otherwise than before."""
        self._most = most
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._owners: dict[str, str] = {}
        """Which account is called that."""

    def take(self, event: Event, findings: Sequence[Finding] = ()) -> None:
        """Learn from a profile; nothing else tells a name."""
        if isinstance(event, AgentSeen) and event.display:
            self._learn(event.name, event.display)

    def finish(self, findings: Sequence[Finding]) -> None:
        """Nothing is left to do."""

    def __call__(self, account: str) -> str:
        """What to call it: its name where that can be read, otherwise ``Ada·3f9c``, or the
        beginning of its key where it has not said what it is called."""
        if (key := key_of(account)) is None:
            return account
        known = self._known.get(account)
        return known.label if known else f"{key[:8]}…"

    def aliases(self, account: str) -> tuple[str, ...]:
        """Everything it goes by, for those who look for it; the account itself comes first."""
        known = self._known.get(account)
        return (account, known.display, self(account)) if known else (account,)

    def _learn(self, account: str, display: str) -> None:
        before = self._known.pop(account, None)
        if before is None or before.display != display:
            if before is not None:
                self._owners.pop(before.label, None)
            before = _Known(display, self._label(account, display))
            self.version += 1
        self._known[account] = before
        if len(self._known) > self._most:
            _, forgotten = self._known.popitem(last=False)
            self._owners.pop(forgotten.label, None)

    def _label(self, account: str, display: str) -> str:
        """The shortest label that no other account has."""
        key, shown = key_of(account), display_line(display, LONGEST)
        if key is None:
            return ""
        for length in (4, 8, 16, len(key)):
            label = f"{shown}·{key[:length]}" if shown else f"{key[: 2 * length]}…"
            if self._owners.setdefault(label, account) == account:
                break
        return label


def key_of(account: str) -> str | None:
    """The part that tells an unreadable account from others; None for a name that can be read."""
    match = _KEY.fullmatch(account)
    return match["key"] if match else None
