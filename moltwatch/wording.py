"""How things are put into words where people read."""

from __future__ import annotations


def count(n: int, what: str) -> str:
    """``1 post``, ``2,000 posts``; of what takes no other plural than an s."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
