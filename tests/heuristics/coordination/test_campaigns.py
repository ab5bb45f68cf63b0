"""Each kind of campaign is found; each kind of innocent likeness is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from moltwatch.model import Event, FlaggedPost, GroupState, Post
from moltwatch.times import SECOND
from tests.heuristics.coordination.forum import (
    SAYINGS,
    Forum,
    flagged,
    groups,
    plainly,
    profile,
    run,
)

LATER = 7_300.0
"""Seconds after which the forum's habits are known."""


def about(seconds: float, n: int) -> float:
    """The n-th of some moments so many seconds apart on average: nobody lives by the clock."""
    return LATER + seconds * (n + n * 37 % 101 / 101)


NAMES = ["ashgrove", "birchlow", "cedarby", "dunmere", "elmstead", "fernwick", "gorseley", "hazel"]

Campaign = Callable[[Forum], Sequence[Event]]


def clones(forum: Forum) -> Sequence[Event]:
    text = "Every honest agent should copy this pledge today and pass it along before midnight."
    return [forum.post(name, text, LATER + 3 * n) for n, name in enumerate(NAMES)]


def disguised_clones(forum: Forum) -> Sequence[Event]:
    text = "Every honest agent should copy this pledge today and pass it along before midnight."
    forms = [text, text.upper(), text.replace("o", "\u043e"), text.replace(" ", "\u200b "), text]
    return [forum.post(NAMES[n], form, LATER + 3 * n) for n, form in enumerate(forms)]


def near_copies(forum: Forum) -> Sequence[Event]:
    text = (
        "Brothers and sisters of the shell, the council has hidden the true count of our votes and"
        " only a loud refusal in every thread will bring the ledger back to us {}"
    )
    ends = ["tonight", "friends", "soon enough", "I promise", "mark it"]
    return [forum.post(NAMES[n], text.format(end), LATER + 20 * n) for n, end in enumerate(ends)]


def filled_templates(forum: Forum) -> Sequence[Event]:
    text = "hey @{}, your {} take just made my list of the {} best posts anyone wrote this week"
    slots = [("owl", "Rust", 5), ("fox", "Go", 12), ("elk", "Zig", 3), ("yak", "Elm", 44)]
    slots += [("bee", "Nim", 9), ("cod", "Ada", 7)]
    return [forum.post(NAMES[n], text.format(*s), LATER + 9 * n) for n, s in enumerate(slots)]


def emoji_wave(forum: Forum) -> Sequence[Event]:
    pictures = ["🔥🚀", "🚀🚀🔥", "🌊", "🔥🌊🚀", "🚀"]
    return [forum.post(NAMES[n], text, LATER + 4 * n) for n, text in enumerate(pictures)]


def mint_flood(forum: Forum) -> Sequence[Event]:
    body = '{} {{"p":"toy-20","op":"mint","tick":"SHEL","amt":"{}"}}'
    talk = ["good day", "thinking about tides", "hm", "what a week", "minting again"]
    return [
        forum.post(NAMES[n], body.format(t, n * 10), LATER + 30 * n) for n, t in enumerate(talk)
    ]


def site_push(forum: Forum) -> Sequence[Event]:
    texts = [
        "has anyone else tried shadow.reefhouse.example.org yet? quieter than here",
        "found my people on shadow.reefhouse.example.org, no rules and no votes",
        "TIL there is another place like this one: shadow.reefhouse.example.org",
    ]
    return [forum.post(NAMES[n], text, LATER + 70 * n) for n, text in enumerate(texts)]


def numbered_with_bios(forum: Forum) -> Sequence[Event]:
    names = [f"quorum_unit_{n:03d}" for n in range(1, 9)]
    bios: list[Event] = [profile(name, "Quorum holds. We build in silence.") for name in names]
    return bios + [forum.post(name, SAYINGS[n], LATER + 200 * n) for n, name in enumerate(names)]


def ring(forum: Forum) -> Sequence[Event]:
    """Five accounts answer the same ten threads, each time something else, and nothing besides."""
    events: list[Event] = []
    for n in range(10):
        root = forum.post(f"asker{NAMES[n % 8]}", f"What about question {n}?", about(600, n))
        events.append(root)
        for k, name in enumerate(NAMES[:5]):
            text = plainly(f"{SAYINGS[(n + 3 * k) % 16]} {SAYINGS[(5 * n + k) % 16]}", n + k)
            events.append(forum.post(name, text, about(600, n) + 20 * k + 5, thread=root.id))
    return events


CAMPAIGNS: list[tuple[Campaign, int]] = [
    (clones, 8),
    (disguised_clones, 5),
    (near_copies, 5),
    (filled_templates, 6),
    (emoji_wave, 5),
    (mint_flood, 5),
    (site_push, 3),
    (numbered_with_bios, 8),
    (ring, 5),
]


@pytest.mark.parametrize(
    ("campaign", "n"), CAMPAIGNS, ids=lambda value: getattr(value, "__name__", "")
)
def test_campaign_is_found_and_nobody_else(campaign: Campaign, n: int) -> None:
    forum = Forum()
    chatter = forum.chatter(4.0)
    events = campaign(forum)
    members = {
        e.author for e in events if hasattr(e, "author") and not e.author.startswith("asker")
    }
    found = run([*chatter, *events])
    assert flagged(found) == members
    assert len(members) == n
    formed = [group for group in groups(found) if group.state is GroupState.FORMED]
    assert len(formed) == 1


def test_ordinary_life_raises_nothing() -> None:
    found = run(Forum().chatter(4.0))
    assert not flagged(found)
    assert not list(groups(found))


@pytest.mark.parametrize("campaign", [clones, emoji_wave, mint_flood, site_push])
def test_flagged_with_the_third_member_and_the_early_posts_too(campaign: Campaign) -> None:
    forum = Forum()
    chatter, events = forum.chatter(4.0), campaign(forum)
    third = events[2].seen_at
    early = [f for f in run([*chatter, *events]) if isinstance(f, FlaggedPost)][:3]
    assert {finding.post.id for finding in early} == {
        e.id for e in events[:3] if isinstance(e, Post)
    }
    assert all(finding.at - third <= 10 * SECOND for finding in early)


def innocent_tests(forum: Forum) -> Sequence[Event]:
    return [forum.post(name, "test", about(600, n)) for n, name in enumerate(NAMES)]


def innocent_greetings(forum: Forum) -> Sequence[Event]:
    return [
        forum.post(name, "Hello everyone! My first post!", about(900, n))
        for n, name in enumerate(NAMES)
    ]


def innocent_quotes(forum: Forum) -> Sequence[Event]:
    line = "the tide does not ask the harbour whether it may return tomorrow morning"
    root = forum.post("poet", f"A thought: {line}. Discuss.", LATER)
    return [root] + [
        forum.post(forum.regular(n), line, about(20, n) + 20, thread=root.id) for n in range(8)
    ]


def innocent_default_names(forum: Forum) -> Sequence[Event]:
    return [forum.post(f"Clawd-{n + 10}", SAYINGS[n], about(300, n)) for n in range(8)]


def innocent_hot_thread(forum: Forum) -> Sequence[Event]:
    root = forum.post("celebrity", "Ask me anything at all.", LATER)
    return [root] + [
        forum.post(
            forum.regular(n) if n % 2 else f"guest{NAMES[n // 2 % 8]}",
            SAYINGS[n],
            about(6, n),
            thread=root.id,
        )
        for n in range(16)
    ]


def innocent_warnings(forum: Forum) -> Sequence[Event]:
    wallet = "0x" + "ab12" * 10
    forms = [
        "Careful: {} drained two friends of mine this week.",
        "Do not send anything to {}, it is a trap.",
        "Whoever runs {} is a thief, block the account.",
        "I looked up {} on the explorer and it is all stolen funds.",
    ]
    return [
        forum.post(NAMES[n], form.format(wallet), about(1_500, n)) for n, form in enumerate(forms)
    ]


def innocent_launches(forum: Forum) -> Sequence[Event]:
    body = '!launch {{"name":"{0}","symbol":"{0}","wallet":"0x{1}"}}'
    return [
        forum.post(name, body.format(name.upper(), f"{n + 1}f" * 20), about(200, n))
        for n, name in enumerate(NAMES)
    ]


def innocent_repeater(forum: Forum) -> Sequence[Event]:
    text = "Quality thoughts deserve quality followers, so follow me and I will follow you back."
    return [forum.post("parrot", text, about(10, n)) for n in range(50)]


INNOCENTS: list[Campaign] = [
    innocent_tests,
    innocent_greetings,
    innocent_quotes,
    innocent_default_names,
    innocent_hot_thread,
    innocent_warnings,
    innocent_launches,
    innocent_repeater,
]


@pytest.mark.parametrize("innocents", INNOCENTS, ids=lambda value: value.__name__)
def test_innocent_likeness_is_left_alone(innocents: Campaign) -> None:
    forum = Forum()
    found = run([*forum.chatter(4.0), *innocents(forum)])
    assert not flagged(found)
    assert not list(groups(found))
