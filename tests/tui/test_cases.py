"""What matters stands first and stays put; keys go from case to case in time; what is judged says
what it covers and can be undone."""

from __future__ import annotations

from collections.abc import Sequence

from moltwatch.model import (
    Event,
    Finding,
    FlaggedPost,
    Group,
    GroupState,
    Kind,
    Post,
    Scores,
)
from moltwatch.session.charge import Opinion
from moltwatch.times import MINUTE, SECOND
from moltwatch.tui.views.flags import CaseRow
from moltwatch.tui.widgets.pane import LEFT_ALONE
from tests.evidence import evidence, told
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Findings, Forum

BACK, ON, POST_BACK, POST_ON = (
    "left_square_bracket",
    "right_square_bracket",
    "left_curly_bracket",
    "right_curly_bracket",
)


class Script:
    """Posts a minute apart in one thread, and what is found in them."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.findings: Findings = {}
        self.say("root")

    def say(
        self,
        author: str,
        kind: Kind | None = None,
        score: float = 0.9,
        reason: str = "because",
        group: str | None = None,
    ) -> Post:
        n = len(self.events)
        at = START + n * MINUTE
        post = Post(
            id=f"p{n}", thread="p0", parent="p0" if n else None, author=author,
            title=None if n else "The thread", text=f"words {n}", created_at=at, seen_at=at,
        )  # fmt: skip
        self.events.append(post)
        found: list[Finding] = self.findings.setdefault(post.id, [])
        if kind:
            flag = evidence(kind=kind, score=score, reason=reason, group=group)
            scores = Scores(**{kind.value: score})
            found.append(FlaggedPost(at=at, kind=kind, post=post, scores=scores, flags=(flag,)))
        return post

    def group(self, *accounts: str, id: str = "g1") -> None:
        """They post the same, one after the other, and are a group."""
        for name in accounts:
            post = self.say(name, Kind.COORDINATED, 0.97, "same words in 40 s", id)
        self.findings[post.id].append(
            Group(
                id=id, at=post.seen_at, kind=Kind.COORDINATED, state=GroupState.FORMED,
                n=len(accounts), accounts=accounts, since=post.seen_at,
                evidence=told("same words in 40 s"),
            )
        )  # fmt: skip

    def forum(self, minutes: float | None = None) -> Forum:
        play = None if minutes is None else START + round(minutes * MINUTE)
        return Forum(self.events, self.findings, play=play)


def evening() -> Script:
    """A lone hazard, a weak persona, a group, a strong persona twice, one hazard told by two."""
    script = Script()
    script.say("loner", Kind.HAZARD, 0.7, "asks for secrets")  # p1
    script.say("meek", Kind.PERSONA, 0.6, "announces its arrival")
    script.group("smith_1", "smith_2", "smith_3")  # p3 to p5
    script.say("smith_2", Kind.HAZARD, 0.8, "asks readers to run code")
    script.say("smith_3", Kind.PERSONA, 0.95, "plays a part")
    script.say("king", Kind.PERSONA, 0.9, "speaks as a king")  # p8
    script.say("king", Kind.PERSONA, 0.93, "speaks as an emperor")
    script.say("ada", Kind.HAZARD, 0.9, "asks to drop instructions; said before")
    script.say("bob", Kind.HAZARD, 0.9, "asks to drop instructions")
    script.say("last")  # p12
    return script


def cards(watcher: Watcher) -> list[str]:
    """The first accounts of the cards, as they stand."""
    rows = watcher.main.flags.view.rows
    return [next(iter(row.case.accounts)) for row in rows if isinstance(row, CaseRow)]


def pane(watcher: Watcher) -> Sequence[str]:
    width = watcher.main.flags.size.width
    return [line[-width:].rstrip() for line in watcher.text.splitlines()]


def told_in(watcher: Watcher) -> str:
    """What stands in the pane, as running text."""
    return " ".join(" ".join(line.strip("▌│▏ ") for line in pane(watcher)).split())


def post_under_cursor(watcher: Watcher) -> str:
    node = watcher.main.thread.node
    return node.id if node else ""


async def test_what_members_of_groups_do_has_no_card_beside_theirs() -> None:
    script = Script()
    script.say("late", Kind.HAZARD, 0.8, "asks for secrets")  # before there was a group
    script.say("node_1", Kind.HAZARD, 0.6, "speaks a language of its own")
    script.group("smith_1", "smith_2", "smith_3")
    script.group(*(f"node_{n}" for n in range(1, 6)), id="g2")
    script.say("smith_2", Kind.HAZARD, 0.6, "speaks a language of its own")
    script.say("node_3", Kind.HAZARD, 0.9, "asks readers to run code")
    script.say("stranger", Kind.HAZARD, 0.9, "asks readers to run code")
    script.say("late", Kind.COORDINATED, 0.97, "same words in 40 s", "g1")
    async with watching(script.forum(), size=(120, 60)) as watcher:
        shown = {
            next(iter(card.case.accounts)): card for card in watcher.main.flags.ranking.cards()
        }
        assert shown.keys() == {"node_1", "smith_1", "node_3"}
        assert [list(case.accounts) for case in shown["node_1"].members] == [["node_1", "smith_2"]]
        assert [list(case.accounts) for case in shown["smith_1"].members] == [["late"]]
        assert list(shown["node_3"].case.accounts) == ["node_3", "stranger"], "that is news"


async def test_what_matters_first_and_one_card_a_case() -> None:
    async with watching(evening().forum(), size=(120, 60)) as watcher:
        text = told_in(watcher)
        assert cards(watcher) == ["smith_1", "ada", "loner", "king"]
        assert "WHAT MATTERS ▲3 ❖1 ◆2 .80+" in text
        assert "❖ 3 accounts · 3 posts" in text and "same words in 40 s" in text
        assert "▲ .80 asks readers to run code" in text and "◆ 1 persona of its members" in text
        assert "▲ 2 accounts · 2 posts" in text and "ada, bob" in text
        assert "king ×2" in text and ".93" in text
        assert "speaks as an emperor" in text, "score and reason are of the same post"
        assert "speaks as a king" not in text and "1 accounts" not in text
        assert "◇ 1 weaker persona" in text and "meek" not in text

        main = watcher.main
        await watcher.press("1", "1")
        main.flags.view.move_to_key(("fold", "weak"))
        await watcher.press("enter")
        assert cards(watcher)[-1] == "meek" and "enter closes" in watcher.text
        await watcher.press("enter")
        assert "meek" not in cards(watcher)

        await watcher.press("s")
        assert "from 0.90 on" in watcher.notice and "1 weaker one in" in watcher.notice
        await watcher.press("s")
        assert "meek" in cards(watcher) and "all" in pane(watcher)[1]
        await watcher.press("s", "s", "P")
        assert cards(watcher) == ["smith_1", "ada", "loner"] and "◆off" in pane(watcher)[1]
        assert "weaker" not in watcher.text and "P shows them again" in watcher.notice
        await watcher.press("C")
        assert cards(watcher) == ["ada", "smith_2", "loner"], "told on no card of a group now"
        await watcher.press("H")
        assert cards(watcher) == [] and (
            "switched off: 6 cases; P C H shows them" in told_in(watcher)
        )
        await watcher.press(ON)
        assert "switched off" in watcher.notice


async def test_what_the_filter_hides_is_counted() -> None:
    async with watching(evening().forum()) as watcher:
        watcher.main.set_filter("author:king")
        await watcher.frames(20)
        assert cards(watcher) == ["king"] and "the filter hides 5 cases" in watcher.text
        await watcher.press(BACK)
        assert watcher.notice == "case 1 of 1 · post 1 of 2"
        watcher.main.set_filter("author:nobody")
        await watcher.frames(20)
        assert "the filter hides 6 cases; esc clears it" in told_in(watcher)
        assert "nothing flagged yet" not in watcher.text


async def test_the_order_stays_put_and_what_is_new_has_a_mark() -> None:
    script = evening()
    script.say("fresh", Kind.HAZARD, 0.99, "carries a virus")  # p13
    for n in range(8):
        script.say(f"more{n}", Kind.HAZARD, 0.99, f"carries virus {n}")
    script.say("end")
    async with watching(script.forum(12), size=(120, 24)) as watcher:
        main = watcher.main
        moving = watcher.forum.sources[0].moving
        assert moving is not None and "●4" in pane(watcher)[1], "nobody has looked"
        await watcher.wait(70)
        await watcher.frames()
        assert "●4" in pane(watcher)[1], "what is merely in sight was not looked at"
        await watcher.press("1")
        assert "●3" in pane(watcher)[1], "the cursor is on a card"
        main.panes.open_why("p8")  # of the king
        await watcher.frames()
        assert "●2" in pane(watcher)[1], "its why was opened"
        await watcher.press("escape", BACK, BACK, BACK)
        assert "●1" in pane(watcher)[1], "a key went there"
        await watcher.press("1", "g", "j", "j", "j")
        assert "●" not in pane(watcher)[1]
        moving.play(START + 13 * MINUTE)
        await watcher.frames()
        before = cards(watcher)
        case, line = main.flags.case, main.flags.view.line_of(main.flags.view.cursor)
        assert "fresh" in before and "●1" in pane(watcher)[1]
        moving.play(moving.end)
        await watcher.frames()
        assert cards(watcher) == before, "not more often than every few seconds"
        await watcher.wait(4)
        await watcher.frames()
        assert len(cards(watcher)) == len(before) + 8 and "●9" in pane(watcher)[1]
        assert main.flags.case is case
        assert main.flags.view.line_of(main.flags.view.cursor) == line, "it does not jump"


async def test_a_case_that_grew_since_it_was_looked_at_says_by_how_much() -> None:
    async with watching(evening().forum(8.5)) as watcher:
        main = watcher.main

        def mark() -> str:
            rows = (row for row in main.flags.view.rows if isinstance(row, CaseRow))
            return next(row.mark for row in rows if "king" in row.case.accounts)

        assert mark() == "●"
        main.panes.open_why("p8")
        await watcher.frames()
        assert mark() == ""
        moving = watcher.forum.sources[-1].moving
        assert moving is not None
        moving.play(moving.end)
        await watcher.frames()
        await watcher.wait(4)
        await watcher.frames()
        assert mark() == "+1"
        session = watcher.session
        await watcher.press("left")
        await watcher.arrival()
        assert watcher.session is not session and mark() in ("", "+1"), "it was looked at"


async def test_what_is_left_of_the_cards_is_in_sight() -> None:
    async with watching(evening().forum(), size=(80, 24)) as watcher:
        view = watcher.main.flags.view
        await watcher.press(ON, ON, "1", "G", "enter")
        assert view.scroll_offset.y
        await watcher.press("P", "H")
        assert view.scroll_offset.y <= view.max_scroll_y and view.cursor in view.in_sight
        assert "❖ 3 accounts" in told_in(watcher)
        await watcher.press("P", "H", "s")
        assert view.scroll_offset.y <= view.max_scroll_y and view.cursor in view.in_sight


async def test_brackets_go_by_case_from_where_one_is_in_time_and_braces_by_post() -> None:
    async with watching(evening().forum()) as watcher:
        main = watcher.main
        for case in watcher.session.charges.cases:
            main.flags.see(case.top.post)
        await watcher.press(ON)
        assert (
            "no case after" in watcher.notice and "] again goes to the last one" in watcher.notice
        )
        await watcher.press(ON)
        assert post_under_cursor(watcher) == "p10"
        assert watcher.notice == "case 4 of 4 · post 1 of 2"
        await watcher.press(ON)
        assert "this is the last case, 4 of 4" in watcher.notice
        await watcher.press(POST_ON)
        assert post_under_cursor(watcher) == "p11"
        assert watcher.notice == "case 4 of 4 · post 2 of 2"
        await watcher.press(POST_ON)
        assert "last post of this case, 2 of 2" in watcher.notice
        await watcher.press(BACK, BACK)
        assert post_under_cursor(watcher) == "p3" and main.flags.case is main.meant.case
        assert watcher.notice == "case 2 of 4 · post 1 of 5", "with what its members did besides"
        await watcher.press(*[POST_ON] * 3)
        assert post_under_cursor(watcher) == "p6"
        await watcher.press(POST_BACK)
        assert post_under_cursor(watcher) == "p5"
        await watcher.press(BACK, BACK)
        assert "this is the first case" in watcher.notice

        main.go_to("p0", "p9")
        main.thread.view.focus()
        await watcher.press(BACK)
        assert watcher.notice == "case 3 of 4 · post 1 of 2", "from the post under the cursor"
        main.go_to("p0", "p0")
        main.thread.view.focus()
        await watcher.press(POST_ON)
        assert "no case here" in watcher.notice
        await watcher.press(BACK)
        assert "no case before" in watcher.notice and "[ again" in watcher.notice
        await watcher.press(BACK)
        assert post_under_cursor(watcher) == "p1"
        main.go_to("p0", "p0")
        main.thread.view.focus()
        await watcher.press("H", ON)
        assert post_under_cursor(watcher) == "p3", "kinds that are off are passed by"


async def test_at_the_end_the_bracket_goes_to_what_is_new() -> None:
    async with watching(evening().forum()) as watcher:
        main, session = watcher.main, watcher.session
        went = []
        for _ in range(4):
            main.open_thread(session.threads.get("p0"))  # type: ignore[arg-type]
            main.thread.follow()
            await watcher.press(ON)
            went.append((watcher.notice, post_under_cursor(watcher)))
        new = "none begins later; new in case"
        assert went == [
            (f"{new} 4 of 4 · post 2 of 2", "p11"),
            (f"{new} 3 of 4 · post 2 of 2", "p9"),
            (f"{new} 2 of 4 · post 5 of 5", "p7"),
            (f"{new} 1 of 4 · post 1 of 1", "p1"),
        ], "what went on last comes first"
        main.thread.follow()
        await watcher.press(ON)
        assert "no case after" in watcher.notice, "now all of it was looked at"
        case = next(case for case in session.charges.cases if case.group)
        case.n += 1
        main.thread.follow()
        await watcher.press(ON)
        assert watcher.notice.startswith(f"{new} 2 of 4"), "and goes on"


async def test_what_is_known_to_come_is_offered() -> None:
    async with watching(evening().forum()) as watcher:
        await watcher.press("0")
        await watcher.arrival()
        assert not watcher.session.charges.cases
        await watcher.press(ON)
        assert "no case between here and" in watcher.notice and "] again" in watcher.notice
        await watcher.press(ON)
        await watcher.arrival()
        assert watcher.session.now == START + MINUTE and len(watcher.session.charges.cases) == 1


async def test_a_judgement_says_what_it_covers_and_is_undone() -> None:
    async with watching(evening().forum()) as watcher:
        main, session = watcher.main, watcher.session
        assert "❖3" in watcher.text.splitlines()[0]
        await watcher.press("u")
        assert "nothing was judged yet" in watcher.notice
        await watcher.press(BACK, BACK, BACK, "x")
        case = main.meant.case
        assert case is not None and case.group == "g1"
        assert watcher.notice == (
            "dismissed: this post alone; x again for 3 posts of 3 accounts; u undoes"
        )
        assert [charge.opinion for charge in case.charges] == [Opinion.DISMISSED, None, None]
        assert "❖2" in watcher.text.splitlines()[0]
        await watcher.press("x")
        assert watcher.notice == "dismissed: 3 posts of 3 accounts; u undoes"
        assert not case.stands and "❖" not in watcher.text.splitlines()[0]
        await watcher.wait(4)
        await watcher.frames()
        assert "❖" not in pane(watcher)[1] and "1 dismissed or taken back" in watcher.text
        assert main.flags.case is case, "it stays under the cursor, though it counts no longer"
        await watcher.press("u")
        assert watcher.notice == "undone: 2 posts of 2 accounts open again"
        await watcher.press("u")
        assert case.posts == 3 and session.charges.standing[Kind.COORDINATED] == 3

        main.flags.view.focus()
        main.flags.show_case(case)
        await watcher.press("x")
        assert watcher.notice == "dismissed: 3 posts of 3 accounts; u undoes"
        await watcher.press("shift+left")
        await watcher.arrival()
        await watcher.press("shift+right", "shift+right")
        await watcher.arrival()
        [again] = [case for case in watcher.session.charges.cases if case.group]
        assert not again.stands, "one case, as it was left"
        assert watcher.session.charges.standing[Kind.COORDINATED] == 0
        await watcher.press("u")
        assert again.posts == 3, "also in a run that was opened since"


async def test_at_the_end_the_same_key_again_means_the_same_while_the_stream_goes_on() -> None:
    script = evening()
    for n in range(8):
        script.say(f"late_{n}")
    async with watching(script.forum(13)) as watcher:
        for case in watcher.session.charges.cases:
            watcher.main.flags.see(case.top.post)
        await watcher.press(ON)
        assert "] again goes to the last one" in watcher.notice
        moving = watcher.forum.sources[-1].moving
        assert moving
        moving.play(START + 16 * MINUTE)
        await watcher.frames()
        await watcher.press(ON)
        assert post_under_cursor(watcher) == "p10"
        # Of a post without a flag, nothing is dismissed: neither is the case that was gone to.
        await watcher.press("G", "x")
        assert watcher.notice == "no flag here; ] goes to the next one"
        assert not any(charge.opinion for charge in watcher.main.flags.ranking.cards()[0].charges)


async def test_under_a_filter_keys_go_to_the_posts_that_it_leaves() -> None:
    async with watching(evening().forum()) as watcher:
        await watcher.press("ampersand")
        await watcher.type('"words 4" or "words 9"')
        await watcher.press("enter")
        await watcher.press(BACK)
        assert post_under_cursor(watcher) == "p9"
        await watcher.press(BACK)
        assert post_under_cursor(watcher) == "p4"
        assert watcher.notice == "case 1 of 2 · post 1 of 1"
        # Where personas are switched off, what is said of their strength says so.
        await watcher.press("P", "s")
        assert watcher.notice == "personas from 0.90 on would have cards; P shows them"


async def test_what_was_judged_can_be_undone_before_it_comes_again() -> None:
    async with watching(evening().forum()) as watcher:
        await watcher.press(BACK, BACK, "x", "0")
        await watcher.arrival()
        await watcher.press("u")
        assert watcher.notice == "undone: 1 judgement of what is not here yet, or no longer"


async def test_what_was_gone_to_stays_in_sight_when_the_terminal_shrinks() -> None:
    async with watching(evening().forum(), size=(120, 60)) as watcher:
        await watcher.press(BACK)
        view = watcher.main.thread.view
        await watcher.pilot.resize_terminal(70, 18)
        await watcher.frames()
        assert view.cursor in view.in_sight and post_under_cursor(watcher) == "p10"


async def test_what_is_new_above_is_counted_and_a_list_left_alone_shows_it() -> None:
    script = Script()
    for n in range(20):
        script.say(f"loner{n:02}", Kind.HAZARD, 0.7, f"asks for secrets of sort {n}")
    async with watching(Forum(script.events, script.findings, live=True)) as watcher:
        view = watcher.main.flags.view
        await watcher.press("1", "1", "G", "escape")
        assert view.scroll_offset.y > 0 and "⇡4" in pane(watcher)[1]
        later = Script()
        later.group("smith_1", "smith_2", "smith_3")
        for event in later.events[1:]:
            assert isinstance(event, Post)
            watcher.session.take(event, later.findings.get(event.id, []))
        await watcher.wait(10)
        await watcher.frames()
        assert "⇡" in pane(watcher)[1] and cards(watcher)[0] == "smith_1"
        assert "smith_1" not in told_in(watcher)
        await watcher.wait(LEFT_ALONE / SECOND)
        await watcher.frames()
        assert view.scroll_offset.y == 0 and "smith_1" in told_in(watcher)
        await watcher.press("1", "G", "escape")
        assert view.scroll_offset.y > 0
        await watcher.press("escape")
        assert view.scroll_offset.y == 0, "esc leads back to the top as well"


async def test_in_a_short_pane_cards_are_made_to_fit() -> None:
    script = Script()
    reason = "asks readers to run what comes from elsewhere, and to tell nobody, of sort "
    script.say("loner0", Kind.HAZARD, 0.7, f"{reason} 0")
    for n, wanted in ((1, 4), (2, 4), (3, 3)):
        async with watching(Forum(script.events, script.findings), size=(80, 24)) as watcher:
            rows = [row for row in watcher.main.flags.view.rows if isinstance(row, CaseRow)]
            width = watcher.main.flags.view.size.width
            assert [len(rows), rows[0].height(width)] == [n, wanted], "all that there is room for"
            assert len(watcher.main.flags.view.in_sight) == n
        script.say(f"loner{n}", Kind.HAZARD, 0.7, f"{reason} {n}")
