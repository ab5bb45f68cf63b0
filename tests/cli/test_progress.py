"""What commands without a screen say of their sources on standard error."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from moltwatch.cli.progress import Progress
from moltwatch.model import Event
from moltwatch.sources.base import Source, State, Status
from moltwatch.times import SECOND
from tests.sources.fakes import T0, FakeClock, settle


class Behind(Source):
    """Two sources behind one."""

    def __init__(self) -> None:
        self.spec = "a b"
        self.a = Status(name="a", state=State.LIVE)
        self.b = Status(name="b", state=State.RECONNECTING, detail="connection\x1b[2J lost")
        self.b.until, self.b.lost_at = T0 + 4 * SECOND, T0 - 40 * SECOND

    @property
    def statuses(self) -> Sequence[Status]:
        return self.a, self.b

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        yield ()


async def test_the_line_begins_with_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    source = Behind()
    progress = Progress(live=True, clock=FakeClock())
    async with progress.shown(source):
        await settle()
    drawn = capsys.readouterr().err
    assert "moltwatch: b reconnecting in 4 s, gap of 40 s (connection␛[2J lost)\n" in drawn
    assert "\rb reconnecting in 4 s, gap of 40 s (connection␛[2J lost), 1 connected · " in drawn
    source.b = Status(name="b", state=State.POLLING, until=T0 + 12 * SECOND)
    async with progress.shown(source):
        await settle()
    line = capsys.readouterr().err.partition("\r")[2].partition("\x1b")[0]
    assert line == "0 posts: none flagged · 0 events/s · 2 connected, b polling in 12 s"


async def test_where_nobody_watches_trouble_is_said_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = Progress(live=False, clock=FakeClock())
    for _ in range(2):
        async with progress.shown(Behind()):
            await settle()
    assert capsys.readouterr().err.splitlines() == [
        "moltwatch: b reconnecting in 4 s, gap of 40 s (connection␛[2J lost)"
    ]
