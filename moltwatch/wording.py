"""How things are put into words where people read."""

from __future__ import annotations


def count(n: int, what: str) -> str:
    """``1 post``, ``2,000 posts``; of what takes no other plural than an s."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def count_groups(formed: int, merged: int) -> str:
    """``16 groups``; where some went into others, ``16 groups formed, 2 merged, 14 at the end``."""
    groups = count(formed, "group")
    return (
        f"{groups} formed, {merged:,} merged, {formed - merged:,} at the end" if merged else groups
    )
