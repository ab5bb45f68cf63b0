"""What matters: cases in order of importance, one card each; what is weak or settled is a counted
line that opens.

The order stays put: it is made anew every few seconds at most, and what is under the cursor stays
where it is on the screen.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Hashable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from moltwatch.model import Evidence, Kind, strongest_of
from moltwatch.session import Session
from moltwatch.session.charge import Opinion
from moltwatch.session.charges import Case
from moltwatch.session.floods import PART
from moltwatch.session.groups import Swarm
from moltwatch.session.secrets import WITHHELD
from moltwatch.times import SECOND, Micros, format_duration
from moltwatch.tui.cases import Card, Ranking
from moltwatch.tui.line import Line, Piece, StyleOf, clock, safe_line, shorten, voice, with_right
from moltwatch.tui.secrets import secrets_told, shows_secret, unquoted
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.comment import Called
from moltwatch.tui.widgets.pane import Frame, ParagraphRow, PiecesRow, TitledPane
from moltwatch.tui.widgets.pane import Piece as Named
from moltwatch.tui.widgets.rows import Look, Row, Target
from moltwatch.tui.widgets.rowview import RowView
from moltwatch.wording import count

MOST_REASONS = 4
MOST_SHOWN = 500
MOST_FOLDED = 200
"""Cards under a line that is open."""

MOST_NAMES = 4
"""Accounts of a group that are named on its card."""

MOST_OF_MEMBERS = 2
"""Hazards of a group's members that are told one by one."""

HOLD: Micros = 3 * SECOND
"""How long an order holds at least."""

FEW_LINES = 12
"""In a pane with fewer, cards are made to fit, so that some are seen."""

SEEN = 3
"""Cards that are seen there."""

FULL_PART = 0.6
"""The part of the height that is given to cards at full length; those below are short."""

_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:ms|s|min|h|d|%)\b)")


def said(reason: str) -> str:
    """A reason on one line, harmless, in which no number parts from its unit at a line's end."""
    return _BEFORE_UNIT.sub("\u00a0", safe_line(reason))


def minute(at: Micros) -> str:
    """When something was, without seconds: ``19:24``, on another day ``30 Jan 19:24``."""
    told = clock(at)
    return told if " " in told else told.rpartition(":")[0]


def span(since: Micros, until: Micros) -> str:
    """From when to when."""
    first, last = minute(since), minute(until)
    if first == last:
        return first
    day = last.rpartition(" ")[0]
    return f"{first}–{last.rpartition(' ')[2] if first.startswith(day) else last}"


def points(score: float) -> str:
    """A score in three cells: ``.97``."""
    return f"{score:.2f}".removeprefix("0")


def told_of_flood(case: Case, session: Session) -> str:
    """How much the posts of a flood are; empty where a case is none."""
    flood = case.flood
    if flood is None:
        return ""
    told: list[str] = []
    if flood.part:
        agent, all = session.agents.get(case.top.author), max(1, session.posts)
        wrote = max(case.posts, agent.n if agent else 0)
        of_all = _part(wrote / all) if wrote >= PART * all else f"once {_part(flood.part)}"
        told.append(f"{count(wrote, 'post')}, {of_all} of all")
        told += [f"{case.posts:,} flagged"] if case.posts < wrote else []
    if burst := flood.burst:
        told.append(f"{count(burst.n, 'post')} in one thread in {format_duration(burst.within)}")
    if flood.times > 1:
        told.append(f"says nearly the same ×{flood.times:,}")
    return f" {sign('dot')} ".join(told)


def _part(part: float) -> str:
    """A part of a whole: ``1 in 8``, ``60%``."""
    return f"{part:.0%}" if part > 1 / 3 else f"1 in {1 / part:.0f}"


class CaseRow:
    """A head, the strongest reasons and an excerpt; all reasons when it is opened.

    Score, reason and excerpt are those of the strongest charge; the reason of a group is the
    group's, and before that of a flood stands how much it is. The time is that of the latest post;
    of several accounts from the first to the last.
    """

    __slots__ = (
        "_body",
        "_called",
        "_for",
        "brief",
        "card",
        "flood",
        "full",
        "key",
        "mark",
        "opened",
        "swarm",
    )

    def __init__(self, card: Card, called: Called) -> None:
        self.card = card
        self.key = card.case.serial
        self._called = called
        self.swarm: Swarm | None = None
        """Its group, where it is about one."""
        self.flood = ""
        """How much it is, where it is a flood."""
        self.opened = False
        self.full = True
        """It has room for more than what must be said."""
        self.brief = False
        """It has hardly any room."""
        self.mark = ""
        """What is new about it: all of it, or so many posts since it was looked at."""
        self._for: Hashable = None
        self._body: list[list[Named]] = []

    @property
    def case(self) -> Case:
        return self.card.case

    @property
    def target(self) -> Target:
        top, group = self.case.top, self.case.group
        return Target(top.thread, top.post, group if group and len(self.case.accounts) > 1 else "")

    @property
    def n_accounts(self) -> int:
        return self.swarm.n if self.swarm else len(self.case.accounts)

    @property
    def stamp(self) -> Hashable:
        return self._wanted, self._called(self.case.top.author), self.n_accounts, self.mark

    @property
    def _wanted(self) -> Hashable:
        """What its height depends on, besides the width."""
        versions = self.case.version, *(case.version for case in self.card.members)
        drawn_as = self.opened, self.full, self.brief
        return versions, self.swarm and self.swarm.version, self.flood, drawn_as

    def height(self, width: int) -> int:
        wanted = (width, self._wanted)
        if wanted != self._for:
            self._body = self._wrapped(width)
            self._for = wanted
        return 1 + len(self._body)

    def fit(self, width: int, height: int) -> None:
        """Say as much as there is room for, and at least why on one line."""
        for self.full, self.brief in ((True, False), (False, False), (False, True)):
            if self.height(width) <= height:
                break

    # --- what it says -----------------------------------------------------------------------------

    def _wrapped(self, width: int) -> list[list[Named]]:
        room = width - 4
        case, top = self.case, self.case.top
        lines: list[list[Named]] = []
        if self.flood:
            told = shorten(self.flood, room, 1 if self.brief else 3)
            lines += [[("  ", "dim"), (text, "strong")] for text in told]
        when = "" if self._time_fits(width) else f"{span(case.since, case.until)} {sign('dot')} "
        if self.opened:
            for flag in self._evidence[:MOST_REASONS]:
                why = when + said(self._reason(flag))
                lines += [[("  ", "dim"), (text, "body")] for text in shorten(why, room, 6)]
                lines.append(self._about(flag))
                when = ""
        elif not (self.flood and self.brief):
            reasons = self._evidence if self.swarm else self._evidence[:1]
            why = when + said("; ".join(map(self._reason, reasons)))
            most = 3 if self.full else 1 if self.brief else 2
            lines += [[("  ", "dim"), (text, "body")] for text in shorten(why, room, most)]
        if self.full or self.opened:
            lines += self._names(room)
        lines += self._of_members(room)
        most = 3 if self.opened else int(self.full)
        excerpt = safe_line(WITHHELD if shows_secret(top.flags) else self._text, 300)
        for text in shorten(excerpt, room, most) if excerpt and most else ():
            lines.append([(" ", "dim"), (sign("rail"), "rail"), (" " + text, "dim")])
        return lines

    @property
    def _evidence(self) -> Sequence[Evidence]:
        """The reasons, strongest first; of a group the strongest of each family."""
        swarm, latest = self.swarm, self.case.latest
        if swarm is None:
            return self.case.top.reasons
        newer = [flag for flag in latest.reasons if flag.n <= swarm.n and not swarm.over]
        return strongest_of([*swarm.group.evidence, *newer]) or self.case.top.reasons

    def _reason(self, flag: Evidence) -> str:
        reason = flag.reason_in(self.swarm.n) if self.swarm else flag.reason
        return unquoted(reason, secrets_told(self.case.top))

    @property
    def _text(self) -> str:
        text = self.swarm.text[1] if self.swarm else None
        return text or self.case.top.excerpt

    def _about(self, flag: Evidence) -> list[Named]:
        counted = "account" if flag.kind is Kind.COORDINATED else "post"
        about = [f"{safe_line(flag.heuristic, 40)} {points(flag.score)}"]
        about += [count(flag.n, counted)] if flag.n else []
        about += [count(len(flag.posts), "example")] if flag.posts else []
        return [("    ", "dim"), (f" {sign('dot')} ".join(about), "faint")]

    def _names(self, room: int) -> list[list[Named]]:
        """Who is in it, where it is about several."""
        if self.n_accounts < 2:
            return []
        names = [
            safe_line(self._called(name), 30) for name in list(self.case.accounts)[:MOST_NAMES]
        ]
        shown = names[:1]
        for name in names[1:]:
            if cell_len(", ".join([*shown, name])) > room - 3:
                break
            shown.append(name)
        more = ", …" if len(shown) < self.n_accounts else ""
        return [[("  ", "dim"), (", ".join(shown) + more, "faint")]]

    def _of_members(self, room: int) -> list[list[Named]]:
        """What members of the group do besides."""
        hazards = [case for case in self.card.members if case.kind is Kind.HAZARD]
        personas = len(self.card.members) - len(hazards)
        lines: list[list[Named]] = []
        for case in hazards[:MOST_OF_MEMBERS]:
            reason = case.top.reasons[0].reason if case.top.reasons else ""
            reason = unquoted(reason, secrets_told(case.top))
            head = f"{sign(Kind.HAZARD)} {points(case.score)} "
            text = shorten(said(reason), room - len(head), 1)
            lines.append([("  ", "dim"), (head, "hazard"), (text[0] if text else "", "body")])
        rest = [(n, kind) for n, kind in ((len(hazards) - MOST_OF_MEMBERS, Kind.HAZARD),) if n > 0]
        rest += [(personas, Kind.PERSONA)] if personas else []
        for n, kind in rest:
            more = "more " if kind is Kind.HAZARD else ""
            of_whom = f" {count(n, f'{more}{kind}')} of its members"
            lines.append([("  ", "dim"), (sign(kind), kind.value), (of_whom, "dim")])
        return lines

    # --- how it looks -----------------------------------------------------------------------------

    def _who(self) -> list[Named]:
        case = self.case
        if self.n_accounts > 1:
            return [(count(self.n_accounts, "account"), "strong")]
        return [(safe_line(self._called(case.top.author), 40), voice(case.top.author))]

    def _how_many(self) -> list[Named]:
        n = self.case.posts
        if self.n_accounts > 1:
            return [(f" {sign('dot')} {count(n, 'post')}", "dim")]
        return [(f" ×{n:,}", "dim")] if n > 1 else []

    @property
    def _when(self) -> str:
        case = self.case
        return span(case.since, case.until) if self.n_accounts > 1 else minute(case.until)

    def _time_fits(self, width: int) -> bool:
        """Whether the head has room for the time; that of a single account is short enough."""
        if self.n_accounts < 2:
            return True
        said = [*self._who(), *self._how_many(), (f"{self._when} .97 +99 ", "")]
        return 4 + sum(cell_len(text) for text, _ in said) <= width

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        self.height(width)
        case = self.case
        colour = style(case.kind.value if case.stands else "faint")
        edge = (sign("cursor") if look.selected else " ", style("primary"))
        verdict = {Opinion.CONFIRMED: f"{sign('yes')} ", Opinion.DISMISSED: f"{sign('no')} "}
        left: list[Piece] = [edge, (f"{sign(case.kind)} ", colour)]
        left += [(text, style(name)) for text, name in self._who()]
        when = f"{self._when} " if self._time_fits(width) else ""
        right = [
            (verdict.get(case.opinion, "") if case.opinion else "", style("good")),
            (when, style("faint")),
            (f"{points(case.score)} ", colour),
            (f"{self.mark} " if self.mark else "", style("fresh")),
        ]
        extra = [(text, style(name)) for text, name in self._how_many()]
        lines = [with_right(width, right, left, extra)]
        for pieces in self._body:
            line = Line(width).add(*edge)
            for text, name in pieces:
                faint = not case.stands and name in ("body", "dim")
                line.add(text, style("faint" if faint else name))
            lines.append(line)
        return lines


class FoldRow(PiecesRow):
    """A counted line that opens."""

    def __init__(self, name: str, left: Sequence[Named], opened: bool) -> None:
        hint = "enter closes " if opened else "enter "
        super().__init__(("fold", name), left, [(hint, "faint")])
        self.name = name


class FlagsView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "why")]

    class Folded(Message):
        """The user opens a counted line, or closes it."""

        def __init__(self, name: str) -> None:
            self.name = name
            super().__init__()

    def action_choose(self) -> None:
        if isinstance(row := self.current, FoldRow):
            self.post_message(self.Folded(row.name))
        else:
            super().action_choose()


class FlagsPane(TitledPane):
    """The cards of a ranking."""

    def __init__(self) -> None:
        super().__init__(FlagsView(empty="nothing flagged yet"))
        self.ranking = Ranking()
        self._rows: dict[int, CaseRow] = {}
        self._folds: set[str] = set()
        """The counted lines that are open."""
        self._session: Session | None = None
        self._order: int | None = None
        """The version of the ranking that the order was made from."""
        self._switched: object = None
        """What the user had chosen then."""
        self._ordered_at: Micros = 0
        self._shown: object = None
        """What the rows were drawn from."""
        self._opened: int | None = None
        self._looked: dict[Hashable, int] = {}
        """How many posts cases had when they were looked at last, in whatever session, by their
        first posts."""

    def reset(self) -> None:
        self._rows.clear()
        self._order = self._shown = self._session = None

    # --- drawing ----------------------------------------------------------------------------------

    def draw(self, frame: Frame) -> None:
        session, ranking = frame.session, self.ranking
        self._session = session
        chosen = ranking.chosen, frozenset(self._folds), self.view.size
        # What the user has just switched is seen at once.
        switched = self._order is None or chosen != self._switched
        held = bool(self._rows) and frame.wall - self._ordered_at < HOLD
        shown = session.charges.version, session.groups.version, session.names.version
        if switched or (ranking.version != self._order and not held):
            self._order, self._switched = ranking.version, chosen
            self._ordered_at, self._shown = frame.wall, shown
            self._arrange(session)
        elif shown != self._shown:
            self._shown = shown
            for row in self._rows.values():
                self._renew(row, session)
            self.view.set_rows(self.view.rows, hold_cursor=True)
        self._title()

    def _arrange(self, session: Session) -> None:
        """Put the rows into their order."""
        ranking, rows = self.ranking, list[Row]()
        cards = ranking.cards(MOST_SHOWN + 1)
        width, height = self.view.scrollable_content_region.width, self.view.size.height
        few, room = height < FEW_LINES, height * FULL_PART
        left = height - bool(ranking.n_weak or ranking.n_fallen)
        kept: dict[int, CaseRow] = {}

        def put(card: Card, *, full: bool) -> CaseRow:
            row = self._row(card, session)
            row.full, row.brief = full, False
            kept[row.key] = row
            rows.append(row)
            return row

        for i, card in enumerate(cards[:MOST_SHOWN]):
            row = put(card, full=room > 0)
            self._renew(row, session)
            if few:
                row.fit(width, left - 2 * max(0, min(len(cards), SEEN) - 1 - i))
            room -= row.height(width)
            left -= row.height(width)
        if len(cards) > MOST_SHOWN:
            rows.append(_note("more", "the rest matters less; s, P, C and H choose"))
        if not rows and (ranking.n_weak or ranking.n_fallen or ranking.hidden):
            rows.append(ParagraphRow("none", ranking.explain_none(), "faint"))
        if n := ranking.n_weak if ranking.shown[Kind.PERSONA] else 0:
            self._fold("weak", f"{sign('weak')} ", "persona", count(n, "weaker persona"), rows)
            if "weak" in self._folds:
                weak = ranking.weak(MOST_FOLDED)
                for card in weak:
                    put(card, full=False)
                if n > len(weak):
                    rows.append(
                        _note("more-weak", f"{n - len(weak):,} more; s lowers the strength")
                    )
        if n := ranking.n_fallen:
            told = f"{n:,} dismissed or taken back"
            self._fold("fallen", f"{sign('no')} ", "faint", told, rows)
            if "fallen" in self._folds:
                for card in ranking.fallen(MOST_FOLDED):
                    put(card, full=False)
        if cards and ranking.hidden:
            told = f"the filter hides {count(ranking.hidden, 'case')}"
            rows.append(_note("hidden", told))
        here = self.view.current
        if isinstance(here, CaseRow) and here.key not in kept and not here.case.stands:
            # Under the cursor it stays, or the next key would be about another.
            self._renew(here, session)
            rows.insert(min(self.view.cursor, len(rows)), here)
            kept[here.key] = here
        self._rows = kept
        while len(self._looked) > 10 * MOST_SHOWN:
            del self._looked[next(iter(self._looked))]
        if not rows:
            self.view.say_when_empty(ranking.explain_none())
        self.view.set_rows(rows, hold_cursor=True)
        if self.view.current is not here:
            self.on_descendant_focus()

    def _fold(self, name: str, mark: str, style: str, told: str, rows: list[Row]) -> None:
        opened = name in self._folds
        rows.append(FoldRow(name, [(mark, style), (told, "dim")], opened))

    def _row(self, card: Card, session: Session) -> CaseRow:
        row = self._rows.get(card.case.serial)
        if row is None or row.case is not card.case:
            row = CaseRow(card, session.names)
            row.opened = row.key == self._opened
        row.card = card
        return row

    def _renew(self, row: CaseRow, session: Session) -> None:
        """A row knows how things stand."""
        case = row.case
        row.swarm = session.groups.get(case.group) if case.group else None
        row.flood = said(told_of_flood(case, session))
        looked = self._looked.get(_same(case))
        if not case.stands:
            mark = ""
        elif looked is None:
            mark = sign("fresh")
        else:
            mark = f"+{min(99, case.posts - looked)}" if case.posts > looked else ""
        row.mark = mark

    def _title(self) -> None:
        ranking = self.ranking
        title: list[Named] = [("WHAT MATTERS ", "strong")]
        for kind in (Kind.HAZARD, Kind.COORDINATED, Kind.PERSONA):
            n = ranking.counted(kind)
            if not ranking.shown[kind]:
                title.append((f"{sign(kind)}off ", "faint"))
            elif n:
                title.append((f"{sign(kind)}{n:,} ", kind.value))
        n = len(title)
        if ranking.shown[Kind.PERSONA]:
            least = ranking.strength
            title.append((f"{points(least)}+ " if least > 0.5 else "all ", "faint"))
        n_cases = sum(ranking.counted(kind) for kind in Kind if ranking.shown[kind])
        news, cases = self._news(), ("case " if n_cases == 1 else "cases ", "dim")
        if n > 1 and _cells([*title, cases, *news]) + 2 <= self.title_line.size.width:
            title.insert(n, cases)  # the line at the top counts posts
        while news and _cells([*title, *news]) + 2 > self.title_line.size.width:
            del news[-1]  # each new card has its mark
        self.title_line.set(title, news)

    def _news(self) -> list[Named]:
        """How many cards are new, and how many of them are above what is in sight."""
        rows, first = self.view.rows, self.view.in_sight.start
        marked = [i for i, row in enumerate(rows) if isinstance(row, CaseRow) and row.mark]
        above = bisect_left(marked, first)
        told = [(f"{sign('above')}{above:,} ", "accent")] if above else []
        return told + ([(f"{sign('fresh')}{len(marked):,} ", "fresh")] if marked else [])

    # --- what is new ------------------------------------------------------------------------------

    def on_descendant_focus(self) -> None:
        """The user looks at what is under the cursor, once they are here."""
        row = self.view.current
        if isinstance(row, CaseRow) and self.view.has_focus:
            self._see(row)

    def is_new(self, case: Case) -> bool:
        """Whether something of a case came since the user looked at it last."""
        return case.posts > self._looked.get(_same(case), 0)

    def see(self, post: str) -> None:
        """The user looks at why a post is flagged."""
        if self._session is None:
            return
        for charge in self._session.held_against(post):
            self._looked[_same(charge.case)] = charge.case.posts
            if row := self._find(charge.case):
                self._see(row)

    def see_group(self, group: str) -> None:
        """The user looks at the story of a group."""
        if self._session is None:
            return
        case = self._session.charges.of_group(Kind.COORDINATED, group)
        if case is not None:
            self._looked[_same(case)] = case.posts
            if row := self._find(case):
                self._see(row)

    def _see(self, row: CaseRow) -> None:
        self._looked[_same(row.case)] = row.case.posts
        row.mark = ""
        self.view.repaint()

    # --- the user ---------------------------------------------------------------------------------

    @property
    def case(self) -> Case | None:
        """The case under the cursor."""
        row = self.view.current
        return row.case if isinstance(row, CaseRow) else None

    def show_case(self, case: Case) -> None:
        """Put the cursor on the card of a case, which opens."""
        if not self._find(case) and self._session:
            self._folds.add("weak" if case.stands else "fallen")
            self._arrange(self._session)
        if row := self._find(case):
            self.view.move_to_key(row.key)
            self.open_current()

    def _find(self, case: Case) -> CaseRow | None:
        rows = self._rows.values()
        return next((row for row in rows if case in (row.case, *row.card.members)), None)

    def on_flags_view_folded(self, message: FlagsView.Folded) -> None:
        self._folds ^= {message.name}

    def on_row_view_moved(self) -> None:
        self.open_current()

    def open_current(self) -> None:
        """Show all reasons of the case under the cursor, and only of that one."""
        row = self.view.current
        self._opened = row.key if isinstance(row, CaseRow) else None
        for other in self._rows.values():
            other.opened = other is row
        if isinstance(row, CaseRow):
            self._see(row)
        self.view.remeasure()
        if row is not None:
            self.view.move_to(self.view.cursor, tell=False)

    def go_home(self) -> bool:
        """Show what matters most again, no card opened; False if it was so."""
        left = self.view.go_home()
        if left:
            self.open_current()
        return left


def _cells(pieces: Sequence[Named]) -> int:
    return sum(cell_len(text) for text, _ in pieces)


def _same(case: Case) -> Hashable:
    """By what a case is found again when a replay comes to it again."""
    return case.kind, case.charges[0].post


def _note(key: str, text: str) -> PiecesRow:
    return PiecesRow(key, [(f"  {text}", "faint")])
