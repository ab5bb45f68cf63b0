"""Campaigns: one hand behind several accounts, each kind in its own way. One kind a file.

A campaign is a function that recruits its accounts (and thereby tells the ground truth) and
schedules what they will do. It takes the stage, a group name for the labels, and a size factor:
1 for a full campaign, less for a demonstration.
"""

from __future__ import annotations

from collections.abc import Callable

from moltwatch.errors import UsageError
from moltwatch.simulation.campaigns import (
    clones,
    emoji,
    flood,
    hazards,
    links,
    mint,
    names,
    registrations,
    ring,
    templates,
)
from moltwatch.simulation.stage import Stage
from moltwatch.text import display_line

Launch = Callable[[Stage, str, float], None]

CAMPAIGNS: dict[str, Launch] = {
    "clones": clones.launch,
    "templates": templates.launch,
    "emoji": emoji.launch,
    "links": links.launch,
    "ring": ring.launch,
    "names": names.launch,
    "registrations": registrations.launch,
    "mint": mint.launch,
    "flood": flood.launch,
    "hazards": hazards.launch,
}
"""By the name the command line knows them under. ``flood`` is one account and ``hazards`` are
unconnected ones: nuisances, not coordination."""

COORDINATED = tuple(name for name in CAMPAIGNS if name not in ("flood", "hazards"))
"""Those with several accounts under one hand."""


def kinds_of(text: str, what: str) -> tuple[str, ...]:
    """``all``, ``none`` or names of campaigns, separated by commas. Raises UsageError; ``what``
    names the parameter in its message."""
    if text == "all":
        return tuple(CAMPAIGNS)
    if text == "none":
        return ()
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in CAMPAIGNS:
            there_is = ", ".join(CAMPAIGNS)
            raise UsageError(
                f"{what}: no {display_line(name, 40)!r}; there is all, none, {there_is}"
            )
    return tuple(dict.fromkeys(names))
