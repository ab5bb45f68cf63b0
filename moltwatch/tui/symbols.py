"""Signs for kinds and states: meaning never hangs on colour alone.

All of them are one cell wide on every terminal (no emoji), and each has an ASCII form for terminals
that cannot show it.
"""

from __future__ import annotations

import locale
import os
from collections.abc import Sequence
from functools import cache

from moltwatch.model import Kind

_SIGNS: dict[Kind | str, tuple[str, str]] = {
    Kind.PERSONA: ("◆", "P"),
    "weak": ("◇", "p"),
    Kind.COORDINATED: ("❖", "C"),
    Kind.HAZARD: ("▲", "!"),
    "bars": (" ▁▂▃▄▅▆▇█", " ..::||##"),
    "rail": ("│", "|"),
    "cursor": ("▌", ">"),
    "edge": ("▎", "!"),
    "end": ("■", "#"),
    "fresh": ("●", "*"),
    "warm": ("•", "+"),
    "cool": ("·", "."),
    "play": ("▶", ">"),
    "pause": ("‖", "="),
    "live": ("●", "*"),
    "waiting": ("○", "o"),
    "dot": ("·", "-"),
    "head": ("┃", "|"),
    "line": ("─", "-"),
    "tick": ("┴", "+"),
    "gap": ("╳", "x"),
    "mark": ("▼", "M"),
    "pin": ("◉", "@"),
    "follow": ("⇣", "v"),
    "above": ("⇡", "^"),
    "yes": ("✓", "y"),
    "no": ("✗", "n"),
    "more": ("▾", "v"),
    "folded": ("▸", ">"),
    "answers": ("↳", ">"),
    "edited": ("✎", "~"),
    "slot": ("⟦", "[["),
    "slot-end": ("⟧", "]]"),
    "words": ("‹", "<<"),
    "words-end": ("›", ">>"),
    "unseen": ("⟨", "<"),
    "unseen-end": ("⟩", ">"),
    "masked": ("•", "*"),
}
"""Each with its ASCII form."""


@cache
def _plain() -> bool:
    encoding = locale.getpreferredencoding(False).lower().replace("-", "")
    return encoding not in {"utf8", "utf16", "gb18030"} or bool(os.environ.get("MOLTWATCH_ASCII"))


def sign(what: Kind | str) -> str:
    """The sign for a kind or a state."""
    return _SIGNS[what][_plain()]


def spark(values: Sequence[float], highest: float | None = None) -> str:
    """Bars, one cell for each value; anything above nothing shows at least the lowest."""
    bars = sign("bars")
    top = max(values, default=0.0) if highest is None else highest
    if top <= 0:
        return bars[0] * len(values)
    steps = len(bars) - 1
    return "".join(
        bars[max(1, min(steps, round(value / top * steps)))] if value > 0 else bars[0]
        for value in values
    )
