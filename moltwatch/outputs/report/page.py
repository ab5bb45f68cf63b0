"""A report as one page: no script, nothing from the network, light or dark as the reader has it.

The template escapes whatever is put into it; nothing is marked as safe. Its charts come as numbers,
where each bar and mark lies, and the template draws them. Chart libraries were tried: what is easy
to have either brings a script and the day's date into each chart (pygal), has its colours fixed
(leather), or escapes nothing (svg.py).
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from moltwatch.model import SUREST_FIRST, Kind
from moltwatch.outputs import SYMBOLS
from moltwatch.outputs.report import words
from moltwatch.outputs.report.summary import GroupStory, Summary
from moltwatch.outputs.report.words import mark, moment
from moltwatch.session.timeline import Column
from moltwatch.times import Micros, format_duration
from moltwatch.wording import count

TEMPLATE = Path(__file__).with_name("page.html.j2")

WIDTH = 1_000.0
LEFT, RIGHT = 56.0, 12.0
RATE_HEIGHT = 200.0
ROW = 22.0
MOST_MARKS = 8
"""Times written on an axis."""


def html(summary: Summary) -> str:
    """The whole page."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    page: str = template.render(
        summary=summary,
        words=words,
        count=count,
        symbols=SYMBOLS,
        duration=format_duration,
        kinds=SUREST_FIRST,
        persona=Kind.PERSONA,
        coordinated=Kind.COORDINATED,
        hazard=Kind.HAZARD,
        rate=rate_chart(summary),
        groups=groups_chart(summary),
        left=LEFT,
        width=WIDTH,
    )
    return page + "\n"


class Box(Struct, frozen=True):
    """A rectangle, the name of its colour, and what it says when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    ink: str
    told: str = ""


class Label(Struct, frozen=True):
    """Words at a place."""

    x: float
    y: float
    text: str


class Chart(Struct, frozen=True):
    """All of it, in a drawing :data:`WIDTH` wide."""

    height: float
    boxes: tuple[Box, ...]
    across: tuple[Label, ...]
    """Along the time axis."""
    down: tuple[Label, ...]
    """Along the other."""


def rate_chart(summary: Summary) -> Chart | None:
    """Posts over time, the flagged part of them in the colours of their kinds; None where there is
    nothing to draw."""
    steps = summary.rate
    if len(steps) < 2:
        return None
    step = steps[1].at - steps[0].at
    start, end = steps[0].at, steps[-1].at + step
    top = max(max(one.posts for one in steps), 1)
    boxes = [
        _gap(gap.since, gap.until, start, end)
        for gap in summary.gaps
        if gap.since < end and gap.until > start
    ]
    width = (WIDTH - LEFT - RIGHT) / len(steps)
    for number, one in enumerate(steps):
        if one.posts:
            boxes += _bars(one, LEFT + number * width, width, top, summary)
    return Chart(
        height=RATE_HEIGHT + 22,
        boxes=tuple(boxes),
        across=_times(start, end, step, RATE_HEIGHT + 16, summary),
        down=(Label(LEFT - 8, 14, f"{top:,}"), Label(LEFT - 8, RATE_HEIGHT, "0")),
    )


def _bars(step: Column, x: float, width: float, top: float, summary: Summary) -> list[Box]:
    """The bars of one step; a post of two kinds is in both, so that they may fill more of it."""
    scale = (RATE_HEIGHT - 6) / top
    flagged = ", ".join(
        f"{SYMBOLS[kind]} {step.of(kind):,} {kind}" for kind in SUREST_FIRST if step.of(kind)
    )
    when = moment(step.at, summary)
    told = f"{when}: {count(int(step.posts), 'post')}" + (f", {flagged}" if flagged else "")
    wide = max(0.5, width - min(2.0, width / 4))
    boxes = [_bar(x, 0, step.posts * scale, wide, "posts", told)]
    level = 0.0
    for kind in SUREST_FIRST:
        height = min(step.of(kind) * scale, step.posts * scale - level)
        if height > 0:
            boxes.append(_bar(x, level, height, wide, kind.value, told))
            level += height
    return boxes


def _bar(x: float, level: float, height: float, width: float, ink: str, told: str) -> Box:
    y = RATE_HEIGHT - level - height
    return Box(round(x, 2), round(y, 2), round(width, 2), round(height, 2), ink, told)


def groups_chart(summary: Summary) -> Chart | None:
    """When the accounts of each group came and how long its posts go on, a line for each; None
    where there is nothing to draw."""
    if not summary.groups or len(summary.rate) < 2:
        return None
    step = summary.rate[1].at - summary.rate[0].at
    start, end = summary.rate[0].at, summary.rate[-1].at + step
    boxes = [
        box
        for row, story in enumerate(summary.groups)
        for box in _row(story, row * ROW, start, end, summary)
    ]
    height = len(summary.groups) * ROW
    labels = (
        Label(LEFT - 8, row * ROW + ROW / 2 + 4, f"{story.n:,}")
        for row, story in enumerate(summary.groups)
    )
    return Chart(
        height=height + 22,
        boxes=tuple(boxes),
        across=_times(start, end, step, height + 16, summary),
        down=tuple(labels),
    )


def _row(story: GroupStory, top: float, start: Micros, end: Micros, summary: Summary) -> list[Box]:
    told = f"{count(story.n, 'account')} from {moment(story.first, summary)}: {story.reason}"
    x, last = _place(story.first, start, end), _place(story.last, start, end)
    boxes = [Box(x, top + 9, max(2.0, round(last - x, 2)), 4.0, "span", told)]
    # Accounts that came at what is one place on the chart are one mark.
    places = dict.fromkeys(_place(at, start, end) for at in story.arrivals)
    boxes += [Box(place, top + 4, 1.6, 14.0, "coordinated", told) for place in places]
    return boxes


def _gap(since: Micros, until: Micros, start: Micros, end: Micros) -> Box:
    x, right = (_place(min(max(at, start), end), start, end) for at in (since, until))
    return Box(x, 0, max(1.5, round(right - x, 2)), RATE_HEIGHT, "gap", "not wholly observed")


def _times(
    start: Micros, end: Micros, step: Micros, y: float, summary: Summary
) -> tuple[Label, ...]:
    """Times below the axis, on whole steps, as many as there is room for."""
    steps = -(-(end - start) // step)
    every = -(-steps // MOST_MARKS) * step
    return tuple(
        Label(_place(at, start, end), y, mark(at, step, summary))
        for at in range(start, end - every // 2, every)
    )


def _place(at: Micros, start: Micros, end: Micros) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * (at - start) / max(1, end - start), 1)
