"""Where a filter is typed; what is wrong with it shows while it is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from moltwatch.errors import UsageError
from moltwatch.session.filter import compile_filter
from moltwatch.tui.line import safe


class FilterInput(Input):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "submit", "filter")]


class FilterPrompt(Vertical):
    """One line to type in, and one for what is wrong."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "never mind"),
    ]

    class Filtered(Message):
        """A filter was entered; empty takes it away."""

        def __init__(self, expression: str) -> None:
            self.expression = expression
            super().__init__()

    class Cancelled(Message):
        """Never mind."""

    def compose(self) -> ComposeResult:
        yield FilterInput(
            placeholder='author:~claw persona>0.7 "exact words" not hello', id="filter"
        )
        yield Static("", id="filter-error")

    def open(self, expression: str) -> None:
        """Type a filter, beginning with this one."""
        self.display = True
        box = self.query_one(Input)
        box.value = expression
        box.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one("#filter-error", Static).update(Content(self._wrong(event.value)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._wrong(event.value):
            self.display = False
            self.post_message(self.Filtered(event.value.strip()))

    def action_cancel(self) -> None:
        self.display = False
        self.post_message(self.Cancelled())

    def _wrong(self, expression: str) -> str:
        try:
            compile_filter(expression)
        except UsageError as error:
            lines = safe(str(error)).split("\n")
            hint = lines[-1].strip(" ^") if len(lines) > 1 else ""
            return f"{lines[0]}{f' ({hint})' if hint else ''}"
        return ""
