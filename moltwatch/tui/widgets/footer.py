"""The keys that work here, as many as fit: textual's own footer cuts off whatever comes last, which
is how to leave."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey  # what it is made of is nowhere else to be had

from moltwatch.tui.fit import fitting
from moltwatch.tui.keys import FIRST_TO_GO


class Keys(Footer):
    """A footer that leaves out what can be done without, rather than what stands last."""

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)

    def compose(self) -> ComposeResult:
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        # The last one needs no blank after it.
        yield from fitting(keys, self.app.size.width + 1, width=_width, rank=_rank)

    def on_resize(self) -> None:
        self.call_after_refresh(self.recompose)


def _width(key: FooterKey) -> int:
    return cell_len(key.key_display) + 1 + cell_len(key.description) + 1


def _rank(key: FooterKey) -> int:
    """What is not named goes last."""
    named = key.description in FIRST_TO_GO
    return FIRST_TO_GO.index(key.description) if named else len(FIRST_TO_GO)
