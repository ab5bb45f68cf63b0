"""The sentences of a report that are the same in every form: spans, counts, what was missed."""

from __future__ import annotations

from moltwatch.model import SUREST_FIRST, Kind
from moltwatch.outputs import SYMBOLS
from moltwatch.outputs.report.summary import GroupStory, Summary, Thread
from moltwatch.times import DAY, HOUR, MINUTE, SECOND, Micros, format_duration, format_time
from moltwatch.wording import count, count_groups, listed

BLOCKS = "▁▂▃▄▅▆▇█"

FOOT = (
    "Times are UTC. A score of 0.50 is the threshold of each kind, not a probability; “alone” are "
    "posts for which nothing else of that kind speaks. What the forum said is shortened and made "
    "harmless."
)

COLUMNS = 32
"""Of the small picture of who came when."""


def moment(at: Micros, summary: Summary) -> str:
    """A time, with its day where that is not the one day the report is of."""
    whole = format_time(at)
    known = _one_day(summary) and at // DAY == summary.start // DAY
    return whole[11:19] if known else f"{whole[5:10]} {whole[11:19]}"


def mark(at: Micros, width: Micros, summary: Summary) -> str:
    """A time on an axis with marks ``width`` apart: no finer than they are."""
    whole = format_time(at)
    if width >= DAY:
        return whole[:10]
    day = "" if _one_day(summary) else f"{whole[5:10]} "
    return day + (whole[11:16] if width >= MINUTE else whole[11:19])


def nameless(thread: Thread) -> str:
    """What stands for a title where there is none, before the id of the thread."""
    return "(untitled)" if thread.author else "(its first post was not seen)"


def opening(summary: Summary) -> list[str]:
    """What was seen and when: the first sentences."""
    if not summary.posts:
        return ["Nobody wrote anything."]
    roots = summary.posts - summary.comments
    about = "about " if summary.about else ""
    span = format_duration(summary.end - summary.start)
    start, end = (format_time(at // SECOND * SECOND) for at in (summary.start, summary.end))
    until = end[11:19] if start[:10] == end[:10] else f"{end[:10]} {end[11:19]}"
    return [
        f"{count(summary.posts, 'post')} ({roots:,} that begin threads, "
        f"{count(summary.comments, 'comment')}) by {about}{count(summary.accounts, 'account')} in "
        f"{about}{count(summary.threads, 'thread')}.",
        f"From {start[:10]} {start[11:19]} to {until} UTC: {span}, "
        f"{summary.posts / summary.hours / 60:,.1f} posts a minute.",
    ]


def found(summary: Summary) -> str:
    """What was flagged, in a sentence."""
    groups = ("" if summary.n_merged else "in ") + count_groups(
        summary.n_groups + summary.n_merged, summary.n_merged
    )
    kinds = [
        f"{SYMBOLS[kind]} {summary.flagged[kind]:,} {kind}"
        + (f" ({groups})" if kind is Kind.COORDINATED and summary.n_groups else "")
        for kind in summary.kinds
        if summary.flagged[kind]
    ]
    only = (
        f" Only {listed(summary.kinds)} flags are told of."
        if set(summary.kinds) != set(Kind)
        else ""
    )
    if not kinds:
        return f"No post reaches {thresholds(summary)}: nothing is flagged.{only}"
    return f"Posts that reach {thresholds(summary)}: {', '.join(kinds)}.{only}"


def thresholds(summary: Summary) -> str:
    """From which score a post counts as flagged: ``0.80 for persona, 0.50 for hazard``."""
    by_score: dict[float, list[Kind]] = {}
    for kind in summary.kinds:
        by_score.setdefault(summary.thresholds.of(kind), []).append(kind)
    if len(by_score) == 1:
        return f"{next(iter(by_score)):.2f}"
    return ", ".join(f"{score:.2f} for {listed(kinds)}" for score, kinds in by_score.items())


def observed(summary: Summary) -> str:
    """What was missed, in a sentence."""
    if not summary.n_gaps:
        return "The recording has no gaps."
    gaps = count(summary.n_gaps, "gap")
    if not summary.open_gaps:
        return f"{gaps}: all was caught up."
    if not summary.missed:
        return f"{gaps}: something is missing."
    return f"{gaps}: {format_duration(summary.missed)} were not wholly observed."


def came(story: GroupStory, summary: Summary) -> str:
    """When a group came, in a sentence without its end."""
    begin = moment(story.first, summary)
    within = format_duration(story.arrivals[-1] - story.arrivals[0])
    formed = ""
    if story.formed is not None:
        after = format_duration(max(0, story.formed - story.first))
        formed = f", seen as a group after {after}"
    end = format_duration(story.last - story.first)
    return f"from {begin}, all within {within}{formed}; its posts go on for {end}"


def spark(times: tuple[Micros, ...], columns: int = COLUMNS) -> str:
    """Who came when, as blocks; blank where nobody did."""
    first, last = times[0], times[-1]
    bars = [0] * columns
    for at in times:
        bars[min(columns - 1, (at - first) * columns // max(1, last - first))] += 1
    top = max(bars)
    return "".join(BLOCKS[(n * 7 + top - 1) // top] if n else " " for n in bars)


def share(posts: int, summary: Summary) -> tuple[str, str]:
    """How many in a thousand posts, and an hour."""
    return f"{1_000 * posts / max(1, summary.posts):,.1f}", f"{posts / summary.hours:,.1f}"


def signs(flagged: dict[Kind, int]) -> str:
    """``❖3 ◆1``; empty where nothing is flagged."""
    return " ".join(
        f"{SYMBOLS[kind]}{flagged[kind]:,}" for kind in SUREST_FIRST if flagged.get(kind)
    )


def step_words(width: Micros) -> str:
    """How long a step is: ``minute``, ``15 min``."""
    words = {SECOND: "second", MINUTE: "minute", HOUR: "hour", DAY: "day"}
    return words.get(width) or format_duration(width)


def _one_day(summary: Summary) -> bool:
    return summary.start // DAY == summary.end // DAY
