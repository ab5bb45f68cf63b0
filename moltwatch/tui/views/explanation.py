"""What there is to say of a post that is flagged, or is not, as rows.

The post stands there uncut, with what the reasons point at marked in its own words; then each
reason with its numbers, what speaks against, and what would have to be otherwise; then what it is
part of. Rows about other posts lead to them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from moltwatch.heuristics.engine import EVIDENCE_WINDOW, Engine
from moltwatch.heuristics.fusing.otherwise import way_out
from moltwatch.jsonl import line_of
from moltwatch.model import MOST_LISTED, Evidence, FlaggedPost, Kind
from moltwatch.session import Session
from moltwatch.session.charge import Charge, Opinion
from moltwatch.session.groups import Arrival
from moltwatch.session.secrets import WITHHELD
from moltwatch.session.thread import Node
from moltwatch.text import differing
from moltwatch.times import format_duration
from moltwatch.tui.line import alike, clock, cut_inside, safe_line, voice
from moltwatch.tui.secrets import masked, masked_of
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.flagged_text import FlaggedText, legend
from moltwatch.tui.views.flags import told_of_flood
from moltwatch.tui.views.reasons import (
    MOST_REASON,
    ReasonRow,
    json_rows,
    numbers_of,
    reason_rows,
    said_row,
    way_out_rows,
)
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
from moltwatch.tui.views.threads import title_of
from moltwatch.tui.widgets.marked import MarkedRow, Sort, Span, marked
from moltwatch.tui.widgets.pane import ParagraphRow, Piece, PiecesRow, PostRow
from moltwatch.tui.widgets.rows import Row, Target
from moltwatch.wording import count, sentence

MOST_AGAIN = 20
"""Other posts of an account, or other accounts, that are listed."""

MOST_LOOKED_AT = 200
"""Charges of an account among which the same danger is looked for, the latest."""

MOST_OWN = 24
"""Other posts of an account that are compared with one, the latest."""

MOST_BIO = 1_000
"""Characters of a bio that are shown."""


class Explanation:
    """What there is to say of one post, as of now."""

    def __init__(
        self,
        post: str,
        node: Node | None,
        charges: Sequence[Charge],
        session: Session,
        engine: Engine,
    ) -> None:
        self.id = post
        self.node = node
        self.charges = charges
        self.session = session
        self.engine = engine
        self.post = node.post if node else None
        self.first = charges[0] if charges else None
        self.body = self.post.body if self.post else self.first.excerpt if self.first else ""
        group = self.first.group if self.first else None
        self.swarm = session.groups.get(group) if group else None
        thread = node.thread.id if node else self.first.thread if self.first else ""
        self.here = Target(thread, post)
        self.company = in_order(self.swarm) if self.swarm else self._named()
        """Posts that are held to be of one hand with it, in order."""
        self.text = FlaggedText(self.body, charges)
        telling_posts = telling(self.swarm, session) if self.swarm else []
        self.forms = forms(self.company, session, (post, *telling_posts))
        """What is said by them, this post's own words first."""

    def _named(self) -> list[Arrival]:
        """Where there is no group, the posts that the reasons name, and this one."""
        named: dict[str, Arrival] = {}
        for charge in self.charges:
            for flag in charge.reasons if charge.kind is Kind.COORDINATED else ():
                for act in flag.acts[:MOST_LISTED]:
                    node = self.session.threads.node(act.post)
                    thread = node.thread.id if node else ""
                    named[act.post] = Arrival(act.at, act.author, act.post, thread, "")
        if named and self.first:
            thread = self.here.thread
            this = Arrival(self.first.seen_at, self.author, self.id, thread, self.first.text)
            named.setdefault(self.id, this)
        return sorted(named.values(), key=lambda arrival: arrival.at)

    @property
    def author(self) -> str:
        return self.post.author if self.post else self.first.author if self.first else ""

    def title(self) -> list[Piece]:
        charge = self.first
        if charge is None:
            return [("not flagged", "dim")]
        told: list[Piece] = [
            (f"{sign(charge.kind)} {charge.kind.value} {charge.score:.2f}", charge.kind.value)
        ]
        if self.swarm:
            told.append((f"  {size_of(self.swarm)}", "dim"))
        return told

    def rows(self) -> list[Row]:
        if self.post is None and self.first is None:
            return []
        rows = self._verdicts()
        if not self.charges:
            rows += self._scores()
        rows += self._text()
        for charge in self.charges:
            rows += self._reasons(charge)
            rows += self._of_the_group(charge)
            rows += self._against(charge)
            rows += self._otherwise(charge)
        if not self.charges:
            rows += self._held()
        kinds = {charge.kind for charge in self.charges}
        if Kind.HAZARD in kinds:
            rows += self._told_the_same()
        if Kind.PERSONA in kinds:
            rows += self._bio()
            rows += self._again()
        if Kind.COORDINATED in kinds:
            rows += came_rows(self.company, Kind.COORDINATED, self.session)
        if self.swarm:
            others = (
                self.forms if self.forms and self.forms[0][0].post != self.id else self.forms[1:]
            )
            rows += text_rows(others, "WHAT ELSE THEY SAY")
            rows += post_rows(self.swarm, self.session)
        rows += self._examples()
        return rows

    # --- the verdict and the post -----------------------------------------------------------------

    def _verdicts(self) -> list[Row]:
        rows: list[Row] = []
        for charge in self.charges:
            state = ""
            if charge.retracted:
                state = ", taken back"
            elif charge.opinion is Opinion.DISMISSED:
                state = f", {sign('no')} dismissed"
            elif charge.opinion is Opinion.CONFIRMED:
                state = f", {sign('yes')} confirmed"
            left: list[Piece] = []
            if len(self.charges) > 1:  # of one, it stands in the title
                told = f" {sign(charge.kind)} {charge.kind.value} {charge.score:.2f} "
                left.append((told, charge.kind.value))
            left.append((f" found {clock(charge.at)}{state}", "dim"))
            if charge.case.n > 1:
                whose = "the account"
                if len(charge.case.accounts) > 1:
                    whose = (
                        "the group" if charge.group else count(len(charge.case.accounts), "account")
                    )
                left.append((f", one of {charge.case.n:,} posts of {whose}", "dim"))
            rows.append(PiecesRow(("verdict", charge.kind), left, (), self.here))
            if much := told_of_flood(charge.case, self.session):
                key = ("verdict", charge.kind, "flood")
                rows.append(ParagraphRow(key, f"it has a card for that: {much}", "dim", 3, 1))
            if charge.reasons:  # below a long post the others are far
                reason = safe_line(self.text.mask(charge.reasons[0].reason), MOST_REASON)
                key = ("verdict", charge.kind, "why")
                rows.append(ParagraphRow(key, reason, "body", 2, 1, self.here))
        held = {charge.kind for charge in self.charges}
        scores = self.engine.verdict(self.id) or (self.first.scores if self.first else None)
        if self.charges and scores and len(held) < len(Kind):
            others = f" {sign('dot')} ".join(
                f"{kind.value} {scores.of(kind):.2f}" for kind in Kind if kind not in held
            )
            rows.append(PiecesRow("others", [(f" not flagged as: {others}", "dim")]))
        return rows

    def _text(self) -> list[Row]:
        node = self.node
        name = safe_line(self.session.names(self.author), 40)
        byline: list[Piece] = [(f" {name}", voice(self.author))]
        if self.post:
            byline.append((f" {clock(self.post.seen_at)}", "faint"))
        elif self.first:
            byline.append((f" {clock(self.first.seen_at)}", "faint"))
        if self.post and not self.post.is_root and node:
            seen = node.thread.root.post is not None
            where = f"“{title_of(node.thread)}”" if seen else "a thread whose root was not seen"
            byline.append((f"  in {where}", "dim"))
        rows: list[Row] = [
            PiecesRow(("blank", "post"), []),
            PiecesRow("byline", byline, (), self.here),
        ]
        spans = [*self.text.words(), *self._slots(), *self.text.secrets]
        pieces = marked(self.body, spans) if self.body.strip() else [("(no text)", "faint")]
        rows.append(MarkedRow("post", pieces, self.here))
        notes = legend(spans, pieces)
        if node and node.cut:
            notes.append(f"{node.cut:,} more characters were not kept")
        if node is None:
            notes.append("the post is no longer kept: this is its beginning")
        elif node.edited:
            notes.append("edited since: this is what was judged")
        elif node.deleted:
            notes.append("deleted since")
        rows += [
            ParagraphRow(("note", at), note, "faint", 4, 1, self.here)
            for at, note in enumerate(notes)
        ]
        return rows

    def _slots(self) -> list[Span]:
        if self.text.secrets:
            return []
        for arrival, text, slots, _ in self.forms[:1]:
            if arrival.post == self.id and self.body.startswith(text):
                return [Span(start, end, Sort.SLOT) for start, end in slots]
        return []

    # --- reasons ----------------------------------------------------------------------------------

    def _reasons(self, charge: Charge) -> list[Row]:
        key = charge.kind
        rows: list[Row] = [
            PiecesRow(("blank", "for", key), []),
            PiecesRow(
                ("for", key),
                [(f" WHAT SPEAKS FOR {charge.kind.value.upper()}", "strong")],
                (),
                self.here,
            ),
        ]
        for at, flag in enumerate(charge.reasons):
            if flag.kind is not Kind.PERSONA:
                said = self.text.mask(flag.reason)
                rows += reason_rows(flag, said, key.value, (key, at), self.here)
                continue
            name = safe_line(flag.heuristic, 60)
            head: list[Piece] = [(f" {flag.weight:+.2f} ", "persona"), (name, "strong")]
            rows.append(ReasonRow((key, at), head, numbers_of(flag), self.here))
            rows += self._marks(flag, (key, at))
        return rows

    def _of_the_group(self, charge: Charge) -> list[Row]:
        """Why those it belongs to are a group, as far as that is not told of the post."""
        swarm = self.session.groups.get(charge.group) if charge.group else None
        if swarm is None:
            return []
        told = {flag.heuristic: flag.n for flag in charge.reasons}
        more = [
            flag for flag in told_of(swarm, self.session) if told.get(flag.heuristic, -1) < flag.n
        ]
        if not more:
            return []
        key = ("group", charge.kind)
        head = (" WHAT SPEAKS FOR THE GROUP", "strong")
        rows: list[Row] = [PiecesRow(("blank", *key), []), PiecesRow(key, [head], (), self.here)]
        for at, flag in enumerate(more):
            said = WITHHELD if swarm.withheld else self.text.mask(flag.reason_in(swarm.n))
            rows += reason_rows(flag, said, charge.kind.value, (*key, at), self.here)
        return rows

    def _marks(self, flag: Evidence, key: tuple[Kind, int]) -> list[Row]:
        """The marks of a persona, each with the log-odds that it adds."""
        rows: list[Row] = []
        told = [mark for mark in flag.marks if mark.says and mark.weight > 0]
        for at, mark in enumerate(told):
            said = f"{mark.weight:+.2f}  {sentence(mark.says, mark.facts)}"
            rows.append(self._paragraph((*key, at), said))
        rest = flag.weight - sum(mark.weight for mark in flag.marks)
        if told and abs(rest) >= 0.005:
            rows.append(self._paragraph((*key, "rest"), f"{rest:+.2f}  what needs no words"))
        return rows or [self._paragraph((*key, "said"), flag.reason)]

    def _against(self, charge: Charge) -> list[Row]:
        rows: list[Row] = [PiecesRow(("blank", "against", charge.kind), [])]
        title = (" WHAT SPEAKS AGAINST", "strong")
        marks = [
            (mark.weight, sentence(mark.says, mark.facts) if mark.says else flag.heuristic)
            for flag in (*charge.reasons, *charge.against)
            for mark in flag.marks
            if mark.weight < 0
        ]
        if not marks:
            rows.append(
                PiecesRow(("against", charge.kind), [title, ("  nothing", "dim")], (), self.here)
            )
            return rows
        rows.append(PiecesRow(("against", charge.kind), [title], (), self.here))
        rows += [
            self._paragraph(("against", charge.kind, at), f"{weight:+.2f}  {said}")
            for at, (weight, said) in enumerate(sorted(marks))
        ]
        return rows

    def _otherwise(self, charge: Charge) -> list[Row]:
        known = {heuristic.name: heuristic for heuristic in self.engine.heuristics}
        way = way_out(
            charge.kind, charge.score, charge.reasons, known, self.engine.least[charge.kind]
        )
        return way_out_rows(way, charge.kind, self.here, self.text.mask)

    def _scores(self) -> list[Row]:
        """Of a post that is not flagged, what it was found to be."""
        scores = self.engine.verdict(self.id)
        if scores is None:
            window = format_duration(EVIDENCE_WINDOW)
            said = (
                "It is not flagged. Its scores are not kept any more: the last word on a post is "
                f"spoken {window} after it was seen, at the end of the run, or when there are too "
                "many at once. Of a recording, `moltwatch flags FILE --verdicts --where id:ID` "
                "tells them."
            )
            return [ParagraphRow("gone", said, "dim", 8, 1, self.here)]
        return [
            PiecesRow(
                ("score", kind),
                [
                    (f" {sign(kind)} {kind.value:<12}", kind.value),
                    (f"{scores.of(kind):.2f}", "body"),
                    (f"  flagged from {self.engine.least[kind]:.2f}", "dim"),
                ],
                (),
                self.here,
            )
            for kind in Kind
        ]

    def _held(self) -> list[Row]:
        """What evidence there is of a post that is not flagged."""
        if self.engine.verdict(self.id) is None:
            return []
        held = self.engine.held(self.id)
        rows: list[Row] = [
            PiecesRow(("blank", "held"), []),
            PiecesRow("held", [(" EVIDENCE", "strong"), ("" if held else "  none kept", "dim")]),
        ]
        for at, flag in enumerate(held):
            said = self.text.mask(flag.reason)
            rows += reason_rows(flag, said, "dim", ("held", at), self.here)
        said = (
            "What several accounts share is kept of every post. What speaks for a persona or a "
            "hazard is kept only where it led to a flag; of the others there is only the score."
        )
        return [*rows, ParagraphRow("kept", said, "faint", 4, 1)]

    # --- what it is part of -----------------------------------------------------------------------

    def _told_the_same(self) -> list[Row]:
        """The account's other posts with the same danger, and other accounts with it."""
        charge = next(charge for charge in self.charges if charge.kind is Kind.HAZARD)
        same = [
            *reversed(charge.case.charges[-MOST_LOOKED_AT:]),
            *(hazard.first for hazard in self.session.charges.hazards.values()),
        ]
        told = {each.post: each for each in same if each.says == charge.says}
        others = [each for post, each in told.items() if post != self.id]
        if not others:
            return []
        head = [(" WHO ELSE WAS TOLD THE SAME", "strong")]
        head.append((f"  {count(len(others), 'post')}", "dim"))
        rows: list[Row] = [PiecesRow(("blank", "told"), []), PiecesRow("told", head)]
        listed = others[:MOST_AGAIN]
        names = self._names([each.author for each in listed])
        return rows + [
            self._post_row("told", each.post, each.thread, each.seen_at, each.author, name)
            for each, name in zip(listed, names, strict=True)
        ]

    def _bio(self) -> list[Row]:
        agent = self.session.agents.get(self.author)
        bio = (agent.profile.bio or "").strip()[:MOST_BIO] if agent and agent.profile else ""
        rows: list[Row] = [PiecesRow(("blank", "bio"), [])]
        if not bio:
            said = "  has none" if agent and agent.profile else "  not seen"
            rows.append(PiecesRow("bio", [(" ITS BIO", "strong"), (said, "dim")]))
            return rows
        rows.append(PiecesRow("bio", [(" ITS BIO", "strong")]))
        rows.append(MarkedRow(("bio", "text"), marked(bio, self.text.words_in(bio)), self.here))
        return rows

    def _again(self) -> list[Row]:
        """The author's other posts that say all of the same."""
        agent = self.session.agents.get(self.author)
        if agent is None or self.text.secrets:
            return []
        own = [each for each in agent.recent if each.id != self.id][-MOST_OWN:]
        said = self.body[:400]
        _, alike = differing(said, [each.text for each in own])
        same = [own[at] for at in alike]
        rows: list[Row] = [PiecesRow(("blank", "again"), [])]
        # A reason may say that it said a part of this before.
        head: list[Piece] = [(" SAYS ALL OF THIS AGAIN", "strong")]
        if not same:
            kept = count(len(own), "post")
            none = f"  in none of its latest {kept}" if own else "  no other post of it is kept"
            return [*rows, PiecesRow("again", [*head, (none, "dim")])]
        head.append((f"  in {len(same):,} of its latest {count(len(own), 'post')}", "dim"))
        rows.append(PiecesRow("again", head))
        for each in same[::-1][:MOST_AGAIN]:
            at = clock(each.at)
            said = safe_line(masked_of(each.text, each.id, self.session), 200)
            rows.append(PostRow(each.id, each.thread, at, "", "dim", said, section="again"))
        return rows

    def _examples(self) -> list[Row]:
        """Posts that the reasons name, where they do not stand among the group's."""
        listed = {arrival.post for arrival in self.swarm.arrivals} if self.swarm else set()
        flags = [flag for charge in self.charges for flag in charge.reasons]
        flags = flags or list(self.engine.held(self.id))
        acts = {
            act.post: act
            for flag in flags
            for act in flag.acts[:MOST_LISTED]
            if act.post not in listed and act.post != self.id
        }
        if not acts:
            return []
        rows: list[Row] = [
            PiecesRow(("blank", "examples"), []),
            PiecesRow("examples", [(" EXAMPLES", "strong")]),
        ]
        names = self._names([act.author for act in acts.values()])
        for act, name in zip(acts.values(), names, strict=True):
            node = self.session.threads.node(act.post)
            thread = node.thread.id if node else ""
            rows.append(self._post_row("example", act.post, thread, act.at, act.author, name))
        return rows

    def _names(self, authors: Sequence[str]) -> list[str]:
        """What accounts are called in a column of names."""
        names = [safe_line(self.session.names(author), 30) for author in authors]
        same = alike(names, NAME)
        return [cut_inside(name, NAME) if name in same else name for name in names]

    def _post_row(
        self, section: str, post: str, thread: str, at: int, author: str, name: str
    ) -> Row:
        node = self.session.threads.node(post)
        text = masked(node.post.body, node) if node and node.post else "(no longer kept)"
        text = safe_line(text, 200)
        return PostRow(post, thread, clock(at), name, voice(author), text, NAME, section=section)

    def _paragraph(self, key: Hashable, text: str) -> Row:
        return said_row(key, self.text.mask(text), self.here)

    # --- raw --------------------------------------------------------------------------------------

    def raw(self) -> list[Row]:
        """The JSON of the post, and of each flagged line."""
        rows: list[Row] = []
        if self.post:
            title = " THE POST, as a recording has it"
            rows += json_rows("post", title, self.post, self.here, self.text.mask_json)
        else:
            rows.append(PiecesRow("gone", [(" the post is no longer kept", "dim")]))
        for charge in self.charges:
            if self.post:
                found = FlaggedPost(
                    at=charge.at,
                    kind=charge.kind,
                    post=self.post,
                    scores=charge.scores,
                    flags=charge.flags,
                )
                title = f" ITS LINE as {charge.kind.value}, as `moltwatch flags` writes it"
                line = line_of(found)
                rows += json_rows(charge.kind.value, title, line, self.here, self.text.mask_json)
        if self.text.secrets:
            note = "what looks like a secret is masked here; a line on stdout has it as it came"
            rows.insert(0, ParagraphRow("masked", note, "bad", 3))
        return rows
