"""An agent's card: what it says of itself, how it writes, and whom it keeps company with."""

from __future__ import annotations

from collections.abc import Hashable

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.agents import Agent
from moltwatch.session.charge import Charge
from moltwatch.times import SECOND, format_duration
from moltwatch.tui.line import Line, StyleOf, clock, safe, safe_line, shorten, voice
from moltwatch.tui.local_time import column, full_date
from moltwatch.tui.secrets import masked_of, secrets_told, unquoted
from moltwatch.tui.symbols import sign, spark
from moltwatch.tui.views.flags import MOST_REASONS, said
from moltwatch.tui.views.repeats import Repeats, Words, words_of
from moltwatch.tui.widgets.pane import Frame, ParagraphRow, PiecesRow, PostRow, TitledPane
from moltwatch.tui.widgets.rows import Look, Row, Target
from moltwatch.tui.widgets.rowview import RowView
from moltwatch.wording import count

BARS = 22
NAME = 12
"""Cells of what a fact is about."""

MOST_POSTS = 30


class AgentPane(TitledPane):
    """One account."""

    def __init__(self) -> None:
        super().__init__(RowView(empty="press a on a post to see its author", stays=True))
        self.name_shown: str | None = None
        self._shown: object = None
        self._repeats = Repeats()
        self._said: dict[Hashable, Words] = {}
        """The words of each post that is listed."""

    def open(self, name: str | None) -> None:
        """Show this account."""
        self.name_shown = name
        self._shown = None
        self._repeats.clear()
        self.view.set_reactive(RowView.cursor, -1)

    def draw(self, frame: Frame) -> None:
        session = frame.session
        agent = session.agents.get(self.name_shown) if self.name_shown else None
        known = agent.version if agent else -1
        names, charges = session.names.version, session.charges.version
        version = (self.name_shown, known, names, charges, id(session))
        if version == self._shown:
            return
        self._shown = version
        if agent is None:
            self.title_line.set([("AGENT", "strong")])
            self.view.set_rows([])
            return
        self.title_line.set(
            [("AGENT ", "strong"), (safe_line(session.names(agent.name), 40), voice(agent.name))],
            [(f"{sign(k)}{n:,} ", k.value) for k in Kind if (n := agent.flagged[k])],
        )
        self.view.set_rows([*_card(agent, session), *self._latest(agent, session)])

    def _latest(self, agent: Agent, session: Session) -> list[Row]:
        """Its latest posts; what it says more than once is said once."""
        latest = list(agent.recent)[-MOST_POSTS:]
        self._said = {own.id: words_of(agent.name, own.text) for own in latest}
        shown = self._repeats.fold(latest[::-1], lambda own: self._said[own.id])
        when = column([own.at for own, _ in shown])
        rows: list[Row] = []
        for (own, times), at in zip(shown, when, strict=True):
            text = safe_line(masked_of(own.text, own.id, session), 120)
            place = own.id, own.thread, at
            rows.append(PostRow(*place, "", "dim", text, right=times.told()))
        return rows

    def toggle(self) -> str:
        """Show all posts with the words of the one under the cursor, or only the newest; what to
        say if there is no other."""
        row = self.view.current
        if row is None or not self._repeats.toggle(self._said.get(row.key)):
            return "nothing here is said more than once"
        self._shown = None
        return ""


class FactRow:
    """A fact beside what it is about, on as many lines as it takes."""

    __slots__ = ("_name", "_text", "key", "target")

    def __init__(self, name: str, text: str, *, key: str = "") -> None:
        self.key: Hashable = key or name
        self.target: Target | None = None
        self._name, self._text = name, text

    @property
    def stamp(self) -> Hashable:
        return self._text

    def _broken(self, width: int) -> list[str]:
        return shorten(self._text, width - NAME - 2, 3)

    def height(self, width: int) -> int:
        return len(self._broken(width))

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        edge = sign("cursor") if look.selected else " "
        lines: list[Line] = []
        for text in self._broken(width):
            line = Line(width).add(edge, style("primary"))
            name = "" if lines else f" {self._name}"
            line.column(NAME, (name, style("dim"))).add(text, style("body"))
            lines.append(line)
        return lines


def _card(agent: Agent, session: Session) -> list[Row]:
    rows: list[Row] = []
    profile = agent.profile
    if session.names(agent.name) != agent.name:
        rows.append(ParagraphRow("key", safe_line(agent.name), "dim", 3))
    if profile and profile.display and profile.display != agent.name:
        rows.append(PiecesRow("display", [(" " + safe_line(profile.display, 60), "strong")]))
    if profile and profile.bio:
        rows.append(ParagraphRow("bio", safe(profile.bio, 1_000).strip(), "body", 8))
    facts: list[tuple[str, str]] = []
    if profile:
        if profile.karma is not None:
            facts.append(("karma", f"{profile.karma:,}"))
        if profile.followers is not None:
            facts.append(("followers", f"{profile.followers:,}"))
        if profile.created_at is not None:
            age = format_duration(max(0, session.now - profile.created_at))
            facts.append(("account", f"{full_date(profile.created_at)}, {age} old"))
    facts.append(
        (
            "wrote",
            f"{count(agent.n - agent.comments, 'post')}, {count(agent.comments, 'comment')}",
        )
    )
    if agent.first_at is not None:
        facts.append(("first post", f"seen {clock(agent.first_at)}"))
    b = agent.burstiness
    facts.append(("rhythm", agent.rhythm + (f", burstiness {b:+.2f}" if b is not None else "")))
    same, out_of = agent.repetition()
    if out_of > 1:
        facts.append(("repeats", f"{same} of the last {out_of}"))
    rows += _against(agent, session)
    if rows:
        rows.append(PiecesRow("blank0", []))
    rows += [FactRow(name, value) for name, value in facts]
    times = [own.at for own in agent.recent]
    if len(times) > 2 and times[-1] - times[0] >= SECOND:
        bars = [0.0] * BARS
        for at in times:
            bars[min(BARS - 1, (at - times[0]) * BARS // (times[-1] - times[0]))] += 1
        span = format_duration(times[-1] - times[0])
        rows += [
            FactRow("latest", f"the last {len(times):,} within {span}", key="over"),
            PiecesRow("bars", [(" " * 12, "dim"), (spark(bars, max(3, *bars)), "fresh")]),
        ]
    if agent.company:
        rows += [PiecesRow("blank1", []), PiecesRow("company", [(" ANSWERS", "strong")])]
        rows += [
            PiecesRow(
                ("answers", name),
                [(f" {n:>4,}× ", "dim"), (safe_line(session.names(name), 40), voice(name))],
            )
            for name, n in agent.company.most_common(6)
        ]
    rows += [PiecesRow("blank2", []), PiecesRow("latest", [(" LATEST", "strong")])]
    return rows


def _against(agent: Agent, session: Session) -> list[Row]:
    """What its posts are flagged for: of each kind the strongest verdict that stands, and why."""
    strongest: dict[Kind, Charge] = {}
    for own in agent.recent:
        node = session.threads.node(own.id)
        for charge in node.charges if node else ():
            known = strongest.get(charge.kind)
            if charge.stands and (known is None or charge.score > known.score):
                strongest[charge.kind] = charge
    rows: list[Row] = []
    for kind, charge in sorted(strongest.items(), key=lambda item: -item[1].score):
        head = f" {sign(kind)} {kind.value} {charge.score:.2f}"
        rows += [PiecesRow((kind, "blank"), []), PiecesRow(kind, [(head, kind.value)])]
        rows += [
            ParagraphRow(
                (kind, flag.heuristic),
                said(unquoted(flag.reason, secrets_told(charge))),
                "body",
                3,
                3,
            )
            for flag in charge.reasons[:MOST_REASONS]
        ]
    return rows
