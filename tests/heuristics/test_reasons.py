"""What is said of a group is true of its own posts: each number, each name, each quoted value.

Every group line of the bundled recordings, of simulated streams and, where the real time line is at
hand, of campaigns laid over it is held against the posts and profiles that were fed until then.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

from moltwatch.heuristics.base import Features, Heuristic
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import QUIET, GroupTracker
from moltwatch.heuristics.fusing.otherwise import condition
from moltwatch.heuristics.registry import build
from moltwatch.model import (
    Act,
    AgentSeen,
    Event,
    Evidence,
    FlaggedPost,
    Group,
    Kind,
    Post,
)
from moltwatch.paths import shipped
from moltwatch.recording.opening import open_recording
from moltwatch.simulation.simulate import Settings, Simulation
from moltwatch.text import fold, words
from moltwatch.times import HOUR, SECOND, Micros, format_duration, parse_duration, parse_time
from tests.inject.__main__ import KINDS
from tests.inject.background import Background, read
from tests.inject.families import FAMILIES, FASHIONS
from tests.inject.scene import Scene


class Listening(Heuristic):
    """Passes on what a heuristic finds, and notes the acts."""

    def __init__(self, asked: Heuristic, witness: Witness) -> None:
        vars(self).update(name=asked.name, kind=asked.kind, family=asked.family)
        self._asked = asked
        self._witness = witness

    def observe(self, item: Features) -> list[Evidence]:
        return self._witness.note(self._asked.observe(item))

    def profile(self, agent: AgentSeen) -> list[Evidence]:
        return self._witness.note(self._asked.profile(agent))

    def advance(self, now: Micros) -> list[Evidence]:
        return self._witness.note(self._asked.advance(now))


class Witness:
    """Feeds a stream, remembers all of it, and holds each group line against it."""

    def __init__(self) -> None:
        self.asked = {each.name: each for each in build({}) if each.kind is Kind.COORDINATED}
        heuristics = [Listening(each, self) for each in self.asked.values()]
        self.engine = Engine(heuristics, GroupTracker())
        self.posts: dict[str, Post] = {}
        self.written: defaultdict[str, list[Post]] = defaultdict(list)
        """By account."""
        self.profiles: dict[str, AgentSeen] = {}
        self.made: defaultdict[str, set[Micros | None]] = defaultdict(set)
        """By account when it was made, as its profiles said."""
        self.acts: defaultdict[tuple[str, str], list[tuple[Micros, Act]]] = defaultdict(list)
        """By heuristic and cluster what was told of it, and when."""
        self.groups: defaultdict[str, set[str]] = defaultdict(set)
        """By group the authors of its flagged posts."""
        self.told_of: set[str] = set()
        """Groups that had a line."""
        self.checked = 0
        self.asks = 0
        """How often it was said what would have kept a heuristic silent."""
        self.heuristics: set[str] = set()
        """Whose evidence was told of a group."""

    def note(self, found: Iterable[Evidence]) -> list[Evidence]:
        kept = list(found)
        for evidence in kept:
            key = (evidence.heuristic, evidence.cluster or "")
            self.acts[key] += [(self.engine.now, act) for act in evidence.acts]
        return kept

    def watch(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, Post):
                self.posts[event.id] = event
                self.written[event.author].append(event)
            elif isinstance(event, AgentSeen):
                self.profiles[event.name] = event
                self.made[event.name].add(event.created_at)
            self._learn(self.engine.feed(event))
        self._learn(self.engine.finish())

    def _learn(self, findings: Sequence[object]) -> None:
        now: defaultdict[str, set[str]] = defaultdict(set)
        for finding in findings:
            if isinstance(finding, FlaggedPost):
                for flag in finding.flags:
                    if flag.group:
                        now[flag.group].add(finding.post.author)
                    if flag.kind is Kind.COORDINATED:
                        self.otherwise(flag)
        self.told_of |= {finding.id for finding in findings if isinstance(finding, Group)}
        assert now.keys() <= self.told_of, "a flag names a group before its first line"
        for group, authors in now.items():
            self.groups[group] |= authors
        for finding in findings:
            if isinstance(finding, Group) and finding.into:
                # Who joined at the moment of the merger is flagged as the other group's.
                joined = {a for a in now[finding.into] if a not in self.groups[finding.id]}
                self.check(finding, joined)
                self.groups[finding.into] |= self.groups[finding.id]
            elif isinstance(finding, Group):
                self.check(finding, set())

    def check(self, group: Group, joined: set[str]) -> None:
        """Raise AssertionError if anything that the line says is not so."""
        self.checked += 1
        members = self.groups[group.id]
        assert len(members) <= group.n <= len(members | joined), group
        assert set(group.accounts) <= members | joined, group
        if len(members) < group.n:
            if len(members | joined) > group.n:
                return  # which of those who joined were its members is not told
            members = members | joined
        assert group.evidence, group
        for evidence in group.evidence:
            self.heuristics.add(evidence.heuristic)
            self.count(group, evidence, members)
            self.read(group, evidence)

    def count(self, group: Group, evidence: Evidence, members: set[str]) -> None:
        """Who they are, how many, and how long they took."""
        told = [
            (when, act)
            for when, act in self.acts[evidence.heuristic, evidence.cluster or ""]
            if act.author in members
        ]
        last = max(when for when, _ in self.acts[evidence.heuristic, evidence.cluster or ""])
        lately = {act.author for when, act in told if when >= last - QUIET}
        counted = [act for _, act in told if act.author in lately]
        assert evidence.n == len(lately), group
        times = [act.at for act in counted]
        assert evidence.span == max(times) - min(times), group
        assert set(evidence.acts) <= set(counted), group
        assert all(self.posts[act.post].author == act.author for act in evidence.acts), group

    def read(self, group: Group, evidence: Evidence) -> None:
        """The sentence: its numbers are those of the evidence, what it quotes stands there."""
        sentence = evidence.reason_in(group.n)
        assert sentence in group.reason
        n = evidence.n
        for said in re.findall(r"([\d,]+) accounts?\b", sentence):
            assert int(said.replace(",", "")) == n, group
        for said, of in re.findall(r"([\d,]+) of the ([\d,]+)", sentence):
            assert int(said.replace(",", "")) == n, group
            assert int(of.replace(",", "")) == group.n, group
        assert "other account" not in sentence, group
        if "{span}" in evidence.marks[0].says:
            assert format_duration(evidence.span) in sentence, group
        own = [act for _, act in self.acts[evidence.heuristic, evidence.cluster or ""]]
        own = [act for act in own if act.author in self.groups[group.id]]
        CHECKS[evidence.heuristic](self, evidence, own)
        self.otherwise(evidence)

    def otherwise(self, evidence: Evidence) -> None:
        """What would have kept a heuristic silent is not so of what it is shown with."""
        asks = condition(self.asked[evidence.heuristic], evidence)
        if not asks:
            return
        self.asks += 1
        known = facts(evidence)
        acts = [act for _, act in self.acts[evidence.heuristic, evidence.cluster or ""]]
        for said, within in re.findall(
            r"^fewer than (\d+) (?:accounts|of them).*? within ([\d.]+ \w+)(?! of its)", asks
        ):
            fewest = int(said)
            assert evidence.n >= fewest, (asks, evidence.reason)
            within = within.replace("min", "m").replace(" ", "")
            came = most_within(acts, parse_duration(within))
            assert len(came) >= fewest, (asks, evidence.reason)
        for said in re.findall(r"fewer than ([\d,]+) (?:accounts|of them)", asks):
            assert evidence.n >= int(said), (asks, evidence.reason)
        for said in re.findall(r"fewer than (\d+) occasions", asks):
            assert int(str(known["occasions"])) >= int(said), (asks, evidence.reason)
        for said, of in re.findall(r"less than (\d+)% of (its guests|the words|the threads)", asks):
            name = {"its guests": "quiet", "the words": "share", "the threads": "overlap"}[of]
            share = float(str(known[name])) / float(str(known.get("guests", 1)))
            assert round(100 * share) >= int(said), (asks, evidence.reason)

    def body(self, act: Act) -> str:
        return fold(self.posts[act.post].body)

    def bio(self, act: Act) -> str:
        return fold(self.profiles[act.author].bio or "")

    def before(self, act: Act) -> int:
        """Posts that an account had written before."""
        return sum(post.seen_at < self.posts[act.post].seen_at for post in self.written[act.author])


def most_within(acts: list[Act], within: Micros) -> set[str]:
    """The most accounts that acted within so long."""
    acts = sorted(acts, key=lambda act: act.at)
    found = [{a.author for a in acts if 0 <= a.at - act.at <= within} for act in acts]
    return max(found, key=len, default=set())


Check = Callable[[Witness, Evidence, list[Act]], None]


def facts(evidence: Evidence) -> dict[str, object]:
    return dict(evidence.marks[0].facts)


def quoted(evidence: Evidence) -> list[str]:
    return [fold(word) for word in re.findall("“(.*?)”", evidence.reason)]


def same_text(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    assert len({" ".join(words(witness.body(act))) for act in acts}) == 1


def near_duplicate(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    assert evidence.cluster is not None
    first = frozenset(compared(witness, evidence.cluster))
    least = min(jaccard(first, frozenset(compared(witness, act.post))) for act in acts)
    share = facts(evidence)["share"]
    assert isinstance(share, float)
    assert least >= share - 1e-9
    assert ("nearly" in evidence.reason) == (round(share, 2) < 1)


def compared(witness: Witness, post: str) -> list[str]:
    said = words(fold(witness.posts[post].body))
    return said if len(said) <= 40 else said[:20] + said[-20:]


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def template(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    texts = [words(witness.body(act)) for act in acts]
    if "all but a word" in evidence.reason:
        assert evidence.cluster is not None
        form = evidence.cluster.split(" _ ")[0].split() + evidence.cluster.split(" _ ")[-1].split()
        assert all(len(form) >= len(text) - 1 for text in texts)
    common = frozenset(texts[0]).intersection(*texts[1:]) if len(texts) < 20 else {"x"}
    assert common


def emoji_wave(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    assert not any(words(witness.body(act)) for act in acts)


def stands_in_each(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    what = fold(str(facts(evidence)["what"]))
    for act in acts:
        link = (witness.posts[act.post].link or "").lower()
        assert what in witness.body(act) or what in link, what


def name_family(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    stem = str(facts(evidence)["stem"])
    assert all(act.author.lower().startswith(stem) for act in acts)
    assert all(witness.before(act) == 0 for act in acts)


def shared_bio(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    (bio,) = quoted(evidence)
    have = [witness.bio(act).startswith(bio.rstrip("….")) for act in acts]
    assert any(have) if "of one kind" in evidence.reason else all(have)


def registrations(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    assert all(act.at in witness.made[act.author] for act in acts)
    assert all(witness.before(act) == 0 for act in acts)


def thread_burst(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    told = facts(evidence)
    threads: defaultdict[str, list[Act]] = defaultdict(list)
    for act in acts:
        threads[witness.posts[act.post].thread].append(act)
    if "came to one thread" in evidence.reason:
        assert len(threads) == 1
        times = told["times"]
        assert isinstance(times, int)
        assert all(witness.before(act) <= times for act in acts)
        return
    quiet, guests, within = told["quiet"], told["guests"], told["within"]
    assert isinstance(quiet, int) and isinstance(guests, int) and isinstance(within, int)
    assert quiet <= guests
    assert all(witness.before(act) < 4 for act in acts)
    # The guests of one thread are told of, whoever of them is in the group, or belongs to the wave.
    everyone: defaultdict[str, set[str]] = defaultdict(set)
    wave = (evidence.cluster or "").removeprefix("passing ")
    for _, act in witness.acts[evidence.heuristic, f"passing {wave}"]:
        everyone[witness.posts[act.post].thread].add(act.author)
    assert any(len(here) >= quiet for here in everyone.values())


def vocabulary(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    texts = [witness.body(act) for act in acts]
    quiet = facts(evidence)["quiet"]
    assert isinstance(quiet, int)
    assert all(witness.before(act) < quiet for act in acts)
    shown = quoted(evidence)
    assert all(any(word in text for text in texts) for word in shown)
    if "more" not in evidence.reason:
        assert all(any(word in text for word in shown) for text in texts)


def house_style(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    what = facts(evidence)["what"]
    assert isinstance(what, str)
    if "layout" in evidence.reason:
        return
    for act in acts:
        text = witness.posts[act.post].body.lower()
        assert all(piece in text for piece in what.split(", "))


def talking_point(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    what = facts(evidence)["what"]
    assert all(what in words(witness.body(act)) for act in acts)


def co_reply(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    told = facts(evidence)
    threads: defaultdict[str, set[str]] = defaultdict(set)
    for act in acts:
        threads[witness.posts[act.post].thread].add(act.author)
    if "odds" in told:
        assert sum(len(accounts) >= 2 for accounts in threads.values()) >= 2
        return
    n, occasions = told["threads"], told["occasions"]
    assert isinstance(n, int) and isinstance(occasions, int) and 1 <= occasions <= n
    accounts = sorted({act.author for act in acts})
    assert any(met(witness, a, b) >= n for at, a in enumerate(accounts) for b in accounts[at + 1 :])


def met(witness: Witness, a: str, b: str) -> int:
    """Threads that two accounts first answered within five minutes of each other."""
    mine, theirs = first_answers(witness, a), first_answers(witness, b)
    return sum(abs(mine[t] - theirs[t]) <= 300 * SECOND for t in mine.keys() & theirs.keys())


def first_answers(witness: Witness, account: str) -> dict[str, Micros]:
    first: dict[str, Micros] = {}
    for post in witness.written[account]:
        if post.parent is not None:
            first.setdefault(post.thread, post.seen_at)
    return first


def turn_taking(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    assert len({act.author for act in acts}) >= 2


def reply_circle(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    members = {act.author for act in acts}
    answered = [witness.posts[act.post].parent or "" for act in acts]
    assert all(witness.posts[parent].author in members for parent in answered)


def scripted_gaps(witness: Witness, evidence: Evidence, acts: list[Act]) -> None:
    told = facts(evidence)
    n, distance = told["posts"], told["distance"]
    assert isinstance(n, int) and isinstance(distance, int)
    # The row is told of, whoever of it is in the group.
    row_acts = witness.acts[evidence.heuristic, evidence.cluster or ""]
    times = sorted(act.at for _, act in row_acts)
    slack = max(SECOND, distance // 20) * 2
    assert any(row(times, begin, distance, slack) >= n for begin in times)


def row(times: Sequence[Micros], begin: Micros, distance: Micros, slack: Micros) -> int:
    """How many times follow each other at a distance."""
    n, at = 1, begin
    while near := [time for time in times if abs(time - at - distance) <= slack and time > at]:
        at = min(near, key=lambda time: abs(time - begin - n * distance))
        n += 1
    return n


CHECKS: dict[str, Check] = {
    "same-text": same_text,
    "near-duplicate": near_duplicate,
    "template": template,
    "emoji-wave": emoji_wave,
    "command-payload": stands_in_each,
    "link-push": stands_in_each,
    "name-family": name_family,
    "shared-bio": shared_bio,
    "registrations": registrations,
    "thread-burst": thread_burst,
    "vocabulary": vocabulary,
    "house-style": house_style,
    "talking-point": talking_point,
    "co-reply": co_reply,
    "turn-taking": turn_taking,
    "reply-circle": reply_circle,
    "scripted-gaps": scripted_gaps,
}


def test_every_coordination_heuristic_is_checked() -> None:
    assert set(CHECKS) == {each.name for each in build({}) if each.kind is Kind.COORDINATED}


def recorded(name: str) -> list[Event]:
    async def collect() -> list[Event]:
        reader = await open_recording(shipped("recordings") / f"{name}.jsonl.gz")
        try:
            return [event async for batch in reader.batches() for event in batch]
        finally:
            await reader.close()

    return asyncio.run(collect())


@pytest.mark.parametrize(("name", "lines"), [("night", 50), ("first-look", 20), ("quiet-day", 0)])
def test_what_is_said_of_groups_in_a_bundled_recording(name: str, lines: int) -> None:
    witness = Witness()
    witness.watch(recorded(name))
    assert witness.checked >= lines
    assert witness.asks >= lines


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_said_of_groups_in_a_simulated_forum(seed: int) -> None:
    witness = Witness()
    witness.watch(Simulation(Settings(hours=3.0, rate=15.0, seed=seed)).events())
    assert witness.checked >= 15


def campaigns(kinds: Iterable[str], background: Background, start: Micros) -> Iterator[Event]:
    """Several campaigns over one background, one after the other."""
    scenes = []
    for n, kind in enumerate(kinds):
        scene = Scene(background, start + n * 400 * SECOND, seed=n)
        KINDS[kind](scene)
        scenes += scene.events
    events = [*background.profiles, *background.events, *scenes]
    yield from sorted(events, key=lambda event: event.seen_at)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kinds", "lines", "told"),
    [
        (KINDS.keys() - FAMILIES.keys() - FASHIONS.keys(), 80, 12),
        (FAMILIES.keys() - {"slogan-day"}, 15, 5),
    ],
)
def test_what_is_said_of_campaigns_over_the_real_time_line(
    shared: Path, kinds: AbstractSet[str], lines: int, told: int
) -> None:
    timeline = asyncio.run(read(shared / "data/moltbook-2026-01/timeline.jsonl.gz"))
    begin = parse_time("2026-01-30T18:00")
    background = Background(timeline, begin, begin + 4 * HOUR)
    witness = Witness()
    witness.watch(campaigns(sorted(kinds - {"none"}), background, begin + 3 * HOUR // 2))
    assert witness.checked >= lines
    assert len(witness.heuristics) >= told
