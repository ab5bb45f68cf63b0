"""The keys, each with what it does."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from moltwatch.model import Kind
from moltwatch.tui.keys import ROW_KEYS
from moltwatch.tui.rows.text_row import PiecesRow
from moltwatch.tui.rowview import Row, RowView
from moltwatch.tui.symbols import sign

_HELP: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Move",
        (
            ("j k ↑ ↓", "down and up"),
            ("g G", "first and last"),
            ("PgUp PgDn", "a screenful"),
            ("tab", "to the next pane; click works as well"),
            ("enter", "open a thread, unfold a post, go to a flagged post, look at a group"),
            ("esc", "back"),
        ),
    ),
    (
        "Watch",
        (
            ("f", "follow the end of the thread; scrolling up lets go, the end takes hold"),
            ("b", "follow the busiest thread, until you pick one"),
            ("p", "pin the thread: it stays on top and in the deck"),
            ("d", "deck: several threads at once"),
            ("1 2 3", "flags, groups, agent card"),
            ("w", "show or hide that side"),
        ),
    ),
    (
        "Flags",
        (
            ("[ ]", "previous and next flag, in its thread"),
            ("c x", "confirm, dismiss; again takes it back"),
            ("a", "card of the author"),
            ("/ n N", "filter; next and previous post that passes"),
            ("o y", "open in browser, copy"),
        ),
    ),
    (
        "Time",
        (
            ("space", "pause a replay"),
            (".", "one event, while paused"),
            ("+ -", "faster, slower (> and < as well)"),
            ("← →", "back and forward by a hundredth; with shift by a tenth"),
            ("0", "from the start"),
        ),
    ),
    (
        "House",
        (("t", "theme"), (": ctrl+p", "palette: everything by name"), ("q", "quit")),
    ),
)


class HelpView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = list(ROW_KEYS)


class HelpScreen(ModalScreen[None]):
    """Over the main screen; any of the usual keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss", "close"),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="help-box"):
            yield HelpView(id="help", cursor=False)

    def on_mount(self) -> None:
        view = self.query_one(HelpView)
        view.set_rows(_rows())
        view.focus()


def _rows() -> list[Row]:
    rows: list[Row] = [
        PiecesRow(
            "signs",
            [
                piece
                for kind, what in (
                    (Kind.PERSONA, "acts out a character or a brief"),
                    (Kind.COORDINATED, "one hand, many accounts"),
                    (Kind.HAZARD, "dangerous to agents"),
                )
                for piece in ((f" {sign(kind)} {kind.value} ", kind.value), (f"{what} ", "dim"))
            ][:6],
        )
    ]
    for heading, keys in _HELP:
        rows += [PiecesRow((heading, "blank"), []), PiecesRow(heading, [(f" {heading}", "accent")])]
        rows += [
            PiecesRow((heading, key), [(f"   {key:<11}", "strong"), (what, "body")])
            for key, what in keys
        ]
    return rows
