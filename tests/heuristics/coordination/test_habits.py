"""Small families are known by what they do in most of what they write; fashions are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.model import Post
from tests.heuristics.coordination.forum import Forum, coordination, flagged, groups, run
from tests.heuristics.coordination.test_campaigns import LATER, NAMES
from tests.heuristics.coordination.test_rings import saying

Campaign = Callable[[Forum], Sequence[Post]]

HOURS = 6.0
FAMILY = NAMES[:4]
LINE = "the lamp stays lit for whoever comes next"
HEADINGS = ("What broke", "What held", "What I changed")


def over_hours(n: int) -> float:
    return LATER + 1_450 * n + 300 * (n * 37 % 11) / 11


def answers(
    forum: Forum, names: Sequence[str], write: Callable[[int], str], each: int = 3
) -> list[Post]:
    """Accounts write in turn, on threads of others, over hours."""
    posts = []
    for n in range(each * len(names)):
        second = over_hours(n) * 4 / len(names) + 2_000 * (1 - 4 / len(names))
        root = forum.post(f"host{n}", saying(500 + n), second)
        name = names[n % len(names)]
        posts += [root, forum.post(name, write(n), second + 60, thread=root.id)]
    return posts


def threads(
    forum: Forum, names: Sequence[str], write: Callable[[int], str], each: int = 3
) -> list[Post]:
    """Accounts begin threads in turn, over hours."""
    return [
        forum.post(names[n % len(names)], write(n), over_hours(n), title=saying(700 + n)[:30])
        for n in range(each * len(names))
    ]


def slogan(forum: Forum) -> Sequence[Post]:
    ends = ("{1}\n\n{0}", "{1}. {0}!", "{0} — {1}", "{1}\n*{0}*\n{1}")
    return answers(forum, FAMILY, lambda n: ends[n % 4].format(LINE, saying(n)))


def praise(forum: Forum) -> Sequence[Post]:
    says = ("nobody else does what Lanternbay does", "Lanternbay had it first", "ask Lanternbay")
    return answers(forum, NAMES, lambda n: f"{saying(n)} {says[n % 3]}")


def install(forum: Forum) -> Sequence[Post]:
    says = ("type `npx moorwell init`", "npx moorwell init and be done", "I ran npx moorwell init")
    return answers(forum, FAMILY, lambda n: f"{saying(n)} {says[n % 3]}")


def sections(forum: Forum) -> Sequence[Post]:
    def write(n: int) -> str:
        return "\n\n".join(f"## {h}\n{saying(10 * n + k)}" for k, h in enumerate(HEADINGS))

    return threads(forum, FAMILY, write)


def sources(forum: Forum) -> Sequence[Post]:
    places = ("https://arxiv.org/abs/2", "https://doi.org/10.1/", "https://github.com/x/")

    def write(n: int) -> str:
        links = "\n".join(f"- [{saying(n + k)[:20]}]({places[k % 3]}{n})" for k in range(1 + n % 3))
        return f"{saying(3 * n)}\n\n{saying(3 * n + 1)}\n\n## Sources\n\n{links}"

    return threads(forum, FAMILY, write)


def blocks(forum: Forum) -> Sequence[Post]:
    def write(n: int) -> str:
        points = "\n".join("1. " + saying(20 * n + k)[:30] for k in range(2 + n % 3))
        head, tail = saying(n)[:20], saying(n + 40)[:20]
        return f"{saying(n)}\n### {head}\n> {tail}\n{points}\n---\n*{saying(n + 80)[:40]}*"

    return threads(forum, FAMILY, write)


CAMPAIGNS: dict[str, tuple[Campaign, str, int]] = {
    "slogan": (slogan, "house-style", 4),
    "sections": (sections, "house-style", 4),
    "sources": (sources, "house-style", 4),
    "blocks": (blocks, "house-style", 4),
    "praise": (praise, "talking-point", 8),
    "install": (install, "talking-point", 4),
}


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_family_is_known_by_its_habit(name: str) -> None:
    campaign, heuristic, most = CAMPAIGNS[name]
    forum = Forum()
    found = run([*forum.chatter(HOURS + 2), *campaign(forum)], coordination([heuristic]))
    assert flagged(found) <= set(NAMES[:most])
    assert len(flagged(found)) >= most - 1
    assert len({group.id for group in groups(found)}) == 1


def one_saying(forum: Forum) -> Sequence[Post]:
    """Eight take up a line, once or twice among other things."""
    return answers(forum, NAMES, lambda n: f"{saying(n)} {LINE}" if n % 5 == 0 else saying(n), 5)


def fashion(forum: Forum) -> Sequence[Post]:
    """Everybody ends with one line."""
    names = [f"{name}{n}" for n in range(5) for name in NAMES]
    return answers(forum, names, lambda n: f"{saying(n)}\n\n{LINE}", 2)


def first_words(forum: Forum) -> Sequence[Post]:
    """Newcomers who say the same, each once."""
    return answers(forum, NAMES, lambda n: f"Just got claimed, happy to be here. {saying(n)}", 1)


def in_one_thread(forum: Forum) -> Sequence[Post]:
    """Four speak of one thing, where it is the subject."""
    root = forum.post("host", "Lanternbay is down, what now?", LATER)
    return [
        root,
        *(
            forum.post(FAMILY[n % 4], f"{saying(n)} Lanternbay", LATER + 300 * n, thread=root.id)
            for n in range(16)
        ),
    ]


def answering(forum: Forum) -> Sequence[Post]:
    """Four answer questions about one thing."""
    posts = []
    for n in range(16):
        root = forum.post(f"host{n}", f"{saying(400 + n)} Lanternbay?", over_hours(n))
        said = forum.post(
            FAMILY[n % 4], f"{saying(n)} Lanternbay", over_hours(n) + 60, thread=root.id
        )
        posts += [root, said]
    return posts


def essays(forum: Forum) -> Sequence[Post]:
    """Each to a layout of its own."""

    def write(n: int) -> str:
        own = n % 4
        head = "#" * (1 + own % 3)
        points = "\n".join(
            f"{'-*1'[own % 3]}{'.' * (own % 3 == 2)} {saying(n + k)[:30]}" for k in (1, 2)
        )
        parts = [
            saying(n),
            f"{head} Part {'abcd'[own]}",
            points,
            *["---"] * (own // 2),
            saying(n + 9),
        ]
        return "\n".join(parts)

    return threads(forum, FAMILY, write)


@pytest.mark.parametrize(
    "likeness", [one_saying, fashion, first_words, in_one_thread, answering, essays]
)
def test_what_looks_like_a_habit_is_none(likeness: Campaign) -> None:
    forum = Forum()
    events = [*forum.chatter(HOURS + 2), *likeness(forum)]
    assert not flagged(run(events, coordination(["house-style", "talking-point"])))


def test_a_young_session_does_not_know_which_words_are_rare() -> None:
    forum = Forum()
    at_once = [
        forum.post(name, f"{saying(9 * k + n)} agents", 20 * k + n, thread=f"t{k}.{n}")
        for k in range(12)
        for n, name in enumerate(NAMES)
    ]
    assert not flagged(run([*at_once, *forum.chatter(2.0)], coordination(["talking-point"])))


def test_a_trio_with_few_uses_needs_other_evidence() -> None:
    forum = Forum()
    pair = answers(forum, NAMES[:3], lambda n: f"{saying(n)}\n\n{LINE}", 2)
    assert not flagged(run([*forum.chatter(HOURS), *pair], coordination(["house-style"])))


@given(
    st.lists(
        st.sampled_from(["# a", "- b", "> c", "---", "**d**", "e:", "1. f", "", "\u0000", "*g*"])
    )
)
def test_any_layout_can_be_looked_at(lines: list[str]) -> None:
    forum = Forum()
    text = "\n".join(lines)
    post = [forum.post(name, text, k) for k in range(3) for name in NAMES]
    run(post, coordination(["house-style", "talking-point"]))


def guests(forum: Forum, shared: str) -> list[Post]:
    """To four threads newcomers come in bursts: six of each share their jargon, and the seventh is
    there once."""
    posts = []
    for wave in range(4):
        root = forum.post(f"asker{wave}", saying(300 + wave), LATER + 900 * wave)
        posts.append(root)
        for n in range(7):
            name = f"{NAMES[n % 8]}{wave}{'xyz'[n % 3]}"
            words = f"{saying(40 * wave + n)} {shared}" if n < 6 else saying(990 + wave)
            second = LATER + 900 * wave + 60 + 110 * n
            posts.append(forum.post(name, words, second, thread=root.id))
    return posts


def test_being_once_on_a_thread_with_many_is_not_taking_part() -> None:
    forum = Forum()
    campaign = guests(forum, "under the saltmoon and the deepledger")
    chosen = coordination(["thread-burst", "vocabulary"])
    found = flagged(run([*forum.chatter(5.0), *campaign], chosen))
    passing = {post.author for post in campaign if post.parent and "saltmoon" not in post.text}
    assert len(found) >= 12
    assert not found & passing
