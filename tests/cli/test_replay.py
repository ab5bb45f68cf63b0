"""``moltwatch replay``: its options reach what plays."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from moltwatch.cli.replay import command, first_look
from moltwatch.simulation import guide
from moltwatch.sources.replay import Playhead
from moltwatch.times import SECOND, parse_time
from tests.cli.running import lines, session


@pytest.mark.parametrize(("given", "seconds"), [([], None), (["--max-idle", "1.5"], 1.5)])
def test_silence_can_be_cut_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], seconds: float | None
) -> None:
    played: list[Any] = []

    class Screen:
        """Opens what it is to show, and shows nothing."""

        failure = defect = None
        interrupted = False
        player = SimpleNamespace(session=None)

        def __init__(self, opener: Any, **_: Any) -> None:
            self._opener = opener

        def run(self) -> None:
            played.append(asyncio.run(self._opener(None)).source.transport)

    monkeypatch.setattr("moltwatch.tui.app.MoltwatchApp", Screen)
    monkeypatch.setattr("moltwatch.tui.terminal.driver_for_terminal", lambda: None)
    path = tmp_path / "tide.jsonl"
    path.write_text(lines(session()))
    done = CliRunner().invoke(command, [str(path), *given])
    assert done.exit_code == 0, done.output
    assert isinstance(played[0], Playhead)
    assert played[0]._max_idle == seconds


def test_the_first_look_has_the_thread_of_its_guide_open(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[Any, Any]] = []
    monkeypatch.setattr(
        "moltwatch.cli.replay.show", lambda *args, **rest: shown.append((args, rest))
    )
    first_look()
    ((((source,), opening), rest),) = shown
    assert source.endswith("first-look.jsonl.gz") and rest == {"host": guide.NAME}
    campaign = guide.TOUR[0][0] * SECOND + parse_time("2026-02-14T18:00:00Z")
    assert opening.start is not None and 0 < opening.start - campaign < 10 * SECOND
