"""The keys that work here, as many as fit.

Textual's own footer cuts off whatever comes last, which is how to leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.screen import Screen

from moltwatch.tui.line import Bar, Line, truncate


class Keys(Bar):
    """One line of keys, each with what it does; a click is as good as the key."""

    def __init__(self, first_to_go: Sequence[str]) -> None:
        """``first_to_go`` are the words of those that are left out where there is no room for all,
        in this order; what is not among them goes last."""
        super().__init__()
        self._first_to_go = first_to_go

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def lines(self, width: int) -> list[Line]:
        line = Line(width)
        for start, binding in self._places(width):
            line.gap(start - (width - line.room))
            line.add(self._key(binding), self.style("accent")).add(f" {binding.description}")
        return [line]

    def on_click(self, event: events.Click) -> None:
        if binding := self._at(event.x):
            self.app.simulate_key(binding.key)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        binding = self._at(event.x)
        self.tooltip = binding.tooltip or None if binding else None

    def _changed(self, screen: Screen[Any]) -> None:
        self.refresh()

    def _places(self, width: int) -> Iterator[tuple[int, Binding]]:
        """The keys in their order, each with the column where it begins."""
        active = self.screen.active_bindings.values()
        # A key may have several names, and an action is shown once.
        shown = {on.binding.action: on.binding for on in active if on.enabled and on.binding.show}
        kept = truncate(shown.values(), width, width=self._width, rank=self._rank)
        loose = sum(map(self._width, kept)) + len(kept) <= width
        start = 1
        for binding in kept:
            yield start, binding
            start += self._width(binding) + loose

    def _at(self, x: int) -> Binding | None:
        for start, binding in self._places(self.size.width):
            if start <= x < start + self._width(binding) - 1:
                return binding
        return None

    def _key(self, binding: Binding) -> str:
        return self.app.get_key_display(binding)

    def _width(self, binding: Binding) -> int:
        """With a blank before it, and one between key and word."""
        return cell_len(self._key(binding)) + cell_len(binding.description) + 2

    def _rank(self, binding: Binding) -> int:
        order = self._first_to_go
        return order.index(binding.description) if binding.description in order else len(order)
