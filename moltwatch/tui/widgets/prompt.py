"""The line in which one types what to look for, what to hide, and where to go.

It is a screen of its own over the main one: no key and no click reaches what lies behind it, and
the focus cannot leave. Everything that is wrong stands under its place while it is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from moltwatch.tui.completion import Candidate, Completion
from moltwatch.tui.line import Bar, Line, StyledScreen, safe_line
from moltwatch.tui.symbols import sign

MOST_SHOWN = 8
"""Candidates in sight."""

WIDE = 110
"""Cells from which there is room for a hint beside what can be chosen."""

LONGEST = 1_000
"""Characters that can be typed."""


@dataclass(frozen=True)
class Wrong:
    """What is wrong with what was typed, from ``start`` to ``end``."""

    what: str
    start: int = 0
    end: int = 0


Deed = Callable[[], None]


class Asking(Protocol):
    """What a prompt asks for."""

    @property
    def sign(self) -> str:
        """What stands before what is typed."""

    @property
    def hint(self) -> str:
        """What can be typed, shown as long as nothing is."""

    @property
    def enter(self) -> str:
        """What the enter key does."""

    @property
    def text(self) -> str:
        """What stands there at first."""

    @property
    def lines(self) -> Sequence[str]:
        """What was typed earlier, the latest last."""

    @property
    def takes_first(self) -> bool:
        """Enter takes the first candidate where none was picked."""

    def complete(self, text: str, cursor: int) -> Completion:
        """What may be meant."""

    def wrong(self, text: str) -> Wrong | None:
        """What is wrong with it so far."""

    def enter_with(self, text: str, picked: Candidate | None) -> Deed | Wrong:
        """What is to be done once the prompt is closed; or what is wrong, which leaves it open."""


class PromptInput(Input):
    """Passes on the few keys that are the prompt's; every other one is typed or means nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "enter"),
        Binding("tab", "screen.pick(1)", "complete"),
        Binding("shift+tab", "screen.pick(-1)", "complete backwards"),
        Binding("up,ctrl+p", "screen.recall(-1)", "earlier"),
        Binding("down,ctrl+n", "screen.recall(1)", "later"),
    ]


class Candidates(Bar):
    """What may be meant, one a line."""

    def __init__(self) -> None:
        super().__init__(id="candidates")
        self._candidates: tuple[Candidate, ...] = ()
        self._at = -1

    def set(self, candidates: tuple[Candidate, ...], at: int) -> None:
        """Show these, the one at a place being picked."""
        self._candidates, self._at = candidates, at
        self.display = bool(candidates)
        self.styles.height = min(len(candidates), MOST_SHOWN)
        self.show((candidates, at))

    def lines(self, width: int) -> list[Line]:
        first = max(0, min(self._at - MOST_SHOWN // 2, len(self._candidates) - MOST_SHOWN))
        shown = self._candidates[first : first + MOST_SHOWN]
        names = [safe_line(candidate.text, 120) for candidate in shown]
        room = min(max(map(cell_len, names), default=0), max(12, width // 2))
        lines = []
        for i, (name, candidate) in enumerate(zip(names, shown, strict=True), first):
            picked = i == self._at
            line = Line(width).add(f" {sign('cursor') if picked else ' '} ", self.style("primary"))
            line.column(room, (name, self.style("strong" if picked else "body"))).gap(2)
            kind = getattr(candidate, "kind", "")
            line.add(f"{kind}  " if kind else "", self.style("accent"))
            line.add(safe_line(candidate.said, 200), self.style("dim"))
            more = len(self._candidates) - first - len(shown)
            if more and i == first + len(shown) - 1:
                line.right((f" {more} more ", self.style("faint")))
            lines.append(line)
        return lines


class Remark(Bar):
    """Under what is typed: what is wrong, at its place, or what the keys do."""

    def __init__(self) -> None:
        super().__init__(id="remark")
        self._wrong: Wrong | None = None
        self._column = self._length = 0
        self._keys = ""

    def set(self, wrong: Wrong | None, column: int, length: int, keys: str) -> None:
        self._wrong, self._column, self._length, self._keys = wrong, column, length, keys
        self.show((wrong, column, length, keys))

    def lines(self, width: int) -> list[Line]:
        if self._wrong is None:
            return [Line(width).add(f"   {self._keys}", self.style("faint"))]
        what = safe_line(self._wrong.what, 300)
        column = max(0, min(self._column, width - 2))
        caret = "^" * max(1, min(self._length, width - 1 - column))
        bad = self.style("bad")
        if width - column - len(caret) - 2 >= min(cell_len(what), width // 2):
            return [Line(width).gap(column).add(caret, bad).add(f" {what}", bad)]
        # No room after the place: the words stand before it.
        before = Line(max(0, column - 1)).gap(1)
        before.add(what, bad)
        before.gap(before.room)
        before.room = width - max(0, column - 1)
        return [before.gap(1).add(caret, bad)]


class PromptScreen(StyledScreen, ModalScreen[None]):
    """Over the main screen, at the bottom."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "never mind")]

    def __init__(self, asking: Asking) -> None:
        super().__init__()
        self._asking = asking
        self._input = PromptInput(
            asking.text,
            placeholder=asking.hint,
            select_on_focus=False,
            max_length=LONGEST,
            id="typed",
        )
        self._input.cursor_blink = False
        self._candidates = Candidates()
        self._remark = Remark()
        self._completion = Completion(0, 0, ())
        self._for = asking.text
        """What the completion is for."""
        self._known = asking.text
        """What is typed so far, as far as it was taken in."""
        self._picked = -1
        self._back = 0
        """How many lines back in what was typed earlier."""
        self._draft = asking.text

    def compose(self) -> ComposeResult:
        with Vertical(id="prompt-box"):
            yield self._candidates
            with Horizontal(id="prompt-line"):
                yield PromptSign(self._asking.sign)
                yield self._input
            yield self._remark

    def on_mount(self) -> None:
        self.set_focus(self._input)  # at once: more may have been typed already
        self._look()

    # --- what is typed ----------------------------------------------------------------------------

    @property
    def value(self) -> str:
        """What is typed so far."""
        return self._input.value

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._take_in()

    def _take_in(self) -> None:
        """Look at what was typed since: keys come faster than word of what they changed."""
        value = self._input.value
        if value != self._known:
            self._known = self._draft = value
            self._back = 0
            self._look()

    def _look(self) -> None:
        """Find out what may be meant, and what is wrong."""
        value = self._input.value
        self._picked = -1
        self._for = value
        self._completion = self._asking.complete(value, self._input.cursor_position)
        self._show(self._asking.wrong(value))

    def _show(self, wrong: Wrong | None) -> None:
        at = self._picked
        typed = self._input.value.strip()
        if at < 0 and typed and self._asking.takes_first and self._completion.candidates:
            at = 0
        self._candidates.set(self._completion.candidates, at)
        before = self._input.value[: wrong.start] if wrong else ""
        place = cell_len(self._asking.sign) + 2 + cell_len(before) - self._input.scroll_offset.x
        length = cell_len(self._input.value[wrong.start : wrong.end]) if wrong else 0
        keys = [f"enter {self._asking.enter}"]
        if self._completion.candidates:
            keys.append("tab completes")
        if self._asking.lines:
            keys.append("↑ ↓ what was typed earlier")
        dot = f" {sign('dot')} "
        self._remark.set(wrong, place, length, dot.join([*keys, "esc never mind"]))

    def _fill(self, text: str, cursor: int) -> None:
        self._known = text
        self._input.value = text
        self._input.cursor_position = cursor

    def action_pick(self, by: int) -> None:
        """Take the next or previous of what may be meant."""
        self._take_in()
        candidates = self._completion.candidates
        if not candidates:
            return
        if self._picked < 0:
            self._picked = 0 if by > 0 else len(candidates) - 1
        else:
            self._picked = (self._picked + by) % len(candidates)
        completion, picked = self._completion, candidates[self._picked].text
        text = self._for[: completion.start] + picked + self._for[completion.end :]
        self._fill(text, completion.start + len(picked))
        if len(candidates) == 1 and not self._asking.takes_first:
            self._look()
        else:
            self._show(self._asking.wrong(text))

    def action_recall(self, by: int) -> None:
        """Go through what was typed earlier."""
        self._take_in()
        lines = self._asking.lines
        back = max(0, min(self._back - by, len(lines)))
        if back == self._back:
            return
        self._back = back
        text = lines[-back] if back else self._draft
        self._fill(text, len(text))
        self._look()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._take_in()
        candidates = self._completion.candidates
        picked = candidates[self._picked] if self._picked >= 0 else None
        if picked is None and self._asking.takes_first and candidates:
            picked = candidates[0]
        done = self._asking.enter_with(event.value, picked)
        if isinstance(done, Wrong):
            self._show(done)
            return
        self.dismiss()
        done()

    def action_cancel(self) -> None:
        self.dismiss()

    def on_click(self, event: events.Click) -> None:
        """A click elsewhere closes it, and does no more."""
        if event.widget is self:
            self.dismiss()


class PromptSign(Bar):
    """What kind of prompt it is."""

    def __init__(self, text: str) -> None:
        super().__init__(id="prompt-sign")
        self._text = text
        self.styles.width = cell_len(text) + 2

    def lines(self, width: int) -> list[Line]:
        return [Line(width).add(f" {self._text} ", self.style("accent"))]


# --- one key --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """Something that one key means."""

    key: str
    name: str
    value: str
    """What would be chosen, a stranger's word; empty where there is nothing to choose."""
    said: str
    """What people call it."""


class ChooserScreen(StyledScreen, ModalScreen[None]):
    """One line, one key: this author, thread, community or group, or everything but that.

    The key in upper case, or after ``-``, means everything but that.
    """

    def __init__(self, choices: Sequence[Choice], chosen: Callable[[Choice, bool], None]) -> None:
        super().__init__()
        self._choices = choices
        self._chosen = chosen
        self._not = False
        self._remark = ""
        self._line = ChooserLine()

    def compose(self) -> ComposeResult:
        yield self._line

    def on_mount(self) -> None:
        self._line.set(self._choices, negative=self._not, remark="")

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        character = event.character or ""
        choice = next((one for one in self._choices if one.key == character.lower()), None)
        if event.key == "escape":
            self.dismiss()
        elif character == "-":
            self._not = not self._not
            self._line.set(self._choices, negative=self._not, remark="")
        elif choice is None or not choice.value:
            missing = f"no {choice.name} here" if choice else "one of these, or esc"
            self._line.set(self._choices, negative=self._not, remark=missing)
        else:
            self.dismiss()
            self._chosen(choice, self._not or character.isupper())

    def on_click(self) -> None:
        self.dismiss()


class ChooserLine(Bar):
    """What can be chosen, on one line."""

    def __init__(self) -> None:
        super().__init__(id="chooser")
        self._choices: Sequence[Choice] = ()
        self._negative = False
        self._remark = ""

    def set(self, choices: Sequence[Choice], *, negative: bool, remark: str) -> None:
        self._choices, self._negative, self._remark = choices, negative, remark
        self.show((tuple(choices), negative, remark))

    def lines(self, width: int) -> list[Line]:
        style = self.style
        line = Line(width).add(" = ", style("accent"))
        line.add("hide " if self._negative else "only ", style("strong"))
        said = self._remark or ("- or shift: hide instead" if width >= WIDE else "")
        named = sum(len(choice.name) + 4 for choice in self._choices)
        spare = line.room - cell_len(said) - 3 - named
        left = sum(1 for choice in self._choices if choice.value)
        shown = {choice.key: safe_line(choice.said, 60) for choice in self._choices if choice.value}
        rooms: dict[str, int] = {}
        # The shortest first: what they leave is for the others.
        for key in sorted(shown, key=lambda key: cell_len(shown[key])):
            rooms[key] = min(cell_len(shown[key]) + 1, max(0, spare // left))
            spare, left = spare - rooms[key], left - 1
        for choice in self._choices:
            here = choice.key in shown
            line.add(f" {choice.key} ", style("accent" if here else "faint"))
            line.add(f"{choice.name} ", style("dim" if here else "faint"))
            if here and (room := rooms[choice.key]) > 1:
                line.column(room, (shown[choice.key], style("body")))
        line.right((f" {said} ", style("bad" if self._remark else "faint")))
        return [line]
