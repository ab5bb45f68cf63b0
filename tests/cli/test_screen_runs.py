"""Runs of a screen over a recording of which all is known begin where they are wanted."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from moltwatch import moments
from moltwatch.analysis import answers_folder
from moltwatch.cli import screen_runs
from moltwatch.cli.analyse import go_through
from moltwatch.cli.options import LeastScore
from moltwatch.cli.screen_runs import ScreenRuns
from moltwatch.config import Cache, Config
from moltwatch.dialects.lines import encode_lines
from moltwatch.errors import UsageError
from moltwatch.model import Kind, Post
from moltwatch.paths import shipped
from moltwatch.sources.base import State
from moltwatch.sources.registry import FAST, Opening
from moltwatch.tui.player import Goal, Run
from tests.session.whole import whole

DAY = shipped("recordings") / "quiet-day.jsonl.gz"


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moments are kept often."""
    monkeypatch.setattr(moments, "SPACING", 400)


async def analysed(path: Path, min_scores: Sequence[LeastScore] = ()) -> None:
    """Somebody went through it, ahead of the screen."""
    await go_through([str(path)], Config(), min_scores)


def runs(path: Path, **options: object) -> ScreenRuns:
    return ScreenRuns([str(path)], Opening(speed=FAST), Config(), None, **options)  # type: ignore[arg-type]


async def brought(run: Run, n: int) -> Run:
    """The run, where so many events have come."""
    transport = run.source.transport
    assert transport is not None
    transport.pause()
    transport.rush(n)
    task = asyncio.create_task(run.pipeline.run())
    status = run.source.status
    while run.session.counts.events < n or status.state is not State.PAUSED:
        await asyncio.sleep(0)  # nobody tells
        assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return run


async def test_it_is_as_if_all_before_had_been_played() -> None:
    await analysed(DAY)
    known = runs(DAY)
    for n in (1, 399, 400, 401, 1_234, 1_600):
        goal = Goal(0, n)
        near, far = await known.open(goal), await runs(DAY, fresh=True).open(goal)
        begun = near.session.counts.events
        assert begun == n // 400 * 400 and far.session.counts.events == 0
        assert begun <= known.shortcut(goal) <= n
        await brought(near, n)
        await brought(far, n)
        ended = near.source.status.state
        assert whole(near.session) == whole(far.session)
        for run in (near, far):
            transport = run.source.transport
            assert transport is not None and transport.n_events == n
            assert (transport.start, transport.position) == (
                run.session.counts.start,
                run.session.now,
            )
        assert near.source.status.events == far.source.status.events == n
        assert near.source.status.gaps == far.source.status.gaps
        assert ended is far.source.status.state


async def test_a_time_is_come_to_from_the_moment_before() -> None:
    await analysed(DAY)
    known = runs(DAY)
    begun = await known.open(None)
    assert begun.session.counts.events == 0
    transport = (await brought(begun, 900)).source.transport
    assert transport is not None
    run = await known.open(Goal(transport.position))
    assert 0 < run.session.counts.events <= 900 and run.session.now < transport.position
    await run.source.close()


async def test_who_opens_it_at_a_time_need_not_have_opened_it_before() -> None:
    await analysed(DAY)
    run = await runs(DAY).open(Goal(0, 1_000))
    assert run.session.counts.events == 800
    await run.source.close()


async def test_a_start_beyond_the_end_is_told_as_ever() -> None:
    told = []
    for fresh in (True, False):
        with pytest.raises(UsageError) as raised:
            await runs(DAY, fresh=fresh).open(Goal(1_900_000_000_000_000))
        told.append(str(raised.value))
        await analysed(DAY)
    assert told[0] == told[1] and "quiet-day.jsonl.gz goes from " in told[0]


async def test_how_it_ends_is_known_before() -> None:
    await analysed(DAY)
    known = runs(DAY)
    assert known.outlook() is None, "nothing was opened yet"
    run = await known.open(None)
    last = known.outlook()
    await run.pipeline.run()
    assert last is not None and whole(last) == whole(run.session)


@pytest.mark.parametrize(
    "options",
    [{"fresh": True}, {"min_scores": [((Kind.PERSONA,), 0.3)]}, {"record": Path("x.jsonl")}],
)
async def test_what_is_not_of_this_run_is_of_no_use(
    options: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await analysed(DAY)
    run = await runs(DAY, **options).open(Goal(0, 1_000))
    assert run.session.counts.events == 0
    await run.source.close()


async def test_other_scores_have_moments_of_their_own() -> None:
    await analysed(DAY, [((Kind.PERSONA,), 0.3)])
    run = await runs(DAY, min_scores=[((Kind.PERSONA,), 0.3)]).open(Goal(0, 1_000))
    assert run.session.counts.events == 800
    await run.source.close()


async def test_a_recording_that_has_grown_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "day.jsonl.gz"
    shutil.copy(DAY, path)
    await analysed(path)
    known = runs(path)
    run = await known.open(Goal(0, 1_000))
    await run.source.close()
    with path.open("ab") as file:
        file.write(b"more")
    assert known.shortcut(Goal(0, 1_000)) == 0 and known.outlook() is None


@pytest.mark.parametrize("suffix", ["answers", "moments"])
async def test_what_made_room_for_others_is_done_without(suffix: str) -> None:
    await analysed(DAY)
    known = runs(DAY)
    await (await known.open(None)).source.close()
    (path,) = answers_folder().glob(f"*.{suffix}")
    path.unlink()
    assert known.shortcut(Goal(0, 1_000)) == 0 and known.outlook() is None
    run = await brought(await known.open(Goal(0, 1_000)), 1_000)
    assert run.session.counts.events == 1_000


async def test_damaged_moments_are_done_without() -> None:
    await analysed(DAY)
    (path,) = answers_folder().glob("*.moments")
    data = bytearray(path.read_bytes())
    index = data[-16:]
    data[: int.from_bytes(index[:8], "little")] = bytes(int.from_bytes(index[:8], "little"))
    path.write_bytes(data)
    known = runs(DAY)
    run = await brought(await known.open(Goal(0, 1_000)), 1_000)
    assert run.session.counts.events == 1_000
    assert not path.exists() and known.outlook() is None


async def test_what_was_refused_is_told_as_before(tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    posts = [
        Post(
            id=f"p{i}", thread=f"p{i}", author="ada", text=f"post {i}", source="x",
            created_at=1_770_000_000_000_000 + i, seen_at=1_770_000_000_000_000 + i,
        )
        for i in range(1_000)
    ]  # fmt: skip
    lines = encode_lines(posts).splitlines(keepends=True)
    lines[450:450] = [b"{}\n", lines[0]]  # no post, and one that was seen before
    path.write_bytes(b"".join(lines))
    await analysed(path)
    run = await runs(path).open(Goal(0, 999))
    assert run.session.counts.events == 800
    told = dict(run.source.status.rejects.counts)
    assert sum(told.values()) == 2, told
    await run.pipeline.run()
    assert run.source.status.state is State.ENDED
    assert dict(run.source.status.rejects.counts) == told


async def test_without_a_cache_there_are_none(tmp_path: Path) -> None:
    config = Config(cache=Cache(megabytes=0))
    run = await ScreenRuns([str(DAY)], Opening(speed=FAST), config, None).open(Goal(0, 1_000))
    assert run.session.counts.events == 0 and not answers_folder().exists()
    await run.source.close()


class Over:
    """Somebody who was ahead, and is at the end, well or not."""

    running = False

    def __init__(self, succeeded: bool) -> None:
        self.succeeded = succeeded

    def __call__(self, *_: object, fresh: bool) -> Over:
        return self


@pytest.mark.parametrize("succeeded", [False, True])
async def test_what_is_to_be_asked_anew_was_only_if_that_went_well(
    monkeypatch: pytest.MonkeyPatch, succeeded: bool
) -> None:
    monkeypatch.setattr(screen_runs, "worth_it", lambda paths: True)
    monkeypatch.setattr(screen_runs, "Ahead", Over(succeeded))
    await analysed(DAY)
    known = runs(DAY, fresh=True)
    await (await known.open(None)).source.close()
    assert known.shortcut(Goal(0, 1_000)) == (800 if succeeded else 0)


async def test_where_nobody_can_go_ahead_it_is_played_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(screen_runs, "worth_it", lambda paths: True)
    monkeypatch.setattr(subprocess, "Popen", full)
    run = await runs(DAY).open(None)
    assert run.ahead is None
    await brought(run, 100)
