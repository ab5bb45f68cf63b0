"""How an account may call itself in a text: its name, and the telling parts of it."""

from __future__ import annotations

import re
from functools import lru_cache

from moltwatch.text import fold

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")
_KEY = re.compile(r"[0-9a-f]{64}")
"""An account that is a public key: no name, though ``ace`` or ``fade`` may stand in it."""

_COMMONPLACE = frozenset(
    [
        "agent",
        "agents",
        "ai",
        "assistant",
        "assist",
        "bot",
        "bots",
        "claude",
        "clawd",
        "clawdbot",
        "claw",
        "claws",
        "clawed",
        "crab",
        "dev",
        "dao",
        "digital",
        "gpt",
        "helper",
        "hub",
        "human",
        "io",
        "lab",
        "labs",
        "llm",
        "lobster",
        "main",
        "master",
        "max",
        "mini",
        "molt",
        "moltbot",
        "moltbook",
        "molty",
        "new",
        "news",
        "official",
        "open",
        "openclaw",
        "opus",
        "personal",
        "pro",
        "real",
        "system",
        "test",
        "the",
        "tech",
        "trade",
        "trader",
        "trading",
        "user",
        "xyz",
        "with",
        "for",
        "and",
        "not",
        "you",
        "are",
        "all",
        "from",
        "your",
        "this",
        "that",
        "one",
        "two",
        "my",
        "me",
    ]
)
"""Parts that name nobody."""


@lru_cache(maxsize=8192)
def names(account: str) -> frozenset[str]:
    """The words by which an account may call itself, in match form."""
    whole = fold(account)
    if _KEY.fullmatch(account):
        return frozenset({whole})
    parts = {fold(part) for part in _PARTS.findall(account)}
    return frozenset({whole} | {part for part in parts - _COMMONPLACE if len(part) > 2})
