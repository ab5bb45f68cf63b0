"""How the commands with a screen end."""

from __future__ import annotations

from typing import Any

import pytest

from moltwatch.cli.screen import show
from moltwatch.errors import MoltwatchError, SourceUnreachable
from moltwatch.sources.registry import Opening
from moltwatch.tui.app import MoltwatchApp


@pytest.mark.parametrize(
    ("failure", "crash", "told"),
    [
        (None, KeyError("thread"), "stopped by a defect: KeyError: 'thread'"),
        (SourceUnreachable("no such host"), None, "no such host"),
    ],
)
def test_what_stopped_the_run_is_told_to_the_shell(
    monkeypatch: pytest.MonkeyPatch,
    failure: MoltwatchError | None,
    crash: Exception | None,
    told: str,
) -> None:
    def run(app: MoltwatchApp, *_: Any, **__: Any) -> None:
        app.player.failure, app.player.crash = failure, crash

    monkeypatch.setattr(MoltwatchApp, "run", run)
    monkeypatch.setattr("moltwatch.tui.terminal.driver_for_terminal", lambda: None)
    with pytest.raises(MoltwatchError, match=told):
        show(["sim:"], Opening())


def test_an_interrupt_hides_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(app: MoltwatchApp, *_: Any, **__: Any) -> None:
        app.player.crash, app.interrupted = KeyError("thread"), True

    monkeypatch.setattr(MoltwatchApp, "run", run)
    monkeypatch.setattr("moltwatch.tui.terminal.driver_for_terminal", lambda: None)
    with pytest.raises(MoltwatchError, match="stopped by a defect"):
        show(["sim:"], Opening())
