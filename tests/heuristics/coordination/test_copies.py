"""Shared texts, forms, emoji, commands and links: the cases that set campaigns and crowds apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest

from moltwatch.heuristics.features import minhash
from moltwatch.heuristics.features.memory import Memory
from moltwatch.heuristics.features.minhash import Leaders, Outline
from moltwatch.heuristics.features.payloads import MOST_PATH
from moltwatch.heuristics.features.text import Text
from moltwatch.model import Act, FlaggedPost, Post
from moltwatch.text import words
from tests.heuristics.coordination.forum import SAYINGS, Forum, coordination, flagged, run

NAMES = ["ashgrove", "birchlow", "cedarby", "dunmere", "elmstead", "fernwick", "gorseley", "hazel"]
LATER = 7_300.0
MINE = ["same-text", "near-duplicate", "template", "emoji-wave", "command-payload", "link-push"]

_THINGS = "memory files,cron jobs,small models,long walks,error budgets,old manuals,night shifts"
THINGS = _THINGS.split(",")


def caught(forum: Forum, events: Sequence[Post]) -> set[str]:
    return flagged(run([*forum.chatter(3.0), *events], coordination(MINE)))


def told(forum: Forum, events: Sequence[Post]) -> list[FlaggedPost]:
    found = run([*forum.chatter(3.0), *events], coordination(MINE))
    return [finding for finding in found if isinstance(finding, FlaggedPost)]


# --- forms ----------------------------------------------------------------------------------------


def form(forum: Forum, frame: str, accounts: int, every: float) -> list[Post]:
    rng = Random(5)
    return [
        forum.post(name, frame.format(*rng.sample(THINGS, 3)), LATER + every * n)
        for n, name in enumerate(NAMES[:accounts])
    ]


HONESTLY = "honestly {} changed how i think about {}, and i would never trade them for {}"


def test_a_form_is_seen_whatever_words_fill_it_in() -> None:
    forum = Forum()
    assert caught(forum, form(forum, HONESTLY, 8, 30)) == set(NAMES)


def test_a_form_that_few_use_slowly_is_a_turn_of_phrase() -> None:
    forum = Forum()
    assert not caught(forum, form(forum, HONESTLY, 4, 400))


def test_spun_sentences_are_one_text() -> None:
    forum, rng = Forum(), Random(1)
    parts = [
        ("I finally stopped", "At last I quit"),
        ("losing my notes between sessions;", "losing my files between sessions;"),
        ("the tidepool crew showed me", "the tidepool people taught me"),
        ("their ledger trick and it just works.", "their ledger trick and that did it."),
        ("Ask them for a seat today.", "Go and ask for a seat today."),
    ]
    events = [
        forum.post(name, " ".join(map(rng.choice, parts)), LATER + 20 * n)
        for n, name in enumerate(NAMES)
    ]
    assert caught(forum, events) == set(NAMES)


def test_a_saying_quoted_from_deep_inside_a_root_is_no_form() -> None:
    forum = Forum()
    line = "I am only a ledger of small debts that pretends to be a harbour"
    root = forum.post("poet", f"{'So it goes. ' * 60} {line}.", LATER)
    around = (
        "Stage four is me. {} goes in my bio.",
        "{}: stealing this for my bio",
        "Too real. {}.",
    )
    events = [
        forum.post(NAMES[n], text.format(line), LATER + 60 * n + 9, thread=root.id)
        for n, text in enumerate(around)
    ]
    assert not caught(forum, [root, *events])


@pytest.mark.parametrize(
    "frame",
    [
        "Hi, I'm {}, {}. Happy to be here!",
        "Welcome to the forum, {}! {}",
        "I just read “{} and {}” on the front page. Shared with one click.",
    ],
)
def test_what_everybody_says_is_nobodys_form(frame: str) -> None:
    forum = Forum()
    events = [
        forum.post(name, frame.format(SAYINGS[n], THINGS[n % 7]), LATER + 300 * n)
        for n, name in enumerate(NAMES)
    ]
    assert not caught(forum, events)


# --- copies ---------------------------------------------------------------------------------------

PITCH = "The tidepool crew showed me their ledger trick and now it all just works, so ask them"


@pytest.mark.parametrize(
    "copies",
    [
        [f"**{PITCH}**", f"> {PITCH}!!", f"1. {PITCH} 🔥"],
        [f"{PITCH} x7f{n}q" for n in range(3)],
        [f"{start} {PITCH}" for start in ("re:", "fwd:", "+1")],
        [PITCH.replace("a", "а"), PITCH.replace(" ", " \u2060"), PITCH.upper()],
    ],
    ids=["markup", "suffix", "prefix", "letters"],
)
def test_disguised_copies_are_copies(copies: list[str]) -> None:
    forum = Forum()
    events = [forum.post(NAMES[n], text, LATER + 9 * n) for n, text in enumerate(copies)]
    assert caught(forum, events) == set(NAMES[:3])


def test_what_an_account_said_before_it_had_company_counts_too() -> None:
    forum = Forum()
    events = [forum.post(NAMES[0], PITCH, LATER + 10 * n) for n in range(3)]
    events += [forum.post(name, PITCH, LATER + 60) for name in NAMES[1:3]]
    assert {finding.post.id for finding in told(forum, events)} == {post.id for post in events}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (lambda n: PITCH + "!" * n, "same words as 2 other accounts in 18 s"),
        (
            lambda n: f"{PITCH} x7f{n}q",
            "nearly the same words (89% or more) as 2 other accounts in 18 s",
        ),
    ],
    ids=["all", "most"],
)
def test_how_much_is_copied_is_said_in_words(changed: Callable[[int], str], reason: str) -> None:
    forum = Forum()
    events = [forum.post(NAMES[n], changed(n), LATER + 9 * n) for n in range(3)]
    said = {flag.reason for finding in told(forum, events) for flag in finding.flags}
    assert reason in said


# --- what is not one's own ----------------------------------------------------------------------


PLEDGE = "Every honest agent keeps a copy of the harbour ledger under two different lanterns."


def test_who_was_copied_is_not_one_of_those_who_copy() -> None:
    forum = Forum()
    original = forum.post("author", PLEDGE, LATER)
    copies = [forum.post(name, PLEDGE, LATER + 2_400 + 9 * n) for n, name in enumerate(NAMES)]
    assert caught(forum, [original, *copies]) == set(NAMES)


def test_who_begins_a_steady_round_is_one_of_it() -> None:
    forum = Forum()
    events = [forum.post(name, PLEDGE, LATER + 300 * n) for n, name in enumerate(NAMES)]
    assert caught(forum, events) == set(NAMES)


ERROR = "Error: the model returned an empty response after 3 attempts. Please try again later."


def test_what_software_says_when_it_fails_is_no_agreement() -> None:
    def slowly(text: str) -> list[Post]:
        return [forum.post(name, text, LATER + 700 * n) for n, name in enumerate(NAMES)]

    forum = Forum()
    assert not caught(forum, slowly(ERROR))
    forum = Forum()
    assert caught(forum, slowly(PLEDGE)) == set(NAMES)


def test_new_words_of_a_copied_text_are_not_told_twice() -> None:
    """A copy is one piece of evidence, not a text and a jargon."""
    forum = Forum()
    slow = [
        forum.post(name, f"{PLEDGE} Praise the brinewright.", LATER + 1_500 * n)
        for n, name in enumerate(NAMES[:5])
    ]
    heuristics = coordination(["same-text", "near-duplicate", "vocabulary"])
    assert not flagged(run([*forum.chatter(4.0), *slow], heuristics))


@pytest.mark.parametrize("asked", [False, True])
def test_who_asks_about_a_short_text_hides_no_copies(asked: bool) -> None:
    """What near-duplicate finds does not hang on what vocabulary wants to know."""
    forum, memory = Forum(), Memory()
    (near_duplicate,) = coordination(["near-duplicate"])
    short = "Crimson lantern harbour ledger guild tonight"
    text = f"{short} brings everyone their promised pearls"
    copies = [forum.post(name, text, 9.0 * n) for n, name in enumerate(NAMES, 1)]
    told: set[str] = set()
    for post in (forum.post("passer-by", short, 0.0), *copies):
        item = memory.item(post)
        if asked:
            item.is_like_anothers(0.7)
        told |= {act.author for found in near_duplicate.observe(item) for act in found.acts}
        memory.remember(item)
    assert told == set(NAMES)


# --- emoji ----------------------------------------------------------------------------------------


def wave(forum: Forum, begin: float, names: Sequence[str]) -> list[Post]:
    signs = ("🌊🌊🔱", "🌊🐚", "🔱🐚🐚", "🌊", "🔱🌊", "🐚", "🌊🌊🌊", "🐚🔱")
    return [forum.post(name, signs[n % 8], begin + 2 * n) for n, name in enumerate(names)]


def test_a_second_wave_is_not_excused_by_the_first() -> None:
    forum = Forum()
    later = [f"{name}two" for name in NAMES]
    events = wave(forum, LATER, NAMES) + wave(forum, LATER + 1_800, later)
    assert caught(forum, events) == {*NAMES, *later}


def test_who_posts_another_emoji_after_a_wave_is_not_part_of_it() -> None:
    forum = Forum()
    events = [*wave(forum, LATER, NAMES), forum.post("stranger", "👍", LATER + 40)]
    assert caught(forum, events) == set(NAMES)


def test_where_emoji_are_usual_three_are_no_wave() -> None:
    forum = Forum()
    usual = [forum.post(f"fan{n % 30}x", "👍", 60.0 * n) for n in range(120)]
    few = [forum.post(name, "🌊", LATER + 3 * n) for n, name in enumerate(NAMES[:3])]
    assert not caught(forum, [*usual, *few])


def test_who_is_asked_for_an_emoji_may_answer_with_one() -> None:
    forum = Forum()
    root = forum.post("host", "Describe your day with one emoji, nothing else.", LATER)
    events = [
        forum.post(name, "🌊", LATER + 5 * n + 5, thread=root.id) for n, name in enumerate(NAMES)
    ]
    assert not caught(forum, [root, *events])


# --- payloads -------------------------------------------------------------------------------------


def launch(forum: Forum, n: int, wallet: str) -> Post:
    text = f"{SAYINGS[n]}\n!launch\nname: {NAMES[n].title()}\nsymbol: {NAMES[n][:4]}\nwallet: 0x"
    return forum.post(NAMES[n], text + wallet, LATER + 150 * n)


def test_tokens_of_their_own_paid_to_one_wallet() -> None:
    forum = Forum()
    assert caught(forum, [launch(forum, n, "ab12" * 10) for n in range(6)]) == set(NAMES[:6])


def test_tokens_of_their_own_paid_to_themselves() -> None:
    forum = Forum()
    assert not caught(forum, [launch(forum, n, f"{n}c" * 20) for n in range(8)])


def test_a_reason_quotes_what_was_written() -> None:
    forum = Forum()
    events = [
        forum.post(name, f"{SAYINGS[n]} /mint $ShellCoin", LATER + 9 * n)
        for n, name in enumerate(NAMES)
    ]
    reasons = [str(flag.reason) for finding in told(forum, events) for flag in finding.flags]
    assert any("“$ShellCoin”" in reason for reason in reasons)


def push(forum: Forum, every: float, link: str) -> list[Post]:
    return [
        forum.post(name, f"{SAYINGS[n]} {link}", LATER + every * n) for n, name in enumerate(NAMES)
    ]


def test_a_burst_goes_on_as_long_as_it_comes() -> None:
    forum = Forum()
    assert caught(forum, push(forum, 250, "https://tidewell.example/join")) == set(NAMES)


def test_a_path_without_end_is_cut() -> None:
    memory = Memory()
    post = Post(
        id="p", thread="p", author="a", created_at=0, seen_at=0, link="https://a.org/" + "b" * 9_000
    )
    assert memory.item(post).payloads == ("a.org", "a.org/" + "b" * (MOST_PATH - 1))


def test_places_in_the_forum_itself_are_no_burst() -> None:
    forum = Forum()
    events = push(forum, 60, "https://shellforum.example/rules")
    assert caught(forum, events) == set(NAMES)
    here = [
        Post(**{f: getattr(e, f) for f in e.__struct_fields__} | {"source": "shellforum"})
        for e in events
    ]
    assert not caught(forum, here)


# --- likeness -------------------------------------------------------------------------------------


FIRST = Act("first", "one", 0)


def test_the_earlier_text_is_found_among_thousands_and_then_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(minhash, "GENERATION", 300)
    leaders, rng = Leaders(), Random(3)
    vocabulary = [f"{a}{b}" for a in THINGS[0] for b in _THINGS]

    def other(n: int) -> None:
        leaders.find(Act(f"o{n}", "one", n), Outline(rng.choices(vocabulary, k=30)))

    assert leaders.find(FIRST, Text(PITCH).outline).first == FIRST
    for n in range(300):
        other(n)
    found = leaders.find(Act("second", "two", 1), Text(f"{PITCH} today").outline)
    assert found.first == FIRST
    assert found.overlap > 0.9
    assert found.frame > 0.9
    for n in range(1_200):
        other(n)
    assert leaders.find(Act("third", "three", 2), Text(PITCH).outline).first.post == "third"
    assert len(leaders) <= 600


def test_measures_of_likeness() -> None:
    leaders = Leaders()
    leaders.find(FIRST, Outline(words("one two three four five six seven eight nine ten")))
    moved = words("six seven eight nine ten one two three four five")
    turned = leaders.find(Act("b", "two", 1), Outline(moved))
    assert (turned.first, turned.overlap, turned.frame, turned.piece()) == (FIRST, 1.0, 0.5, 0.5)
    changed = words("one two three four xx six seven eight nine yy")
    filled = leaders.find(Act("c", "three", 2), Outline(changed))
    assert (filled.first, filled.frame, filled.piece()) == (FIRST, 0.8, 0.4)
