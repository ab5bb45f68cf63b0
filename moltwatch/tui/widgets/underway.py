"""What goes on while a replay reads its way to another time, where the eye is: it may take a while,
and until then the screen shows what it showed."""

from __future__ import annotations

from moltwatch.times import DAY, SECOND, Micros
from moltwatch.tui.line import Bar, Line
from moltwatch.tui.local_time import day_and_time, time_of_day
from moltwatch.tui.player import Player
from moltwatch.tui.symbols import sign
from moltwatch.wording import count

LONG: Micros = SECOND // 2
"""A way that takes no longer than this says nothing."""


def far(player: Player) -> str:
    """How far it is: in per cent of what is to be read, or else in posts."""
    if player.progress is not None:
        return f"{player.progress} % read"
    return f"{count(player.posts_read, 'post')} read"


def goal(player: Player) -> str:
    """Where it leads, with the day where the recording has several."""
    transport, at = player.transport, player.target or 0
    if transport is not None and transport.end - transport.start > DAY:
        return day_and_time(at)
    return time_of_day(at)


class Underway(Bar):
    """Lies over the centre as long as a replay is on its way."""

    def __init__(self) -> None:
        super().__init__(id="underway")
        self._player: Player | None = None
        self._since: Micros | None = None

    def draw(self, player: Player, wall: Micros) -> None:
        """Show how things stand at ``wall`` on the wall clock."""
        self._player = player
        if not player.seeking:
            self._since = None
        elif self._since is None:
            self._since = wall
        self.display = self._since is not None and abs(wall - self._since) >= LONG
        if self.display:
            self.show((player.target, player.goes_back, far(player)))

    def lines(self, width: int) -> list[Line]:
        player = self._player
        if player is None or player.target is None:
            return []
        back = player.goes_back
        head = f"going {'back' if back else 'on'} to {goal(player)}"
        lines = [Line(width).add(f"  {head}", self.style("accent"))]
        lines[0].add(f" {sign('dot')} {far(player)}", self.style("body"))
        hints = (
            f"all before it is read {'again' if player.reads_again else 'first'}",
            "esc stays here" if player.comes_anew else "esc stops on the way",
        )
        lines += [Line(width).add(f"  {hint}", self.style("dim")) for hint in hints]
        return [Line(width), *lines, Line(width)]
