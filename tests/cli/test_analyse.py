"""The pass that goes on ahead of a screen, in a process of its own."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from moltwatch.analysis import answers_folder
from moltwatch.cli.analyse import WORTH_IT, Ahead, worth_it
from moltwatch.cli.screen import show
from moltwatch.paths import shipped
from moltwatch.sources.registry import Opening
from moltwatch.tui.app import MoltwatchApp
from moltwatch.tui.player import Run
from tests.cli.running import moltwatch

DAY = shipped("recordings") / "quiet-day.jsonl.gz"


def answers() -> list[Path]:
    folder = answers_folder()
    return list(folder.iterdir()) if folder.is_dir() else []


def over(ahead: Ahead) -> None:
    ahead._process.wait(60)
    ahead._listener.join(10)


def test_it_asks_for_everybody_and_says_how_far_it_is() -> None:
    ahead = Ahead([str(DAY)], None, fresh=False)
    over(ahead)
    assert ahead._process.returncode == 0 and not ahead.running
    assert ahead.n > 1_592, "posts, and what else comes"
    assert sorted(path.suffix for path in answers()) == [".answers", ".moments"]
    (kept,) = (path for path in answers() if path.suffix == ".answers")
    before = kept.stat().st_mtime_ns
    moltwatch("flags", "quiet-day")
    assert len(answers()) == 2
    assert kept.stat().st_mtime_ns > before, "it was used"


def test_what_lies_in_the_folder_of_the_user_is_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "click.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    ahead = Ahead([str(DAY)], None, fresh=False)
    over(ahead)
    assert ahead.succeeded


def test_it_ends_with_the_screen_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)  # it waits for ever
    ahead = Ahead([str(pipe)], None, fresh=False)
    before = ahead.running
    ahead.stop()
    assert (before, ahead.running, answers()) == (True, False, [])
    ahead.stop()


@pytest.mark.parametrize("size", [WORTH_IT, WORTH_IT - 1])
def test_only_a_recording_that_takes_a_while_is_worth_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    path = tmp_path / "long.jsonl"
    line = b'{"id": "1", "content": "hello", "author": "ada", "created_at": "2026-01-31T05:00:00Z"}'
    path.write_bytes(line + b"\n" * (size - len(line)))
    runs: list[Run] = []

    def look(app: MoltwatchApp) -> None:
        async def opened() -> None:
            for _ in range(2):
                run = await app.player._open(None)
                runs.append(run)
                await run.source.close()

        asyncio.run(opened())

    monkeypatch.setattr(MoltwatchApp, "run", look)
    monkeypatch.setattr("moltwatch.tui.terminal.driver_for_terminal", lambda: None)
    show([str(path)], Opening())
    assert worth_it([path]) == (size == WORTH_IT)
    first, second = (run.ahead for run in runs)
    assert first is second, "one is enough"
    assert (first is not None) == worth_it([path])
    assert first is None or not first.running, "it ended with the screen"


def test_what_is_gone_is_not_worth_it(tmp_path: Path) -> None:
    assert not worth_it([tmp_path, tmp_path / "gone.molt"])
