"""The views that a key brings to the screen, each with the file it lies in: one line adds one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from moltwatch.tui.views.agent import AgentPane
from moltwatch.tui.views.deck import Deck
from moltwatch.tui.views.flags import FlagsPane
from moltwatch.tui.views.groups import GroupsPane
from moltwatch.tui.views.heuristics import HeuristicsPane
from moltwatch.tui.views.latest import LatestPane
from moltwatch.tui.views.sources import SourcesPane
from moltwatch.tui.widgets.pane import Pane


class Place(Enum):
    """Where a view stands."""

    CENTRE = auto()
    """Instead of the thread."""
    SIDE = auto()
    """At the right, one of them at a time; below, where the screen is narrow."""
    BELOW = auto()
    """Below the thread; where the screen is tall, without being asked for."""


@dataclass(frozen=True)
class View:
    """One view, and all that the screen, its keys, footer, help and palette know of it."""

    name: str
    key: str
    pane: Callable[[], Pane]
    help: str
    """What its key does."""
    footer: str = ""
    """What the footer says; empty to leave it out."""
    place: Place = Place.SIDE
    tall: bool = False
    """Whether it gets more than half of a narrow screen."""


VIEWS = (
    View("deck", "d", Deck, "deck: several threads at once", "deck", place=Place.CENTRE),
    View("flags", "1", FlagsPane, "flags; again to move into them"),
    View(
        "groups",
        "2",
        GroupsPane,
        "groups: who moves as one; again to move into it",
        "groups",
        tall=True,
    ),
    View("agent", "3", AgentPane, "agent card; again to move into it", tall=True),
    View("sources", "4", SourcesPane, "sources: how each stands; again to move into it"),
    View(
        "heuristics",
        "5",
        HeuristicsPane,
        "heuristics: what each flags; again to move into them",
        tall=True,
    ),
    View(
        "latest", "l", LatestPane, "show or hide the latest posts of all threads", place=Place.BELOW
    ),
)
"""In the order of the help. The first at the side is there at the start."""
