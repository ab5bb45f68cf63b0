"""The panes of the main screen: which there are, and which of them are on it.

In the centre stands a thread, or instead of it the deck, or the why of a post or of a group. At the
side stands one of the views that belong there. What the widths and classes come to, the style sheet
says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from moltwatch.model import Kind
from moltwatch.tui.views.agent import AgentPane
from moltwatch.tui.views.deck import Deck
from moltwatch.tui.views.flags import FlagsPane
from moltwatch.tui.views.groups import GroupsPane
from moltwatch.tui.views.latest import LatestPane
from moltwatch.tui.views.table import VIEWS, Place
from moltwatch.tui.views.thread import Note, ThreadPane
from moltwatch.tui.views.threads import ThreadsPane
from moltwatch.tui.views.why import WhyPane
from moltwatch.tui.widgets.pane import Frame, Pane
from moltwatch.tui.widgets.underway import Underway

P = TypeVar("P", bound=Pane)


class Panes(Horizontal):
    """All panes, beside each other."""

    def __init__(self) -> None:
        super().__init__(id="body")
        self.views = {view.name: view.pane() for view in VIEWS}
        """By name, as the table has them."""
        for name, pane in self.views.items():
            pane.id = name
        self.deck = self._view(Deck)
        self.flags = self._view(FlagsPane)
        self.groups = self._view(GroupsPane)
        self.agent = self._view(AgentPane)
        self.latest = self._view(LatestPane)
        self.threads = ThreadsPane(id="threads")
        self.thread = ThreadPane(id="thread")
        self.why = WhyPane(id="why")
        self.underway = Underway()
        sides = self._placed(Place.SIDE)
        self.first_side = sides[0].id or ""
        """The name of the view that is at the side at the start."""
        self._sides = ContentSwitcher(*sides, initial=self.first_side, id="side")
        self._before_why: Widget | None = None
        """What had the focus before the why was opened."""

    def _placed(self, place: Place) -> list[Pane]:
        """The views that stand there."""
        return [self.views[view.name] for view in VIEWS if view.place is place]

    def _view(self, kind: type[P]) -> P:
        return next(pane for pane in self.views.values() if isinstance(pane, kind))

    def compose(self) -> ComposeResult:
        yield self.threads
        with Container(id="main"):
            with Vertical(id="centre"):
                yield self.thread
                yield self.why
                yield from self._placed(Place.CENTRE)
                yield from self._placed(Place.BELOW)
                yield self.underway
            yield self._sides

    def reset(self) -> None:
        """Another session comes on the screen."""
        self.thread.open(None)
        self.threads.reset()
        self.why.reset()
        for pane in self.views.values():
            pane.reset()

    def draw(self, frame: Frame, note: Note | None, *, glance: bool) -> None:
        """Show what is new in the centre, and at a ``glance`` around it as well. The thread says
        ``note`` of how it came there."""
        if self.reading_why:
            self.why.draw(frame)
        elif self.decked:
            self.deck.draw(frame)
        else:
            self.thread.draw(frame, note)
        if glance:
            self.threads.draw(frame)
            if self.latest.display:
                self.latest.draw(frame)
            self.views[self.side].draw(frame)

    def looked_at(self) -> Iterator[str]:
        """Ids of the threads and posts that are on the screen."""
        for pane in self.tiles:
            if pane.thread is not None:
                yield pane.thread.id
        if self.reading_why and self.why.post:
            yield self.why.post
        panes = (self.threads, *self.tiles, self.why, self.views[self.side], self.latest)
        for view in (pane.view for pane in panes if pane.display):
            for target in view.targets:
                yield from (target.thread, target.post)

    def show(self, name: str) -> str:
        """Bring a view to the screen, move into it, or take it away, as its place has it. Tells
        what cannot be seen."""
        pane = self.views[name]
        match next(view.place for view in VIEWS if view.name == name):
            case Place.CENTRE:
                self.toggle_class("decked")
                self.focus_centre()
            case Place.SIDE:
                inside = False
                if name == self.side and pane.is_on_screen:
                    inside = self.focused is pane.view
                    pane.view.focus()
                self.show_side(name)
                return f"you are among the {name} already; esc leads back" if inside else ""
            case Place.BELOW:
                shown = pane.display
                self.set_class(not shown, f"with-{name}")
                self.set_class(shown, f"without-{name}")
        return ""

    # --- the centre -------------------------------------------------------------------------------

    @property
    def decked(self) -> bool:
        """Whether the deck stands in the place of the thread."""
        return self.has_class("decked")

    @property
    def reading_why(self) -> bool:
        """Whether the why stands in the place of the thread."""
        return self.has_class("with-why")

    @property
    def tiles(self) -> list[ThreadPane]:
        """The threads that are on the screen: one, or those of the deck."""
        return [tile for tile in self.deck.tiles if tile.display] if self.decked else [self.thread]

    @property
    def reading(self) -> ThreadPane:
        """The thread that has the focus, or else the first on the screen."""
        return next((pane for pane in self.tiles if pane.view is self.focused), self.tiles[0])

    @property
    def focused(self) -> Widget | None:
        """What has the focus."""
        return self.screen.focused

    def focus_centre(self) -> None:
        """Go on in what stands in the centre."""
        if self.reading_why:
            self.why.view.focus()
        else:
            (self.deck if self.decked else self.thread).view.focus()

    def let_go(self) -> bool:
        """Show the top of the lists again, which the user has left; False if they show it."""
        left = [self.threads.view.go_home()]
        if self.flags.view is not self.focused:
            left.append(self.flags.go_home())
        return any(left)

    def keep_focus(self) -> None:
        """Where what had the focus was taken away, keys go to the threads, or to the centre."""
        if self.focused is None and self.app.app_focus:
            if self.threads.is_on_screen:
                self.threads.view.focus()
            else:
                self.focus_centre()

    def show_thread(self) -> None:
        """The thread stands in the centre."""
        self.leave_deck()
        self.close_why()

    def leave_deck(self) -> None:
        self.remove_class("decked")

    def open_why(self, post: str, kind: Kind | None = None, *, onwards: bool = False) -> None:
        """Tell why a post is flagged, instead of its thread; ``onwards`` from the group whose story
        was being read."""
        self.why.open(post, kind, onwards=onwards)
        self.flags.see(post)
        self._show_why()

    def open_group(self, group: str) -> None:
        """Tell the story of a group, instead of a thread."""
        self.why.open_group(group)
        self.flags.see_group(group)
        self._show_why()

    def _show_why(self) -> None:
        if not self.reading_why:
            self._before_why = self.focused
            self.add_class("with-why")
        self.why.view.focus()

    def close_why(self, *, go_back: bool = True) -> None:
        """Take the why away, and where wanted, ``go_back`` to where the user was."""
        if self.reading_why:
            self.remove_class("with-why")
            if go_back:
                (self._before_why or self.thread.view).focus()

    # --- the side ---------------------------------------------------------------------------------

    @property
    def side(self) -> str:
        """The name of the view at the side."""
        return self._sides.current or ""

    def show_side(self, name: str) -> None:
        """Show the view of that name at the side."""
        self._sides.current = name
        self._sides.set_class(next(view.tall for view in VIEWS if view.name == name), "tall")
        self.remove_class("no-side")
        if not self.screen.has_class("-wide"):
            self.leave_deck()  # which takes its place

    def toggle_side(self) -> str:
        """Show the side, or hide it. Tells why neither can be."""
        if self.decked and not self.screen.has_class("-wide"):
            return "the deck takes the whole width here; d leaves it"
        self.toggle_class("no-side")
        return ""
