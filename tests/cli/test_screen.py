"""How the commands with a screen end."""

from __future__ import annotations

from typing import Any

import pytest

from moltwatch.cli.screen import show
from moltwatch.errors import MoltwatchError, SourceUnreachable
from moltwatch.model import Kind
from moltwatch.sources.registry import Opening
from moltwatch.tui.app import MoltwatchApp
from moltwatch.tui.player import Play


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
        app.player.shown = Play(failure=failure, crash=crash)

    monkeypatch.setattr(MoltwatchApp, "run", run)
    monkeypatch.setattr("moltwatch.tui.terminal.driver_for_terminal", lambda: None)
    with pytest.raises(MoltwatchError, match=told):
        show(["sim:"], Opening())


def test_what_the_flags_show_at_first_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[MoltwatchApp] = []
    monkeypatch.setattr(MoltwatchApp, "run", lambda app, *_, **__: opened.append(app))
    monkeypatch.setattr("moltwatch.tui.terminal.driver_for_terminal", lambda: None)
    show(["sim:"], Opening())
    every, persona = tuple(Kind), (Kind.PERSONA,)
    show(["sim:"], Opening(), kinds=["persona"], min_scores=[(every, 0.6), (persona, 0.65)])
    usual, chosen = (app.main.flags.ranking for app in opened)
    assert all(usual.shown.values()) and usual.strength == 0.8
    assert [kind for kind in Kind if chosen.shown[kind]] == [Kind.PERSONA]
    assert chosen.strength == 0.65
    chosen.next_strength()
    assert chosen.strength == 0.8, "a key goes on from there"


def test_an_interrupt_hides_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(app: MoltwatchApp, *_: Any, **__: Any) -> None:
        app.player.shown, app.interrupted = Play(crash=KeyError("thread")), True

    monkeypatch.setattr(MoltwatchApp, "run", run)
    monkeypatch.setattr("moltwatch.tui.terminal.driver_for_terminal", lambda: None)
    with pytest.raises(MoltwatchError, match="stopped by a defect"):
        show(["sim:"], Opening())
