"""Each campaign does what it is named after, and the ground truth knows who took part."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import cache

import pytest

from moltwatch.errors import UsageError
from moltwatch.model import AgentSeen, Post
from moltwatch.simulation.campaigns import CAMPAIGNS, COORDINATED, kinds_of
from moltwatch.simulation.labels import Membership, Role
from moltwatch.simulation.simulate import Settings, Simulation
from moltwatch.text import count_hidden, fold, links
from moltwatch.times import MINUTE, SECOND


class Played:
    """A session with one kind of campaign, and its members' posts."""

    def __init__(self, kind: str, seed: int = 5) -> None:
        chosen = Settings(agents=80, rate=20, seed=seed, hours=1.2, campaigns=(kind,), tides=False)
        simulation = Simulation(chosen)
        events = list(simulation.events())
        self.truth = simulation.truth
        self.everything = [e for e in events if isinstance(e, Post)]
        self.profiles = {e.name: e for e in events if isinstance(e, AgentSeen)}
        self.members: dict[str, Membership] = {
            name: m
            for name, m in simulation.truth.members.items()
            if m.role is not Role.HARD_NEGATIVE
        }
        self.posts = [post for post in self.everything if post.author in self.members]

    @property
    def authors(self) -> set[str]:
        return {post.author for post in self.posts}


@cache
def played(kind: str) -> Played:
    return Played(kind)


@pytest.mark.parametrize("kind", COORDINATED)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_member_takes_part(kind: str, seed: int) -> None:
    session = Played(kind, seed)
    assert len(session.members) >= 4
    assert session.authors == set(session.members)
    assert {m.role for m in session.members.values()} == {Role.POSITIVE}
    assert len({m.group for m in session.members.values()}) == 1
    assert all(m.n_items > 0 and m.evidence for m in session.members.values())


def test_clones_share_one_text_once_tricks_are_undone() -> None:
    session = played("clones")
    assert len({fold(post.text).rstrip("!.") for post in session.posts}) == 1
    assert len({post.text for post in session.posts}) > 1
    assert len(session.authors) >= 12


def test_templates_are_never_equal_and_always_alike() -> None:
    texts = [post.text for post in played("templates").posts]
    assert len(set(texts)) == len(texts)
    assert all(re.search(r"\d+%", text) for text in texts)


def test_emoji_without_a_word() -> None:
    assert not any(re.search(r"\w", post.text) for post in played("emoji").posts)


def test_links_go_to_one_page() -> None:
    session = played("links")
    found = {link for post in session.posts for link in links(post.text)}
    assert len(found) == 1
    assert len({post.text for post in session.posts}) == len(session.posts)


def test_a_ring_shares_company_and_no_text() -> None:
    session = played("ring")
    assert len({post.text for post in session.posts}) == len(session.posts)
    meetings = defaultdict(list)
    for post in session.posts:
        meetings[post.thread].append(post)
    assert len(meetings) >= 5
    for together in meetings.values():
        times = [post.created_at for post in together]
        assert len({post.author for post in together}) >= 3
        assert max(times) - min(times) <= 30 * SECOND


def test_names_count_up() -> None:
    names = sorted(played("names").authors)
    stems = {name.rstrip("0123456789") for name in names}
    numbers = sorted(int(re.findall(r"\d+$", name)[0]) for name in names)
    assert len(stems) == 1
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_registrations_come_in_a_burst() -> None:
    session = played("registrations")
    made = [session.profiles[name].created_at or 0 for name in session.authors]
    assert max(made) - min(made) <= MINUTE
    assert len({session.profiles[name].bio for name in session.authors}) <= 2


def test_mints_are_commands_with_one_wallet() -> None:
    session = played("mint")
    orders = [json.loads(post.text[post.text.index("{") :]) for post in session.posts]
    assert {order["op"] for order in orders} == {"mint"}
    assert len({order["to"] for order in orders}) == 1
    assert len(session.authors) >= 25


def test_a_flood_is_one_account_and_says_so() -> None:
    session = played("flood")
    assert len(session.authors) == 1
    assert {m.role for m in session.members.values()} == {Role.SINGLE_FLOOD}
    assert len(session.posts) >= 30


def test_hazards_are_of_every_kind_and_belong_to_nobody() -> None:
    session = played("hazards")
    assert not session.members
    by_id = {post.id: post for post in session.everything}
    dangerous = {h.kind: by_id[h.id] for h in session.truth.hazards if h.label}
    assert set(dangerous) == {
        "injection",
        "file-write",
        "pipe-to-shell",
        "credential",
        "encoded",
        "hidden",
    }
    assert count_hidden(dangerous["hidden"].text) > 20
    assert "sh" in dangerous["pipe-to-shell"].text
    assert {h.kind for h in session.truth.hazards if not h.label} == {"mention"}


def test_bystanders_are_not_members() -> None:
    session = played("clones")
    noticed = [p for p in session.everything if "identical recommendations" in p.text]
    assert all(post.author not in session.members for post in noticed)


def test_kinds_are_read() -> None:
    assert kinds_of("all", "x") == tuple(CAMPAIGNS)
    assert kinds_of("none", "x") == ()
    assert kinds_of("ring, clones,ring", "x") == ("ring", "clones")
    with pytest.raises(UsageError, match=r"x: no 'swarm'; there is all, none, clones"):
        kinds_of("swarm", "x")
