"""What a report gathers: exact counts, the last word on each post, bounded memory."""

from __future__ import annotations

import pytest
from msgspec import structs

from moltwatch.model import Gap, GroupState, Kind, Thresholds
from moltwatch.outputs.report import summary as report_summary
from moltwatch.outputs.report.markdown import markdown
from moltwatch.outputs.report.page import html
from moltwatch.outputs.report.quotes import UNNAMED, WITHHELD
from moltwatch.outputs.report.summary import Collector
from moltwatch.outputs.report.words import observed
from moltwatch.session import charges, groups, timeline
from moltwatch.times import MINUTE, SECOND
from tests.outputs.report.kit import START, collected, flag, group, post, summed, verdict
from tests.secrets import key


def test_what_was_seen() -> None:
    told = summed()
    assert (told.posts, told.comments, told.threads, told.accounts) == (19, 16, 3, 10)
    assert (told.start, told.end) == (START, START + 421 * SECOND)
    assert told.sources == (("reef", 19),)
    assert told.flagged == {Kind.COORDINATED: 5, Kind.PERSONA: 2, Kind.HAZARD: 2}
    assert sum(step.posts for step in told.rate) == sum(step.posts for step in told.coarse) == 19
    assert sum(step.coordinated for step in told.rate) == 5
    assert [(reject.reason, reject.n, reject.first) for reject in told.rejects] == [
        ("no author", 1, "line 7")
    ]
    assert told.failures == ("heuristic x failed",)


def test_what_was_missed() -> None:
    told = summed()
    (gap,) = told.gaps
    assert (gap.until - gap.since, gap.reason, gap.recovered) == (MINUTE, "lost", False)
    assert (told.n_gaps, told.missed) == (1, MINUTE)


def test_groups_that_merged_are_one() -> None:
    (story,) = summed().groups
    assert (story.id, story.n, story.posts, story.shared) == ("g1", 5, 5, 5)
    assert story.reason == "same text as 4 other accounts in 4 s"
    assert list(story.members) == [f"claw{n}" for n in range(5)]
    assert story.arrivals == tuple(START + (400 + n) * SECOND for n in range(5))
    assert story.text == "praise the shell"


def test_personas_hazards_and_who_is_busy() -> None:
    told = summed()
    (persona,) = told.personas
    assert (persona.author, persona.score, persona.reason) == (
        "crab3", 0.95, "speaks as a crab again",
    )  # fmt: skip
    assert [
        (a.name, a.flagged[Kind.PERSONA], a.posts, a.mostly) for a in told.persona_accounts
    ] == [("crab3", 2, 3, "character")]
    (hazard,) = told.hazards
    assert (hazard.author, hazard.n, hazard.reason, told.n_hazards) == (
        "helper", 2, "gives orders", 1,
    )  # fmt: skip
    assert (told.busiest_threads[0].title, told.busiest_threads[0].posts) == ("the reef", 17)
    assert [account.name for account in told.busiest_accounts[:4]] == [f"crab{n}" for n in range(4)]
    assert [(a.kind, a.heuristic, a.posts, a.alone) for a in told.alerts] == [
        (Kind.COORDINATED, "same-text", 5, 0),
        (Kind.COORDINATED, "template", 5, 0),
        (Kind.PERSONA, "character", 2, 1),
        (Kind.PERSONA, "brief", 1, 0),
        (Kind.HAZARD, "injection", 2, 2),
    ]


def test_the_threshold_is_heeded() -> None:
    told = collected(thresholds=Thresholds.all(0.92)).summary("x")
    assert told.flagged == {Kind.COORDINATED: 0, Kind.PERSONA: 1, Kind.HAZARD: 0}
    assert told.groups == ()


def test_only_a_part_may_be_told_of() -> None:
    told = collected(start=START + 400 * SECOND, end=START + 420 * SECOND).summary("x")
    assert (told.posts, told.flagged[Kind.COORDINATED]) == (5, 5)
    assert told.flagged[Kind.PERSONA] == told.n_gaps == 0


def test_a_group_of_which_no_post_is_told_is_not_told() -> None:
    collector = Collector()
    collector.finish([group("g1", GroupState.FORMED, 3, "one text")])
    assert collector.summary("x").n_groups == 0


def test_accounts_that_are_keys_are_called_by_their_names() -> None:
    key = "ab12" * 16
    collector = Collector()
    collector.take(one := post("p", key, 0, "hi"), [])
    collector.finish([verdict(one, flag(Kind.PERSONA, "character", "acts"))])
    told = collector.summary("x")
    assert told.personas[0].author == told.busiest_accounts[0].name == "ab12ab12…"


@pytest.mark.parametrize("heuristic", ["credentials", "injection"])
def test_a_key_that_may_still_work_is_not_repeated(heuristic: str) -> None:
    """Neither in texts and titles nor in reasons, whichever heuristic is there to know of it."""
    collector = Collector()
    quoting = f"said this before: “{key()[:20]}…”"
    for n in range(3):
        one = post(f"p{n}", f"crab{n}", n, f"use {key()}", title=f"my key {key()}")
        collector.take(one, [])
        flags = [
            flag(Kind.HAZARD, heuristic, "contains what looks like a key"),
            flag(Kind.PERSONA, "self-repetition", quoting),
            flag(Kind.COORDINATED, "link-push", quoting, "g"),
        ]
        collector.finish([verdict(one, *flags)])
    collector.finish([group("g", GroupState.FORMED, 3, quoting)])
    told = collector.summary("x")
    assert {said.text for said in told.hazards} | {told.groups[0].text} == {WITHHELD}
    assert {thread.title for thread in told.busiest_threads} == {WITHHELD}
    assert {said.reason for said in told.personas} | {told.groups[0].reason} == {WITHHELD}
    assert key()[:16] not in markdown(told) + html(told)
    if heuristic == "credentials":
        assert {said.reason for said in told.hazards} == {"contains what looks like a key"}


def test_a_key_in_what_nobody_flagged_is_not_repeated() -> None:
    for shows, shown in ((False, "sk-r•••"), (True, key())):
        collector = Collector(show_secrets=shows)
        one = post("p", f"crab {key()}", 0, "hi", title="a" * 70 + f" {key()}")
        collector.take(one, [])
        told = collector.summary("x")
        assert told.busiest_threads[0].title == "a" * 70 + f" {shown}"
        assert told.busiest_accounts[0].name == f"crab {shown}"


def test_whoever_asks_for_secrets_gets_them_in_the_report() -> None:
    collector = Collector(show_secrets=True)
    collector.take(one := post("p", "crab", 0, f"use {key()}"), [])
    collector.finish([verdict(one, flag(Kind.HAZARD, "credentials", "contains a key"))])
    assert key() in markdown(collector.summary("x"))


def test_a_name_that_shows_nothing_can_be_read_all_the_same() -> None:
    for name in ("\u200b\u200b", "\u3164", "\u2800 \u2800"):
        collector = Collector()
        collector.take(one := post("p", name, 0, "hi"), [])
        collector.finish([verdict(one, flag(Kind.PERSONA, "character", "acts"))])
        told = collector.summary("x")
        assert told.personas[0].author == told.busiest_accounts[0].name == UNNAMED
        assert told.busiest_threads[0].author == UNNAMED


def test_a_thread_without_a_title_can_be_told_from_others() -> None:
    collector = Collector()
    collector.take(post("p1", "crab", 0, "", title="\u3164"), [])
    collector.take(post("c1", "crab", 1, "hi", thread="p2"), [])
    told = collector.summary("x")
    assert [thread.title for thread in told.busiest_threads] == ["", ""]
    text, page = markdown(told), html(told)
    assert "- (untitled) `p1` by `crab`: 1 post" in text
    assert "- (its first post was not seen) `p2`: 1 post" in text
    assert "<li>(untitled) <bdi>p1</bdi> by" in page
    assert "<li>(its first post was not seen) <bdi>p2</bdi>: 1 post" in page


def test_hazards_beyond_what_is_remembered_are_not_counted_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(charges, "MOST_HAZARDS", 3)
    collector = Collector()
    for n in range(40):
        one = post(f"p{n}", f"crab{n % 4}", n, "x")
        collector.take(one, [verdict(one, flag(Kind.HAZARD, "injection", "gives orders"))])
    assert collector.summary("x").n_hazards == 3


def test_memory_is_bounded_and_numbers_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    few = structs.replace(report_summary.LIMITS, agents=50, threads=50)
    monkeypatch.setattr(report_summary, "LIMITS", few)
    monkeypatch.setattr(timeline, "MOST_BUCKETS", 100)
    collector = Collector()
    for n in range(500):
        collector.take(one := post(f"p{n}", f"crab{n}", n * 60, "hi"), [])
        collector.finish([verdict(one, flag(Kind.HAZARD, "injection", f"order {n}"))])
    told = collector.summary("x")
    assert (told.accounts, told.threads, told.posts, told.about) == (500, 500, 500, True)
    session = collector.session
    assert len(session.agents) == len(session.threads.summaries) == 50
    assert len(session.timeline._buckets) <= 100
    assert sum(step.posts for step in told.rate) == sum(step.hazard for step in told.rate) == 500


def test_of_nothing_there_is_little_to_tell() -> None:
    told = Collector().summary("x")
    assert (told.posts, told.rate, told.groups, told.busiest_threads) == (0, (), (), ())


def test_gaps_that_overlap_count_once() -> None:
    collector = Collector()
    for since, until in ((0, 10), (5, 20), (30, 40), (0, 10), (15, 32), (50, 60)):
        at = START + until * MINUTE
        gap = Gap(seen_at=at, since=START + since * MINUTE, until=at, reason="lost")
        collector.take(gap, [])
    told = collector.summary("x")
    assert (told.n_gaps, told.missed) == (6, 50 * MINUTE)


def test_a_gap_of_no_length_that_nobody_closed_is_not_caught_up() -> None:
    """An event too large to send, comments that a server does not give: no time, and a hole."""
    collector = Collector()
    said = []
    for recovered in (True, False):
        gap = Gap(seen_at=START, since=START, until=START, reason="lost", recovered=recovered)
        collector.take(gap, [])
        said.append(observed(collector.summary("x")))
    assert said == ["1 gap: all was caught up.", "2 gaps: something is missing."]


def test_of_a_group_only_the_part_is_told() -> None:
    collector = Collector(start=START + 200 * SECOND)
    for n in range(30):
        one = post(f"p{n}", f"crab{n}", n * 10, "shell", "p0" if n else "")
        found = verdict(one, flag(Kind.COORDINATED, "same-text", "r", "g1"))
        collector.take(one, [found])
    collector.finish([group("g1", GroupState.FORMED, 30, "one text")])
    told = collector.summary("x")
    (story,) = told.groups
    assert (story.n, story.posts, story.formed) == (10, 10, None)


def test_a_thread_is_called_what_its_root_is_called() -> None:
    collector = Collector(start=START + MINUTE)
    collector.take(post("r", "ada", 0, "hi", title="the reef"), [])
    collector.take(post("c", "bob", 70, "a comment", "r"), [])
    collector.take(post("d", "eve", 80, "another", "before anything was seen"), [])
    told = collector.summary("x")
    assert [(one.title, one.author, one.posts) for one in told.busiest_threads] == [
        ("the reef", "ada", 1), ("", "", 1),
    ]  # fmt: skip
    assert told.threads == 2 and told.busiest_threads[0].first == START + 70 * SECOND


def test_memory_of_groups_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST_WEIGHT", 200)
    monkeypatch.setattr(groups, "MOST_TEXTS", 3)
    collector = Collector()
    for n in range(300):
        one = post(f"p{n}", f"crab{n}", n, f"shell {n}")
        id = "lasting" if n % 2 else f"g{n // 20}"
        collector.finish([verdict(one, flag(Kind.COORDINATED, "same-text", "r", id))])
        if n < 50:
            ended = group("lasting ended", GroupState.ENDED, 3, "r")
            collector.finish([ended])
    known = collector.session.groups._swarms
    assert collector.session.groups._weight == sum(one.weight for one in known.values()) <= 200
    assert max(len(one.texts) for one in known.values()) == 3
    assert "lasting" in known and "g0" not in known and "lasting ended" not in known
