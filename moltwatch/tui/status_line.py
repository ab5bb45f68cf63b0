"""How live sources stand, as pieces of a line: each by itself where there is room for it, otherwise
a sign for each and the worst in words."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from moltwatch.sources.base import State, Status
from moltwatch.sources.standing import WELL, WORST_FIRST, words, worst_first
from moltwatch.times import Micros
from moltwatch.tui.line import safe_line
from moltwatch.tui.local_time import short_time
from moltwatch.tui.symbols import sign

MOST_SIGNS = 8
"""Sources that are worth a sign each; more are counted."""

SHORTEST_NAME = 8
"""Cells of a name that is cut."""

_LOOKS = {
    State.LIVE: ("live", "good"),
    State.POLLING: ("live", "good"),
    State.REPLAYING: ("play", "primary"),
    State.PAUSED: ("pause", "accent"),
    State.ENDED: ("end", "dim"),
    State.FAILED: ("no", "bad"),
    State.RECONNECTING: ("waiting", "bad"),
    State.RATE_LIMITED: ("waiting", "accent"),
    State.CONNECTING: ("waiting", "accent"),
}
"""The names of the sign and of the style."""

Pieces = list[tuple[str, str]]
"""Harmless texts, each with the name of its style."""


def look_of(state: State) -> tuple[str, str]:
    """The sign of a state, so that none needs colour to be told, and the name of its style, which
    says how good the news is."""
    name, style = _LOOKS[state]
    return sign(name), style


def overall(statuses: Sequence[Status]) -> State:
    """The best of their states: as long as one of them works, something comes."""
    states = {status.state for status in statuses if status.state is not State.ENDED}
    return max(states, key=WORST_FIRST.index, default=State.ENDED)


def line_up(statuses: Sequence[Status], now: Micros, room: int) -> Pieces:
    """All of them in ``room`` cells, or what matters most: a sign for each, the worst first, and
    what is the matter with that one. The last piece may be longer; it is the one to cut."""
    worst = worst_first(statuses)
    wide = room if len(worst) == 1 else 10 * room
    every = [piece for status in worst for piece in [*one(status, now, wide), ("  ", "dim")]][:-1]
    if len(worst) == 1 or _cells(every) <= room:
        telling = next((status for status in worst if status.detail), None)
        if telling is None:
            return every
        # At the end of the line a detail would seem to be of the source named last.
        whose = f" {safe_line(telling.called, 30)}:" if len(worst) > 1 else ""
        return [*every, (f"{whose} {safe_line(telling.detail, 60)}", "dim")]
    signs = _signs(worst)
    ill = next((status for status in worst if status.state not in WELL), None)
    if ill is not None:
        said = [(" ", "dim"), *one(ill, now, room - _cells(signs))[1:]]
    else:
        polling = [status for status in worst if status.state is State.POLLING and status.until]
        first = min(polling, key=lambda status: status.until or 0, default=None)
        said = [(f" {len(worst)} connected", "good")]
        if first is not None:
            said += [("  ", "dim"), *one(first, now, room - _cells(signs) - 14)[1:]]
    return signs + said


def one(status: Status, now: Micros, room: int) -> Pieces:
    """A source: its sign, its name, and how it stands; a long name is cut first."""
    (mark, style), stand = look_of(status.state), words(status, now, short_time)
    name = safe_line(status.called, 30)
    most = max(SHORTEST_NAME, room - len(stand) - 3)
    if cell_len(name) > most:
        name = set_cell_size(name, most - 1).rstrip() + "…"
    return [(f"{mark} ", style), (f"{name} ", "strong"), (stand, style)]


def _signs(worst: Sequence[Status]) -> Pieces:
    """A sign for each, those that look alike together."""
    alike: dict[tuple[str, str], int] = {}
    for status in worst:
        look = look_of(status.state)
        alike[look] = alike.get(look, 0) + 1
    few = len(worst) <= MOST_SIGNS
    return [(mark * n if few else f"{mark}{n} ", style) for (mark, style), n in alike.items()]


def _cells(pieces: Pieces) -> int:
    return sum(cell_len(text) for text, _ in pieces)
