"""A list of rows of any height that draws only what is on the screen.

Rows are drawn line by line when the terminal asks for them (Textual's line API); nothing rendered
is kept but a small cache of strips. The virtual size is set once a frame. While rows come in, the
view stays where it is: at the end when it follows, on the same row when it does not.

OptionList, ListView and RichLog cost more with every row they hold; this does not.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from time import perf_counter
from typing import ClassVar, Self

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from moltwatch.tui.line import Line, Styled, StyledScreen, shorten
from moltwatch.tui.widgets.rows import AT_ONCE, Look, Row, RowLayout, Target

BUDGET = 0.002
"""Seconds a frame may spend on finding out heights that nobody looks at."""


class RowView(Styled, ScrollView, can_focus=True):
    """Rows, a cursor, and the end to follow. ``stays`` says that the focus does so when the user
    goes to what a row is about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "down", "down", show=False),
        Binding("k,up", "up", "up", show=False),
        Binding("g,home", "first", "first", show=False),
        Binding("G,end", "last", "last", show=False),
        Binding("pagedown,ctrl+f,ctrl+d", "page(1)", "page down", show=False),
        Binding("pageup,ctrl+b,ctrl+u", "page(-1)", "page up", show=False),
    ]

    cursor: reactive[int] = reactive(-1, repaint=False)
    following: reactive[bool] = reactive(False, repaint=False)

    class OfRow(Message):
        """The user did something with a row."""

        def __init__(self, view: RowView, row: Row) -> None:
            self.view, self.row = view, row
            super().__init__()

        @property
        def control(self) -> RowView:
            return self.view

    class Chosen(OfRow):
        """Enter or a click on the row under the cursor."""

    class Moved(OfRow):
        """The user moved the cursor."""

    class Scrolled(Message):
        """The user scrolled by mouse."""

        def __init__(self, view: RowView) -> None:
            self.view = view
            super().__init__()

    def __init__(
        self,
        *,
        id: str | None = None,
        follow: bool = False,
        empty: str = "",
        cursor: bool = True,
        stays: bool = False,
        guess: Callable[[Row, int], int] | None = None,
    ) -> None:
        super().__init__(id=id)
        self.stays = stays
        self._row_layout = RowLayout(guess)
        self._strips: LRUCache[Hashable, list[Strip]] = LRUCache(1_024)
        self._fresh: dict[Hashable, int] = {}
        self._empty = empty
        self._has_cursor = cursor
        self._base: Style | None = None
        """The style under everything; finding it means asking all ancestors."""
        self.follows = follow
        """Whether it may follow the end."""
        self.away = False
        """It follows, but what is newest is not at the end, and that is where it looks."""
        self._settling = False
        self.set_reactive(RowView.following, follow)

    def say_when_empty(self, text: str) -> None:
        """What stands where there are no rows."""
        if text != self._empty:
            self._empty = text
            self.repaint()

    def focus(self, scroll_visible: bool = True) -> Self:
        """Have the keys from now on: the next one may be here already."""
        self.refresh()
        if self.is_attached:
            self.screen.set_focus(self, scroll_visible)
        return self

    # --- rows -------------------------------------------------------------------------------------

    @property
    def rows(self) -> Sequence[Row]:
        return self._row_layout.rows

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else None

    @property
    def target(self) -> Target | None:
        """What the row under the cursor is about."""
        return self.current.target if self.current else None

    @property
    def targets(self) -> Iterator[Target]:
        """What the rows on the screen are about, and the one under the cursor."""
        layout, top = self._row_layout, self.scroll_offset.y
        if self.rows and self.size.height:
            for i in range(layout.at(top), layout.at(top + self.size.height - 1) + 1):
                if target := self.rows[i].target:
                    yield target
        if target := self.target:
            yield target

    def forget_looks(self) -> None:
        """Draw every row anew: what all of them depend on has changed."""
        self._strips.clear()
        self.repaint()

    def leave(self) -> bool:
        """Take the cursor out of the rows; False if it is in none."""
        if self.cursor < 0:
            return False
        self.cursor = -1
        self.repaint()
        return True

    def go_home(self) -> bool:
        """Show the first rows, the cursor in none; False if it was so."""
        if not self.leave() and self.scroll_offset.y <= 0:
            return False
        self._resettle(0)
        return True

    def set_rows(self, rows: Sequence[Row], *, hold_cursor: bool = False) -> None:
        """Show these rows instead; cursor and place stay with the row they were at. With
        ``hold_cursor``, the row under the cursor stays on its line of the screen while the user is
        here. A cursor that was in sight, or whose row is gone, is in sight."""
        current = self.current
        in_sight = self.cursor in self.in_sight
        anchor, offset = (None, 0) if self.at_end else self._anchor()
        if hold_cursor and current is not None and self.has_focus:
            anchor = current
            offset = self.scroll_offset.y - self._row_layout.top(self.cursor)
        layout = self._row_layout
        layout.replace(rows)
        if current is not None:
            at = layout.find(current.key)
            in_sight = in_sight or at is None
            self.set_reactive(
                RowView.cursor, min(self.cursor, len(layout) - 1) if at is None else at
            )
        at = layout.find(anchor.key) if anchor else None
        self._resettle(None if at is None else layout.top(at) + offset)
        if in_sight and self.current and self.cursor not in self.in_sight:
            self._find_out_around(self.cursor)
            self._resettle(layout.top(self.cursor))

    def extend_rows(self, rows: Sequence[Row]) -> None:
        """Add rows at the end."""
        self._row_layout.extend(rows)
        self._resettle(None)

    def insert_rows(self, at: int, rows: Sequence[Row]) -> None:
        """Add rows before the one that is there; what is in sight stays there."""
        layout = self._row_layout
        if at >= len(layout):
            self.extend_rows(rows)
            return
        y = self.scroll_offset.y
        above = layout.top(at) < y or (layout.top(at) == y > 0)
        grown = layout.insert(at, rows)
        if self.cursor >= at:
            self.set_reactive(RowView.cursor, self.cursor + len(rows))
        self._resettle(y + grown if above else None)

    @property
    def at_end(self) -> bool:
        """Whether it follows and looks at the end."""
        return self.following and not self.away

    @property
    def in_sight(self) -> range:
        """The places of the rows that are on the screen, in part or as a whole."""
        if not self.rows:
            return range(0)
        y, height = self.scroll_offset.y, self.scrollable_content_region.height
        last = self._row_layout.at(max(y, y + height - 1))
        return range(self._row_layout.at(y), last + 1)

    def line_of(self, i: int) -> int:
        """On which line of the screen a row begins; outside of it, less than none or beyond."""
        return self._row_layout.top(i) - self.scroll_offset.y

    def hold(self, i: int, line: int) -> None:
        """Bring a row to a line of the screen."""
        self._find_out_around(i)
        self._resettle(max(0, self._row_layout.top(i) - line))

    def look_at(self, i: int) -> None:
        """Follow, and show a row, with some of what comes before it in sight."""
        self.following = True
        self.away = i < len(self.rows) - 1
        if self.away:
            self._find_out_around(i)
            top, bottom = self._row_layout.top(i), self._row_layout.bottom(i)
            lead = max(0, self.scrollable_content_region.height - (bottom - top)) // 3
            if self.cursor >= 0:
                self.set_reactive(RowView.cursor, i)
            self._resettle(top - lead)
        else:
            self._resettle(None)

    def touch(self, key: Hashable, level: int = 3) -> None:
        """A row is fresh for a moment."""
        self._fresh[key] = level

    def cool(self) -> None:
        """A moment has passed."""
        if self._fresh:
            self._fresh = {key: level - 1 for key, level in self._fresh.items() if level > 1}
            self.repaint()

    def settle(self) -> None:
        """Find out some more heights; what is in sight stays where it is."""
        layout = self._row_layout
        if not layout.guessed:
            return
        y = self.scroll_offset.y
        i = layout.at(y)
        place, height = layout.top(i), layout.height
        until = perf_counter() + BUDGET
        while layout.guessed and perf_counter() < until:
            layout.find_out(layout.guessed - AT_ONCE, layout.guessed)
        if (place, height) != (layout.top(i), layout.height):
            self._resettle(layout.top(i) + y - place)

    def _find_out(self, first: int, last: int) -> None:
        """Make sure of the heights of some rows, which somebody looks at."""
        layout = self._row_layout
        if layout.guessed:
            layout.find_out(first, last)
            self._set_size()

    def _find_out_around(self, i: int) -> None:
        lines = self.scrollable_content_region.height
        self._find_out(i - lines, i + lines)

    def _anchor(self) -> tuple[Row | None, int]:
        """The row at the top of what is in sight, and how much of it is above that."""
        y = self.scroll_offset.y
        if not self.rows or y <= 0:
            return None, 0
        i = self._row_layout.at(y)
        return self.rows[i], y - self._row_layout.top(i)

    def _resettle(self, y: int | None) -> None:
        layout, lines = self._row_layout, self.scrollable_content_region.height
        if layout.guessed:
            if self.at_end:
                layout.find_out(len(layout) - lines, len(layout))
            else:
                first = layout.at(self.scroll_offset.y if y is None else y)
                layout.find_out(first, first + lines + 1)
        self._settling = True
        self._set_size()
        if self.at_end:
            self.scroll_end(animate=False, immediate=True)
            if self._has_cursor and self.cursor >= 0:
                self.set_reactive(RowView.cursor, len(self.rows) - 1)
        elif y is not None and max(0, y) != self.scroll_offset.y:
            self.scroll_to(y=y, animate=False, immediate=True)
        if self.scroll_offset.y > self.max_scroll_y:  # there are fewer rows than there were
            self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True)
        self._settling = False
        self.repaint()

    def _set_size(self) -> None:
        size = Size(self._row_layout.width, self._row_layout.height)
        if size != self.virtual_size:
            # Assigning it would lay out the whole screen again, each frame. Nothing moves but the
            # scroll bar, whose place is kept free.
            self.set_reactive(RowView.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
            self.vertical_scrollbar.window_size = self.scrollable_content_region.height

    # --- drawing ----------------------------------------------------------------------------------

    def line_at(self, y: int) -> Strip:
        base = self._base
        if base is None:
            base = self._base = self.rich_style
        layout = self._row_layout
        y += self.scroll_offset.y
        if y >= layout.height or not layout.rows:
            line = Line(layout.width)
            if not layout.rows:
                said = ["", *shorten(self._empty, layout.width - 3, 4)]
                line.add(f"  {said[y] if y < len(said) else ''}", self.style("faint"))
            return line.strip(base)
        i = layout.at(y)
        row = layout.rows[i]
        strips = self._draw(
            row, Look(i == self.cursor, self.has_focus, self._fresh.get(row.key, 0))
        )
        at = y - layout.top(i)
        return strips[at] if at < len(strips) else Line(layout.width).strip(base)

    def _draw(self, row: Row, look: Look) -> list[Strip]:
        width = self._row_layout.width
        cached = (row.key, row.stamp, width, look)
        strips = self._strips.get(cached)
        if strips is None:
            base = self.rich_style
            if look.selected and self._has_cursor:
                base += self.under("cursor" if look.focused else "cursor-blurred")
            strips = [line.strip(base) for line in row.lines(width, self.style, look)]
            self._strips[cached] = strips
        return strips

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
        self._base = None

    # --- cursor and scrolling ---------------------------------------------------------------------

    def on_resize(self) -> None:
        width = self.scrollable_content_region.width
        if width != self._row_layout.width:
            anchor, _ = self._anchor()
            self._row_layout.resize(width)
            at = self._row_layout.find(anchor.key) if anchor else None
            self._resettle(None if at is None else self._row_layout.top(at))
        elif self.at_end:
            self._resettle(None)
        if self.has_focus and not self.at_end and 0 <= self.cursor not in self.in_sight:
            self.move_to(self.cursor, tell=False)

    def remeasure(self) -> None:
        """A row changed its height."""
        self.set_rows(self.rows)

    def move_to(self, i: int, *, tell: bool = True) -> None:
        """Put the cursor on a row and bring it into sight."""
        if not self.rows:
            return
        i = max(0, min(i, len(self.rows) - 1))
        self.cursor = i
        self._find_out_around(i)
        top, bottom = self._row_layout.top(i), self._row_layout.bottom(i)
        height = self.scrollable_content_region.height
        y = self.scroll_offset.y
        if top < y or bottom - top >= height:
            self.scroll_to(y=top, animate=False, immediate=True)
        elif bottom > y + height:
            self.scroll_to(y=bottom - height, animate=False, immediate=True)
        self.following = self.at_end and i == len(self.rows) - 1
        self.repaint()
        if tell:
            self.post_message(self.Moved(self, self.rows[i]))

    def move_to_key(self, key: Hashable) -> bool:
        """Put the cursor on the row with this key, with some of what comes before it in sight;
        tell whether there is one."""
        i = self._row_layout.find(key)
        if i is None:
            return False
        self.following = False
        self.move_to(i, tell=False)
        top = self._row_layout.top(i)
        lead = (self.scrollable_content_region.height - (self._row_layout.bottom(i) - top)) // 3
        self.scroll_to(y=top - max(0, lead), animate=False, immediate=True)
        return True

    def entry(self) -> int:
        """Where the cursor goes when there was none."""
        return len(self.rows) - 1 if self.at_end else self._row_layout.at(self.scroll_offset.y)

    def on_focus(self) -> None:
        if self.cursor < 0 and self.rows and self._has_cursor:
            self.move_to(self.entry(), tell=False)

    def action_down(self) -> None:
        self._step(1)

    def action_up(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        if self._has_cursor:
            self.move_to(self.entry() if self.cursor < 0 else self.cursor + by)
        else:
            self.scroll_relative(y=by, animate=False, immediate=True)

    def action_first(self) -> None:
        self.following = False
        self.move_to(0)
        self.scroll_home(animate=False, immediate=True)

    def action_last(self) -> None:
        """Go to the last row. Where something is held back that key takes it up again, and only a
        view that follows goes to its end."""
        screen = self.screen
        if isinstance(screen, StyledScreen) and screen.take_up() and not self.follows:
            return
        self.move_to(len(self.rows) - 1)
        self.scroll_end(animate=False, immediate=True)

    def action_page(self, by: int) -> None:
        """A screenful up or down."""
        height = max(1, self.scrollable_content_region.height - 1)
        if not self._has_cursor:
            self.scroll_relative(y=by * height, animate=False, immediate=True)
        elif self.rows:
            i = self._row_layout.at(self._row_layout.top(max(0, self.cursor)) + by * height)
            self.move_to(i if i != self.cursor else self.cursor + by)

    def action_choose(self) -> None:
        if self.current is None and self.rows:
            self.move_to(self.entry(), tell=False)
        if row := self.current:
            self.post_message(self.Chosen(self, row))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._row_layout.guessed:
            first = self._row_layout.at(int(new_value))
            self._find_out(first, first + self.scrollable_content_region.height + 1)
        if self._settling or not self.follows:
            return
        if new_value > old_value and new_value >= self.max_scroll_y:
            self.following, self.away = True, False
        elif self.away or (new_value < old_value and new_value < self.max_scroll_y - 1):
            self.following = False

    def watch_following(self, following: bool) -> None:
        if not following:
            self.away = False

    def on_mouse_scroll_down(self) -> None:
        self.post_message(self.Scrolled(self))

    def on_mouse_scroll_up(self) -> None:
        self.post_message(self.Scrolled(self))

    def on_scroll_to(self) -> None:
        self.post_message(self.Scrolled(self))

    def on_click(self, event: events.Click) -> None:
        y = event.get_content_offset(self)
        if y is None or not self.rows:
            return
        line = y.y + self.scroll_offset.y
        if line < self._row_layout.height:
            i = self._row_layout.at(line)
            again = i == self.cursor
            self.move_to(i)
            if again or event.chain > 1:
                self.action_choose()
