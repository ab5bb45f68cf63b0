"""A case in the list of flags: what is held against whom, and why."""

from __future__ import annotations

import re
from collections.abc import Hashable

from moltwatch.model import Evidence, Kind
from moltwatch.session.charges import Case, Opinion
from moltwatch.tui.ink import Line, Piece, safe_line, shorten, with_right
from moltwatch.tui.inked import Ink
from moltwatch.tui.rows.comment_row import Called, clock, voice
from moltwatch.tui.stack import Look
from moltwatch.tui.symbols import sign
from moltwatch.wording import count

MOST_REASONS = 4

_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:ms|s|min|h|d|%)\b)")


def said(flag: Evidence) -> str:
    """A reason on one line, harmless, in which no number parts from its unit at a line's end."""
    return _BEFORE_UNIT.sub("\u00a0", safe_line(flag.reason))


class CaseRow:
    """A head, the strongest reasons and an excerpt; all reasons when it is opened."""

    __slots__ = (
        "_called",
        "_excerpt",
        "_for",
        "_reasons",
        "case",
        "matched",
        "members",
        "opened",
    )

    def __init__(self, case: Case, members: int, called: Called) -> None:
        self.case = case
        self._called = called
        self.members = members
        """Accounts in its swarm, where it is about one."""
        self.opened = False
        self.matched = True
        self._for: Hashable = None
        self._reasons: list[tuple[Evidence, list[str]]] = []
        self._excerpt: list[str] = []

    @property
    def key(self) -> Hashable:
        return self.case.serial

    @property
    def stamp(self) -> Hashable:
        name = self._called(self.case.latest.author)
        return self.case.version, name, self.members, self.opened, self.matched

    def height(self, width: int) -> int:
        wanted = (width, self.case.version, self.opened)
        if wanted != self._for:
            self._wrap(width)
            self._for = wanted
        extra = len(self._reasons) if self.opened else 0
        return 1 + sum(len(lines) for _, lines in self._reasons) + extra + len(self._excerpt)

    def _wrap(self, width: int) -> None:
        charge = self.case.latest
        flags = charge.reasons[: MOST_REASONS if self.opened else 1]
        self._reasons = [
            (flag, shorten(said(flag), width - 4, 4 if self.opened else 2)) for flag in flags
        ]
        text = safe_line(charge.excerpt, 200)
        self._excerpt = shorten(text, width - 4, 3 if self.opened else 1) if text else []

    def lines(self, width: int, ink: Ink, look: Look) -> list[Line]:
        self.height(width)
        case, charge = self.case, self.case.latest
        colour = ink(case.kind.value if self.matched and case.stands else "faint")
        edge = (sign("cursor") if look.selected else " ", ink("primary"))
        verdict = {Opinion.CONFIRMED: f" {sign('yes')}", Opinion.DISMISSED: f" {sign('no')}"}
        who: list[Piece] = [
            edge,
            (f"{sign(case.kind)} ", colour),
        ]
        if case.group:
            who.append((f"{self.members:,} accounts", ink("strong")))
        else:
            name = safe_line(self._called(charge.author), 40)
            who.append((name, ink(voice(charge.author))))
        if case.n > 1:
            who.append((f" {case.n:,}×", ink("dim")))
        right = [
            (verdict.get(case.opinion, "") if case.opinion else "", ink("good")),
            (f"{clock(case.charges[0].at)} ", ink("faint")),
            (f"{case.score:.2f} ", colour),
        ]
        lines = [with_right(width, right, who)]
        for flag, reason in self._reasons:
            lines += [Line(width).add(*edge).add("  ").add(text, ink("body")) for text in reason]
            if self.opened:
                line = Line(width).add(*edge).add("    ")
                line.add(f"{safe_line(flag.heuristic, 40)} {flag.score:.2f}", ink("dim"))
                counted = "account" if flag.kind is Kind.COORDINATED else "post"
                about = [count(flag.n, counted)] if flag.n else []
                about += [count(len(flag.posts), "example")] if flag.posts else []
                for what in about:
                    line.whole((f" {sign('dot')} {what}", ink("faint")))
                lines.append(line)
        quiet = ink("dim" if case.stands else "faint")
        lines += [
            Line(width).add(*edge).add(" ").add(sign("rail"), ink("rail")).add(text, quiet)
            for text in self._excerpt
        ]
        return lines
