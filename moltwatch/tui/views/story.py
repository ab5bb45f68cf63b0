"""The story of a group: who came when, what they share and where it differs, its posts in order.
For the view of the groups, and for the why of a post that is one of a group's."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from rich.cells import cell_len

from moltwatch.model import Evidence, Kind, strongest_of
from moltwatch.session import Session
from moltwatch.session.groups import Arrival, Swarm
from moltwatch.session.secrets import WITHHELD
from moltwatch.text import differing
from moltwatch.times import format_duration
from moltwatch.tui.line import alike, clock, cut_inside, safe_line, voice
from moltwatch.tui.secrets import secrets_of
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.repeats import Repeats, Times, words_of
from moltwatch.tui.widgets.lanes import Came, lanes
from moltwatch.tui.widgets.marked import MarkedRow, Sort, Span, marked
from moltwatch.tui.widgets.pane import PiecesRow, PostRow
from moltwatch.tui.widgets.rows import Row, Target
from moltwatch.wording import count

MOST_POSTS = 400
"""Posts of a group that are listed, the first that came."""

MOST_FORMS = 3
"""Texts of a group that are shown, each with what differs between those who share it."""

MOST_COMPARED = 60
"""Posts of a group, one of each account, among which forms are looked for."""

MOST_CHARS = 2_000
"""Characters of a post that are compared."""

NAME = 18
"""Cells of a name at most, where names make a column."""


def told_of(swarm: Swarm, session: Session) -> tuple[Evidence, ...]:
    """Why it is a group: the evidence of its last line, and that of its posts since. A group has a
    line only when it has doubled."""
    newer: list[Evidence] = []
    for arrival in () if swarm.over else reversed(swarm.arrivals):
        charge = session.charges.get(arrival.post, swarm.group.kind)
        if charge and charge.at <= swarm.group.at:
            continue
        reasons = charge.reasons if charge else ()
        newer += [each for each in reasons if each.group == swarm.id and each.n <= swarm.n]
    return strongest_of([*swarm.group.evidence, *reversed(newer)])


def size_of(swarm: Swarm) -> str:
    """How many accounts and posts."""
    return f"{count(swarm.n, 'account')} {sign('dot')} {written_by(swarm)}"


def written_by(swarm: Swarm) -> str:
    """How many of its posts are flagged; where that are not posts of all its accounts, of how
    many."""
    posts, authors = count(swarm.n_posts, "post"), len(swarm.members)
    return f"{posts} by {authors:,} of them" if 0 < authors < swarm.n else posts


def came_rows(arrivals: Sequence[Arrival], kind: Kind, session: Session) -> list[Row]:
    """Who came when; ``arrivals`` in order of time."""
    if not arrivals:
        return []
    within = format_duration(arrivals[-1].at - arrivals[0].at)
    came = [
        Came(
            arrival.at,
            safe_line(session.names(arrival.author), 30),
            arrival.author,
            Target(arrival.thread, arrival.post),
            voice(arrival.author),
        )
        for arrival in arrivals
    ]
    head = [(" WHO CAME WHEN", "strong"), (f"  all within {within}", "dim")]
    return [
        PiecesRow(("blank", "came"), []),
        PiecesRow("came", head),
        *lanes(came, kind.value),
    ]


def text_rows(
    said: Sequence[tuple[Arrival, str, list[tuple[int, int]], int]], title: str = "WHAT THEY SAY"
) -> list[Row]:
    """The forms of what they say, with what differs between them marked."""
    rows: list[Row] = []
    for number, (arrival, text, slots, n) in enumerate(said):
        if not number:
            head = [(f" {title}", "strong")]
            if slots:
                differs = f"  {sign('slot')}{sign('slot-end')} differs between members"
                head.append((differs, "dim"))
            rows += [PiecesRow(("blank", "text"), []), PiecesRow("text", head)]
        else:
            others = f" or, {count(n, 'account')}:" if n > 1 else " or:"
            rows.append(PiecesRow(("or", number), [(others, "dim")]))
        spans = [Span(start, end, Sort.SLOT) for start, end in slots]
        target = Target(arrival.thread, arrival.post)
        rows.append(MarkedRow(("text", number), marked(text, spans), target, most=12))
    return rows


def telling(swarm: Swarm, session: Session) -> list[str]:
    """The posts by which it was found to be a group, those of the strongest reason first."""
    return [post for each in told_of(swarm, session) for post in each.posts]


def forms(
    arrivals: Sequence[Arrival], session: Session, first: Sequence[str] = ()
) -> list[tuple[Arrival, str, list[tuple[int, int]], int]]:
    """Texts of these posts that are not like each other, those of the posts ``first`` before
    others: a post, its text, where others who say it differ, and how many accounts do."""
    left = list(islice(_one_of_each(arrivals, first), MOST_COMPARED))
    texts = [body_of(arrival, session)[:MOST_CHARS] for arrival in left]
    found: list[tuple[Arrival, str, list[tuple[int, int]], int]] = []
    while left and len(found) < MOST_FORMS:
        slots, others = differing(texts[0], texts[1:])
        found.append((left[0], texts[0], slots, len(others) + 1))
        taken = {0, *(at + 1 for at in others)}
        left = [each for at, each in enumerate(left) if at not in taken]
        texts = [each for at, each in enumerate(texts) if at not in taken]
    return found


def post_rows(
    swarm: Swarm, session: Session, section: str = "posts", repeats: Repeats | None = None
) -> list[Row]:
    """Its posts in order; with ``repeats``, what is said more than once is folded."""
    arrivals = in_order(swarm)
    if not arrivals:
        return []
    begin = arrivals[0].at
    head = [
        (" IN ORDER", "strong"),
        (f"  {count(swarm.n_posts, 'post')} from {clock(begin)}", "dim"),
    ]
    if len(arrivals) > MOST_POSTS:
        head.append((f", the first {MOST_POSTS:,}", "dim"))
    elif len(arrivals) < swarm.n_posts:
        head.append((f", the latest {len(arrivals):,} kept", "dim"))
    rows: list[Row] = [PiecesRow(("blank", section), []), PiecesRow(section, head)]
    shown = [(a, safe_line(session.names(a.author), 30)) for a in arrivals[:MOST_POSTS]]
    room = min(NAME, max(cell_len(name) for _, name in shown))
    same = alike([name for _, name in shown], room)
    afters = [f"+{format_duration(arrival.at - begin)}" for arrival, _ in shown]
    column = max(map(len, afters))
    listed = [(each, Times(1)) for each in shown]
    if repeats is not None:
        listed = repeats.fold(shown, lambda each: words_of(each[0].author, each[0].text))
    for (arrival, name), times in listed:
        after = f"+{format_duration(arrival.at - begin)}".rjust(column)
        name = cut_inside(name, room) if name in same else name
        text = safe_line(WITHHELD if withheld(arrival, session) else arrival.text, 200)
        style = voice(arrival.author)
        again = times.told()
        at = arrival.post, arrival.thread
        rows.append(PostRow(*at, after, name, style, text, room, right=again, section=section))
    return rows


def in_order(swarm: Swarm) -> list[Arrival]:
    """Its posts that are kept, by when they came."""
    return sorted(swarm.arrivals, key=lambda arrival: arrival.at)


def withheld(arrival: Arrival, session: Session) -> bool:
    """Whether a post is not to be repeated: it shows what looks like a secret."""
    if arrival.withheld:
        return True
    node = session.threads.node(arrival.post)
    return bool(secrets_of(node))


def body_of(arrival: Arrival, session: Session) -> str:
    """What a post says: all of it as long as it is kept, then its beginning."""
    if withheld(arrival, session):
        return WITHHELD
    node = session.threads.node(arrival.post)
    return node.post.body if node and node.post else arrival.text


def _one_of_each(arrivals: Sequence[Arrival], first: Sequence[str]) -> list[Arrival]:
    """One post of each account, those ``first`` before all."""
    chosen: dict[str, Arrival] = {}
    order = {post: -at for at, post in enumerate(reversed(first))}
    for arrival in sorted(arrivals, key=lambda arrival: order.get(arrival.post, 1)):
        chosen.setdefault(arrival.author, arrival)
    return list(chosen.values())
