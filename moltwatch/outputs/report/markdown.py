"""A report as Markdown: to be read as it is in a terminal, and on a page.

What strangers wrote stands in code, see :mod:`.markup`; tables hold nothing but our own words and
numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

from moltwatch.model import Kind
from moltwatch.outputs import SYMBOLS
from moltwatch.outputs.report.markup import code, prose, table
from moltwatch.outputs.report.summary import Account, GroupStory, Spoken, Summary, Thread
from moltwatch.outputs.report.words import (
    FOOT,
    came,
    found,
    mark,
    moment,
    nameless,
    observed,
    opening,
    share,
    signs,
    spark,
    step_words,
)
from moltwatch.times import format_duration
from moltwatch.wording import count

BAR = 24
"""Characters of the longest bar."""


def markdown(summary: Summary) -> str:
    """The whole report; lines are as long as their sentences."""
    parts = [
        _head(summary),
        _rate(summary),
        _groups(summary),
        _personas(summary),
        _hazards(summary),
        _busiest(summary),
        _alerts(summary),
        ["", f"{FOOT} moltwatch {summary.version}."],
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(summary: Summary) -> Iterator[str]:
    yield f"# What happened in {prose(summary.title)}"
    yield ""
    yield " ".join(opening(summary))
    yield found(summary)
    if len(summary.sources) > 1:
        told = ", ".join(f"{prose(name) or 'unnamed'} {n:,}" for name, n in summary.sources)
        yield f"By source: {told}."
    yield observed(summary)
    if summary.rejects:
        n = sum(reject.n for reject in summary.rejects)
        yield f"{count(n, 'item')} could not be used."
    details = [
        *(
            f"- {moment(gap.since, summary)}, {format_duration(gap.until - gap.since)}: "
            f"{prose(gap.reason)}{' (caught up)' if gap.recovered else ''}"
            for gap in summary.gaps
        ),
        *(
            f"- not used, {count(reject.n, 'item')}: {prose(reject.reason)}"
            + (f", first at {prose(reject.first)}" if reject.first else "")
            for reject in summary.rejects
        ),
        *(f"- note: {prose(failure)}" for failure in summary.failures),
    ]
    if details:
        yield ""
        yield from details


def _rate(summary: Summary) -> Iterator[str]:
    steps = summary.coarse
    if not steps:
        return
    width = steps[1].at - steps[0].at if len(steps) > 1 else 0
    top = max(step.posts for step in steps)
    rows = [
        (
            mark(step.at, width, summary),
            f"{step.posts:,}",
            *(f"{step.of(kind):,}" if step.of(kind) else "" for kind in summary.kinds),
            "█" * round(BAR * step.posts / max(1, top)),
        )
        for step in steps
    ]
    yield from _section(f"Posts by {step_words(width)}" if width else "Posts")
    heads = ("from", "posts", *(f"{SYMBOLS[kind]} {kind}" for kind in summary.kinds), "")
    yield from table(heads, rows, words=(0, len(heads) - 1))


def _groups(summary: Summary) -> Iterator[str]:
    if not summary.n_groups:
        return
    yield from _section(f"{SYMBOLS[Kind.COORDINATED]} Groups, the largest first")
    for number, story in enumerate(summary.groups, 1):
        yield f"{number}. **{count(story.n, 'account')}, {count(story.posts, 'post')}**: " + (
            f"{prose(story.reason)}" if story.reason else "no reason is left"
        )
        yield from _story(story, summary)
        yield ""
    if more := summary.n_groups - len(summary.groups):
        yield f"And {more:,} smaller ones."


def _story(story: GroupStory, summary: Summary) -> Iterator[str]:
    pad = "   "
    yield f"{pad}- {came(story, summary)}"
    if len(story.arrivals) > 2 and story.arrivals[-1] > story.arrivals[0]:
        yield f"{pad}- who came when: `|{spark(story.arrivals)}|`"
    names = ", ".join(map(code, story.members))
    more = story.n - len(story.members)
    yield f"{pad}- accounts: {names}" + (f" and {more:,} more" if more > 0 else "")
    if story.text:
        what = f"{story.shared:,} of its posts say" if story.shared > 1 else "one of its posts says"
        yield f"{pad}- {what}: {code(story.text)}"
    yield f"{pad}- id: {code(story.id)}"


def _personas(summary: Summary) -> Iterator[str]:
    if not summary.personas:
        return
    yield from _section(f"{SYMBOLS[Kind.PERSONA]} Personas")
    yield "The strongest posts, one of each account:"
    yield ""
    for number, said in enumerate(summary.personas, 1):
        yield from _spoken(f"{number}.", said, summary)
    yield ""
    yield "The accounts with most persona posts:"
    yield ""
    for account in summary.persona_accounts:
        most = f", mostly {prose(account.mostly)}" if account.mostly else ""
        n = account.flagged.get(Kind.PERSONA, 0)
        yield f"- {code(account.name)}: {n:,} of {count(account.posts, 'post')}{most}"


def _hazards(summary: Summary) -> Iterator[str]:
    if not summary.hazards:
        return
    yield from _section(f"{SYMBOLS[Kind.HAZARD]} Hazards")
    for said in summary.hazards:
        yield from _spoken("-", said, summary)
    if more := summary.n_hazards - len(summary.hazards):
        yield ""
        yield f"And {more:,} more."


def _spoken(bullet: str, said: Spoken, summary: Summary) -> Iterator[str]:
    where = f" in {code(said.community)}" if said.community else ""
    times = f", {said.n:,} times" if said.n > 1 else ""
    reason = prose(said.reason) or "no reason given"
    yield (
        f"{bullet} **{said.score:.2f}** {code(said.author)} at {moment(said.at, summary)}{where}: "
        f"{reason}{times}"
    )
    if said.text:
        # A line of its own within the item, in every dialect.
        yield f"{' ' * len(bullet)} - {code(said.text)}"


def _busiest(summary: Summary) -> Iterator[str]:
    if not summary.posts:
        return
    yield from _section("Busiest threads")
    yield from map(_thread, summary.busiest_threads)
    yield from _section("Busiest accounts")
    yield from map(_account, summary.busiest_accounts)


def _thread(thread: Thread) -> str:
    by = f" by {code(thread.author)}" if thread.author else ""
    where = f" in {code(thread.community)}" if thread.community else ""
    lasted = format_duration(thread.last - thread.first)
    flagged = f"; {signs(thread.flagged)}" if signs(thread.flagged) else ""
    title = code(thread.title) or f"{nameless(thread)} {code(thread.id)}"
    return f"- {title}{by}{where}: {count(thread.posts, 'post')} in {lasted}{flagged}"


def _account(account: Account) -> str:
    flagged = f"; {signs(account.flagged)}" if signs(account.flagged) else ""
    return f"- {code(account.name)}: {count(account.posts, 'post')}{flagged}"


def _alerts(summary: Summary) -> Iterator[str]:
    if not summary.alerts:
        return
    yield from _section("What stands behind the flags")
    rows = [
        (
            alert.kind.value,
            prose(alert.heuristic),
            f"{alert.posts:,}",
            f"{alert.alone:,}",
            *share(alert.posts, summary),
        )
        for alert in summary.alerts
    ]
    heads = ("kind", "heuristic", "posts", "alone", "in 1,000", "an hour")
    yield from table(heads, rows, words=(0, 1))


def _section(title: str) -> Iterator[str]:
    yield from ("", f"## {title}", "")
