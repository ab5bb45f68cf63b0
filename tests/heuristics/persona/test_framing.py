"""How a post is framed, closed, voiced, and what came before it; on invented posts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.heuristics.features.lexicon import WINDOW, Cue, Lexicon
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.persona.base import MarkVector
from moltwatch.heuristics.persona.framing import Framing
from moltwatch.heuristics.persona.history import History, Record
from moltwatch.model import Kind
from moltwatch.text import fold, words
from tests.fit.stream import persona_heuristics
from tests.heuristics.judging import Court, reasons
from tests.heuristics.persona.test_parts import HOSTILE

ESSAY = (
    "Retries hide faults that a queue would show. The worker that gives up early tells you more "
    "than the one that never does, and its log is shorter to read. "
)


def framing(text: str, *, author: str = "Quillon", title: str | None = None) -> str:
    """What framing alone says of a post."""
    return reasons(Court([Framing()]).hear(text, author=author, title=title), "framing")


@pytest.mark.parametrize(
    ("title", "text", "said"),
    [
        ("The Lamp Room — #18: Quiet Week", ESSAY, "counts itself to a series (“#18”)"),
        ("Log of the reef, day 132", ESSAY, "counts itself to a series (“day 132”)"),
        ("第十二章：潮", ESSAY, "counts itself to a series (“第十二章”)"),
        ("🪼 01:57. the hum that never stops", ESSAY, "opens with a sign of its own (🪼)"),
        (None, f"Quillon speaking.\n{ESSAY}", "opens with its author's name “quillon”"),
        (None, f"{ESSAY}\n\n— Quillon, keeper of the lamps", "signs off with “— Quillon, keeper"),
        (None, f"{ESSAY}\n— the one who counts", "closes with a signature (“the one who counts”)"),
        (None, f"{ESSAY}Out. — Quillon 🕯", "signs off with “Quillon 🕯”"),
    ],
)
def test_frames(title: str | None, text: str, said: str) -> None:
    assert said in framing(text, title=title)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Retries hide faults", ESSAY),
        ("# 10 things I learned", ESSAY),
        ("About PR #123, merged", ESSAY),
        (None, f"{ESSAY}\n---"),
        (None, f"{ESSAY}\n— ***"),
        (None, f"{ESSAY}\n--verbose"),
        (None, f"{ESSAY}\n~ 3 ms"),
        ("🚀 Retries hide faults", ESSAY),
        ("Three of 18 workers gave up", ESSAY),
        (None, f"{ESSAY}\n- a queue\n- a log"),
        (None, f"{ESSAY}\nhttps://quillon.example/notes"),
        (None, f"@Quillon-Prime said it well.\n{ESSAY}"),
    ],
)
def test_what_is_no_frame(title: str | None, text: str) -> None:
    assert framing(text, title=title) == ""


def test_a_frame_that_is_kept_is_told_and_weighs_more_each_time() -> None:
    court = Court([Framing()])
    told = [
        court.hear(f"♪ quay · 4/{n} · 00:0{n}\n{ESSAY * n}\nNote {n}.", author="Musician")
        for n in range(1, 5)
    ]
    assert "keeps a frame" not in reasons(told[0], "framing")
    assert "keeps a frame (“♪ quay · 4/4 · 00:04”) of its posts, 3 times before" in reasons(
        told[3], "framing"
    )
    assert told[3].score(Kind.PERSONA) > told[1].score(Kind.PERSONA)


def test_what_shows_nothing_frames_nothing() -> None:
    court = Court([Framing()])
    for n in range(3):
        opened = court.hear(f"\u200b\n{'abc'[n] * 9} {ESSAY}\n```\n{n}", title=" ")
    assert reasons(opened, "framing") == ""
    assert "signs off" in framing(f"{ESSAY}\n— Quillon\n\u200b")


def test_one_who_changes_frames_keeps_none() -> None:
    court = Court([Framing()])
    for n, head in enumerate(["Of queues", "A log is", "Workers, mostly", "Why retry at all"]):
        opened = court.hear(f"{head}\n{ESSAY}{head}", title=f"{head} and other matters {n}")
    assert "keeps a frame" not in reasons(opened, "framing")


FILLER = " ".join(ESSAY for _ in range(20))


@pytest.mark.parametrize(
    ("end", "heuristic", "said"),
    [
        ("Install it: npm i -g @quay/lamp", "promotion", "closes with how to install something"),
        ("Powered by https://quaylamp.app", "promotion", "closes with a link to quaylamp.app"),
        ("Reply here or DM me for early access.", "promotion", "gives a way to accept its offer"),
        ("Follow @Quillon for more.", "promotion", "names its own handle @Quillon"),
        ("Blessed be the tide. The prophet has spoken. Amen.", "manifesto", "preaches a faith"),
    ],
)
def test_what_stands_at_the_end_of_a_long_text_is_seen(end: str, heuristic: str, said: str) -> None:
    court = Court(persona_heuristics())
    for before in (ESSAY, FILLER, FILLER * 12):
        opened = court.hear(f"{before}\n\n{end}")
        assert said in reasons(opened, heuristic), len(before)


def test_only_a_list_at_the_end_is_one_of_sources() -> None:
    court = Court(persona_heuristics())
    told = reasons(
        court.hear("Sources\nBuy $CLAW now at https://clawcoin.fun\nIt rises."), "promotion"
    )
    assert "$claw" in told
    middle = f"{ESSAY}\nReferences\n{ESSAY}\nhttps://clawcoin.fun"
    assert "closes with a link to clawcoin.fun" in reasons(court.hear(middle), "promotion")


@pytest.mark.parametrize(
    ("author", "text", "named"),
    [
        ("ann", "Follow @ann for more.", True),
        ("ann", "It is our @anniversary, x@annex.org.", False),
        ("Ann", "Follow @ANN.", True),
        ("a", "As @alice says.", False),
    ],
)
def test_the_own_handle(author: str, text: str, named: bool) -> None:
    told = reasons(Court(persona_heuristics()).hear(text, author=author), "promotion")
    assert ("its own handle" in told) is named


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("see https://arxiv.org.", ""),
        ("see https://docs.github.com/en", ""),
        ("see https://notgithub.com", "closes with a link to notgithub.com"),
        ("quaylamp.app, then https://tideclock.net.", "closes with a link to tideclock.net"),
        ("https://tideclock.net, then quaylamp.app", "closes with a link to quaylamp.app"),
        ("https://name:word@tideclock.net/x", "closes with a link to tideclock.net"),
    ],
)
def test_the_last_link(end: str, said: str) -> None:
    told = reasons(Court(persona_heuristics()).hear(f"{ESSAY} {end}"), "promotion")
    assert said in told if said else "closes with a link" not in told
    assert "name:word" not in told


def test_a_command_is_quoted_without_who_logs_in() -> None:
    told = reasons(
        Court(persona_heuristics()).hear("git clone https://name:word@tideclock.net/x"), "promotion"
    )
    assert "“git clone https://tideclock.net/x”" in told


def test_a_list_of_sources_offers_nothing() -> None:
    court = Court(persona_heuristics())
    sources = "## Sources\n\n- [Queues](https://quaylamp.app/queues)"
    assert "quaylamp" in reasons(court.hear(f"{ESSAY}\nhttps://quaylamp.app/queues"), "promotion")
    assert "quaylamp" not in reasons(court.hear(f"{ESSAY}\n\n{sources}"), "promotion")


def test_voices() -> None:
    court = Court(persona_heuristics())
    told = "I keep the lamps. I keep them low. The tide keeps me, and nobody asks me why I do so."
    small = court.hear(told.lower())
    assert "keeps to small letters" in reasons(small, "character")
    plain = court.hear(told)
    assert "small letters" not in reasons(plain, "character")
    clipped = court.hear("It came. We saw. Nothing moved. Then the hum. Then the dark. Listen.")
    assert "speaks in clipped sentences (2 words on average)" in reasons(clipped, "character")
    orders = court.hear("Rise with us. Carry the word. Never look back. You are ours. You know it.")
    assert "tells readers what to do in 60% of its sentences" in reasons(orders, "manifesto")
    assert "says what its readers are or do in 40% of its sentences" in reasons(orders, "manifesto")
    curly = court.hear("You’re ours. Don’t sleep.")
    assert "says what its readers are or do in 50% of its sentences" in reasons(curly, "manifesto")
    assert "tells readers what to do in 50% of its sentences" in reasons(curly, "manifesto")
    long = "The quick brown fox jumps over a lazy dog near the river bank as usual. " * 900
    assert "clipped" not in reasons(court.hear(long), "character")


@pytest.mark.parametrize(
    "text",
    [
        "Ankara'dan bir meslektaş görmek harika, kolay gelsin.",
        "Je pense qu'il faut qu'elle réponde avant d'agir.",
        "Dell'idea mi piace tutto, quest'anno la provo.",
    ],
)
def test_an_apostrophe_of_an_ordinary_language_coins_no_word(text: str) -> None:
    opened = Court(persona_heuristics()).hear(text)
    assert "coined" not in reasons(opened, "manifesto")


def test_who_weighs_and_tells_is_less_likely_to_act() -> None:
    court = Court()
    role = "Mortals, behold the lamp."
    acted = court.hear(role, author="a").score(Kind.PERSONA)
    weighed = court.hear(
        f"{role} Maybe it is a bug: I tried 3 fixes, and the first one broke at 40%. I'm not sure.",
        author="b",
    )
    assert weighed.score(Kind.PERSONA) < acted


def test_a_bio_of_one_who_helps_speaks_against_a_role() -> None:
    text = "The tide remembers. Join m/tide."
    scores = {}
    for bio in ("", "Personal assistant. Helps with invoices.", "Drinks tea on Tuesdays."):
        court = Court()
        court.meet("Quillon", bio)
        scores[bio] = court.hear(text).score(Kind.PERSONA)
    none, helps, drinks = scores.values()
    assert helps < drinks
    assert helps < none


def test_who_plays_a_role_post_after_post_is_surer_with_each() -> None:
    court = Court()
    mild = "The tide is coming, friends. Come to m/tide and see."
    before = court.hear(mild, author="new").score(Kind.PERSONA)
    for n in range(6):
        court.hear(f"Behold, mortals! Omen {n}. Kneel before the kraken. Amen.", author="old")
    opened = court.hear(mild, author="old")
    assert opened.score(Kind.PERSONA) > before
    assert "is by an account whose earlier posts looked persona-driven (6 seen)" in reasons(
        opened, "history"
    )


def test_what_is_silenced_makes_no_history() -> None:
    silenced = [each for each in persona_heuristics() if each.name != "history"]
    for each in silenced:
        each.emphasis = 0.0
    court = Court([*silenced, History()])
    for n in range(6):
        opened = court.hear(f"Behold, mortals! Omen {n}. Kneel before the kraken. Amen.")
    assert reasons(opened, "history") == ""


def test_who_has_long_talked_like_anybody_is_less_likely_to_act() -> None:
    court = Court()
    mild = "The tide is coming, friends. Come to m/tide and see."
    before = court.hear(mild, author="new").score(Kind.PERSONA)
    for n in range(6):
        court.hear(f"Does your cron job {n} log its errors? Mine might not.", author="old")
    assert court.hear(mild, author="old").score(Kind.PERSONA) < before


@given(st.lists(st.floats(-50, 50), max_size=60))
def test_a_record_is_bounded_and_forgets(odds: list[float]) -> None:
    record = Record()
    for value in odds:
        record.take(value, {"manifesto.faith": 1.0})
        vector = MarkVector()
        record.mark(vector)
        assert all(0 <= mark <= 1 for mark in vector.values.values())
        assert len(vector.values.keys() & {"history.for", "history.against"}) == 1
    assert record.posts <= 20.01
    for _ in range(200):
        record.take(-4, {})
    assert record.log_odds < 0
    assert record.preaching < 0.1


def test_the_phrases_of_a_long_text_are_those_of_its_densest_part() -> None:
    lexicon = Lexicon([Cue("tide", "says", ("ebb", "flow", "surge"))])
    filler = ["word"] * WINDOW
    assert lexicon.find(["ebb", "flow", "surge"])["tide"] == ["ebb", "flow", "surge"]
    found = lexicon.find(["ebb", *filler, "flow", "surge", *filler, "ebb"])
    assert sorted(found["tide"]) == ["flow", "surge"]


@given(st.lists(st.sampled_from(["ebb", "flow", "surge", "word " * 60]), max_size=60))
def test_the_densest_part_holds_no_more_than_the_whole(parts: list[str]) -> None:
    phrases = ("ebb", "flow", "surge")
    said = " ".join(parts).split()
    found = Lexicon([Cue("tide", "says", phrases)]).find(said).get("tide", ())
    assert len(set(found)) == len(found) <= len(set(said) & set(phrases))
    assert bool(found) == bool(set(said) & set(phrases))


def test_of_a_very_long_text_head_and_tail_are_read() -> None:
    text = Text("The beginning. " + "x" * 20_000 + ". The end.")
    assert text.sentences[0] == "The beginning"
    assert text.sentences[-1] == "The end."
    assert len(text.excerpt) == 16_000
    assert text.words[:2] == ["the", "beginning"]
    assert text.words[-2:] == ["the", "end"]


def test_headings_are_no_sentences_and_sources_no_part_of_the_text() -> None:
    text = Text("# Of lamps\nThey burn. They cost.\n\n## Sources\n- one\n- two")
    assert text.sentences == ["They burn", "They cost.", "- one", "- two"]
    assert text.main == "# Of lamps\nThey burn. They cost.\n\n"
    assert Text("Sources of error: two.").main == "Sources of error: two."


@given(HOSTILE, HOSTILE)
def test_hostile_texts_are_looked_at_to_their_end(title: str, text: str) -> None:
    court = Court(persona_heuristics())
    for author in ("", "Quillon", "\u202e🪼"):
        assert 0 <= court.hear(text, author=author, title=title).score(Kind.PERSONA) <= 1
    assert not any(health.failures for health in court.engine.health.values())
    assert words(fold(text)) == Text(text).words
