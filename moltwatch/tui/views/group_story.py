"""The story of a group in the centre: what speaks for it, who came when, what they say, what else
its members do, its posts in order."""

from __future__ import annotations

from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.otherwise import way_out
from moltwatch.jsonl import line_of
from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.charge import Charge, Opinion
from moltwatch.session.groups import Swarm
from moltwatch.session.secrets import WITHHELD
from moltwatch.tui.line import clock, cut_inside, safe_line, voice
from moltwatch.tui.secrets import masked_of, masked_text, secrets_told, unquoted
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.reasons import json_rows, reason_rows, way_out_rows
from moltwatch.tui.views.repeats import Repeats
from moltwatch.tui.views.story import (
    NAME,
    came_rows,
    forms,
    in_order,
    post_rows,
    size_of,
    telling,
    text_rows,
    told_of,
)
from moltwatch.tui.widgets.pane import Piece, PiecesRow, PostRow
from moltwatch.tui.widgets.rows import Row

MOST_HAZARDS = 20
"""Hazards of its members that are listed."""


class GroupStory:
    """What there is to say of one group, as of now."""

    def __init__(self, swarm: Swarm, session: Session, engine: Engine, repeats: Repeats) -> None:
        self.swarm = swarm
        self.session = session
        self.engine = engine
        self._repeats = repeats
        self.case = session.charges.of_group(Kind.COORDINATED, swarm.id)
        self._secrets = secrets_told(self.case.top) if self.case else ()

    def title(self) -> list[Piece]:
        score = f" {self.case.score:.2f}" if self.case else ""
        kind = self.swarm.group.kind
        return [(f"{sign(kind)}{score}", kind.value), (f"  {size_of(self.swarm)}", "dim")]

    def rows(self) -> list[Row]:
        swarm, session = self.swarm, self.session
        arrivals = in_order(swarm)
        rows = [self._state(), *self._reasons()]
        rows += came_rows(arrivals, swarm.group.kind, session)
        rows += text_rows(forms(arrivals, session, telling(swarm, session)))
        rows += self._hazards()
        rows += self._otherwise()
        if arrivals:
            return rows + post_rows(swarm, session, repeats=self._repeats)
        return rows + self._members()

    def raw(self) -> list[Row]:
        """The JSON of its latest line."""
        title = " ITS LATEST LINE, as `moltwatch flags` writes it"
        return json_rows("group", title, line_of(self.swarm.group), None, self._mask)

    def _mask(self, text: str) -> str:
        return masked_text(unquoted(text, self._secrets))

    def _state(self) -> Row:
        group, opinion = self.swarm.group, self.case.opinion if self.case else None
        said = f" since {clock(group.since)}, {group.state.value} {clock(group.at)}"
        if opinion is not None:
            mark = sign("yes" if opinion is Opinion.CONFIRMED else "no")
            said += f", {mark} {opinion.value}"
        return PiecesRow("state", [(said, "dim")])

    def _reasons(self) -> list[Row]:
        """Why it is a group: what says most of most accounts first."""
        title = (" WHAT SPEAKS FOR THE GROUP", "strong")
        rows: list[Row] = [PiecesRow(("blank", "for"), []), PiecesRow("for", [title])]
        for at, flag in enumerate(told_of(self.swarm, self.session)):
            told = flag.reason_in(self.swarm.n)
            said = WITHHELD if self.swarm.withheld else self._mask(told)
            rows += reason_rows(flag, said, flag.kind.value, ("for", at), None)
        return rows

    def _otherwise(self) -> list[Row]:
        reasons = told_of(self.swarm, self.session)
        if self.case is None or not reasons:
            return []
        known = {heuristic.name: heuristic for heuristic in self.engine.heuristics}
        least = self.engine.least[Kind.COORDINATED]
        way = way_out(Kind.COORDINATED, self.case.score, reasons, known, least)
        return way_out_rows(way, "group", None, self._mask)

    def _hazards(self) -> list[Row]:
        """What its members do besides, a post of each."""
        charges = self.session.charges
        members = {*self.swarm.members, *self.swarm.group.accounts}
        told: list[Charge] = [
            hazard.first
            for (account, _), hazard in charges.hazards.items()
            if account in members and hazard.first.stands
        ]
        if not told:
            return []
        head: list[Piece] = [(" HAZARDS OF ITS MEMBERS", "strong"), (f"  {len(told):,}", "dim")]
        rows: list[Row] = [PiecesRow(("blank", "hazards"), []), PiecesRow("hazards", head)]
        told = sorted(told, key=lambda each: (-each.score, each.seen_at))[:MOST_HAZARDS]
        for each in told:
            # Names of a group begin alike.
            name = cut_inside(safe_line(self.session.names(each.author), 30), NAME)
            says = masked_of(each.says, each.post, self.session)
            at, style = clock(each.seen_at), voice(each.author)
            says = safe_line(says, 200)
            row = PostRow(each.post, each.thread, at, name, style, says, NAME, section="hazards")
            rows.append(row)
        return rows

    def _members(self) -> list[Row]:
        """Its accounts, where none of its posts is kept."""
        rows: list[Row] = [PiecesRow(("blank", "members"), [])]
        rows.append(PiecesRow("members", [(" MEMBERS", "strong")]))
        for name in self.swarm.group.accounts:
            told = "  " + safe_line(self.session.names(name), 40)
            rows.append(PiecesRow(("member", name), [(told, voice(name))]))
        return rows
