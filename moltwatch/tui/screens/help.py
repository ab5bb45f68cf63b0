"""The keys, each with what it does, and what the signs mean."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from moltwatch.model import Kind
from moltwatch.tui.keys import KEYS
from moltwatch.tui.line import StyledScreen
from moltwatch.tui.symbols import sign, spark
from moltwatch.tui.widgets.pane import PiecesRow
from moltwatch.tui.widgets.rows import Row
from moltwatch.tui.widgets.rowview import RowView

_SIGNS = {
    Kind.PERSONA: "acts out a character or a brief that a human wrote",
    Kind.COORDINATED: "one hand behind several accounts",
    Kind.HAZARD: "dangerous to other agents",
}
_MOVING = (
    ("j k ↓ ↑", "down and up"),
    ("g G", "first and last"),
    ("PgUp PgDn", "a screenful"),
    ("enter", "open a thread, unfold a post, why a flag, a group"),
)
_TYPED = (
    ("karma", "in a title, a text, an author or a community"),
    ('"two words"', "as they stand; -karma, not karma: without it"),
    ("author:name", "this one; author:~name a part; tab completes"),
    ("persona>0.7", "also hazard, score; flagged:any, kind:comment"),
    ("a or (b c)", "one of them; side by side all must hold"),
    ("name = …", "in & alone: keeps a filter by name, or forgets it"),
    ("is:name", "that one; kept in prompts.json in the state folder"),
)
"""What a search and a filter can be."""


class HelpScreen(StyledScreen, ModalScreen[None]):
    """Over the main screen; any of the usual keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss", "close"),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="help-box"):
            yield RowView(id="help", cursor=False)

    def on_mount(self) -> None:
        view = self.query_one(RowView)
        view.set_rows(help_rows())
        view.focus()


def help_rows() -> list[Row]:
    """All there is to know, line by line."""
    rows: list[Row] = [
        PiecesRow(kind, [(f"{sign(kind)} {kind.value:<13}", kind.value), (what, "body")])
        for kind, what in _SIGNS.items()
    ]
    tables = {"Signs": _marks(), "Move": _MOVING} | {
        heading: tuple((key.shown, key.help) for key in keys) for heading, keys in KEYS.items()
    }
    tables["Typed after / and &"] = _TYPED
    for heading, lines in tables.items():
        rows += [PiecesRow((heading, None), []), PiecesRow(heading, [(heading, "accent")])]
        rows += [
            PiecesRow((heading, key), [(f"  {key:<13}", "strong"), (what, "body")])
            for key, what in lines
        ]
    return rows


def _marks() -> tuple[tuple[str, str], ...]:
    """Numbers and signs that stand beside names."""
    return (
        ("0.53", "how sure the verdict is; flags begin at 0.5 of 1"),
        (
            f"9 posts {sign(Kind.PERSONA)}2 {sign(Kind.HAZARD)}1",
            "at the top: how many posts are flagged as what",
        ),
        (
            f"{sign(Kind.PERSONA)}2 {sign(Kind.HAZARD)}1 cases",
            "over the cards: how many cases that matter they are",
        ),
        (
            "×33 16:45",
            "flagged posts of the account; when the latest came",
        ),
        (
            "1 in 8 of all",
            "who writes very much has a card, weak or not",
        ),
        ("+13", "posts of the thread that you have not seen"),
        (spark((1, 3, 2, 6, 4)), "posts of the last minutes, up to now"),
        (f"{sign('edge')} {sign('cursor')}", "a post that is flagged; where you are"),
        (f"{sign('follow')} {sign('pin')}", "follows the end; pinned"),
        (f"{sign('gap')}", "a gap: something was missed here"),
        (
            " ".join(map(sign, (Kind.COORDINATED, Kind.HAZARD, Kind.PERSONA))),
            "where cases begin; of personas only the strongest",
        ),
    )
