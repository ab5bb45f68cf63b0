"""From a run's findings to the numbers, on a session small enough to count by hand."""

from __future__ import annotations

import io
import json

import msgspec
import pytest

from moltwatch.evaluation.items import judge_alone
from moltwatch.evaluation.labels import Account, ItemLabel, Labels, Truth
from moltwatch.evaluation.metrics import Counts
from moltwatch.evaluation.observer import Carried, Observer
from moltwatch.evaluation.report import Report, make_report, plain
from moltwatch.evaluation.tables import delay, print_tables
from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.model import FlaggedPost, Group, GroupState, Heartbeat, Kind, Post, Scores, Verdict
from moltwatch.odds import log_odds
from moltwatch.times import SECOND, Micros
from tests.evidence import evidence, told

START: Micros = 1_000_000 * SECOND


def post(id: str, author: str, second: int, root: bool = True) -> Post:
    at = START + second * SECOND
    return Post(
        id=id, thread=id if root else "t", author=author, text="x", created_at=at, seen_at=at
    )


FAMILIES = {"same-text": "text", "near": "text", "link": "link", "names": "names", "brief": "brief"}


def flag(heuristic: str, kind: Kind, score: float = 0.9, group: str | None = None) -> Evidence:
    return evidence(heuristic, kind, score, "so", group=group, family=FAMILIES.get(heuristic))


def account(author: str, truth: Truth, group: str = "ring", second: int = 10) -> Account:
    since = START + second * SECOND
    return Account(author=author, truth=truth, group=group, kind="swarm", since=since)


def item(id: str, label: float | None, kind: str = "") -> ItemLabel:
    return ItemLabel(id=id, label=label, kind=kind)


LABELS = Labels(
    accounts={
        "a": account("a", Truth.POSITIVE),
        "b": account("b", Truth.POSITIVE),
        "c": account("c", Truth.POSITIVE),
        "d": account("d", Truth.POSITIVE, "quiet"),
        "gone": account("gone", Truth.POSITIVE),
        "like": account("like", Truth.LOOK_ALIKE, "greeting"),
        "pair": account("pair", Truth.IGNORED, "two"),
    },
    personas={
        "a0": item("a0", 0),
        "a1": item("a1", 1, "brief"),
        "b1": item("b1", 1, "character"),
        "c1": item("c1", None),
        "x1": item("x1", 0),
        "beyond": item("beyond", 1, "brief"),
    },
)
POSTS = [
    post("a0", "a", 0),  # before the campaign
    post("a1", "a", 10),
    post("b1", "b", 11, root=False),
    post("c1", "c", 20),
    post("d1", "d", 21),
    post("like1", "like", 22),
    post("pair1", "pair", 23),
    post("x1", "x", 24, root=False),
    post("x2", "x", 25),
]
TEXT_AND_LINK = (
    flag("same-text", Kind.COORDINATED, group="g1"),
    flag("link", Kind.COORDINATED, group="g1"),
)
NAMES = (flag("names", Kind.COORDINATED, group="g2"), flag("brief", Kind.PERSONA))
HEURISTICS = {"same-text": Kind.COORDINATED, "brief": Kind.PERSONA}
FAMILIES = {"same-text": "text", "near": "text", "link": "link", "names": "names", "brief": "brief"}


def verdicts() -> list[Verdict]:
    coordinated = {
        "a1": TEXT_AND_LINK,
        "b1": TEXT_AND_LINK[:1],
        "like1": NAMES,
        "pair1": NAMES,
    }
    persona = {"a0": 0.1, "a1": 0.9, "b1": 0.3, "c1": 0.9, "x1": 0.6}
    return [
        Verdict(
            post=it,
            scores=Scores(
                persona=persona.get(it.id, 0.0), coordinated=0.7 if it.id in coordinated else 0.0
            ),
            flags=coordinated.get(it.id, (flag("brief", Kind.PERSONA),)),
            at=it.seen_at,
            first_at=None,
        )
        for it in POSTS
    ]


def observed() -> Observer:
    observer = Observer(LABELS)
    for it in POSTS:
        observer.take(it, [])
    flagged = FlaggedPost(
        at=START + 24 * SECOND,
        kind=Kind.COORDINATED,
        post=POSTS[1],
        scores=Scores(coordinated=0.7),
        flags=TEXT_AND_LINK,
    )
    formed = Group(
        id="g1",
        at=flagged.at,
        kind=Kind.COORDINATED,
        state=GroupState.FORMED,
        n=3,
        accounts=("a",),
        evidence=told("so"),
        since=START,
    )
    grew = msgspec.structs.replace(formed, state=GroupState.GREW)
    observer.take(Heartbeat(seen_at=POSTS[-1].seen_at), [formed, grew, flagged])
    observer.finish(verdicts())
    return observer


@pytest.fixture(scope="module")
def report() -> Report:
    return make_report("night", LABELS, observed(), {}, blind=False, heuristics=HEURISTICS)


def test_coordination_by_account_and_post(report: Report) -> None:
    assert report.coordinated is not None
    # Right a and b; wrong the look-alike; missed c and d. A pair is neither, and who never posted
    # here cannot be missed.
    assert report.coordinated.accounts == Counts(hits=2, false=1, missed=2)
    assert report.coordinated.posts == Counts(hits=2, false=1, missed=3)
    assert report.coordinated.absent == 1
    assert report.coordinated.false_accounts == ("like",)
    assert report.coordinated.missed_accounts == ("c", "d")


def test_look_alikes_and_innocents(report: Report) -> None:
    found = report.coordinated
    assert found is not None
    assert (found.look_alikes_flagged, found.look_alikes) == (1, 1)
    assert (found.innocent_posts_flagged, found.innocent_posts) == (1, 3)
    assert found.per_thousand_innocent == pytest.approx(333.3333)


def test_groups_and_time_to_detect(report: Report) -> None:
    assert report.coordinated is not None
    ring, quiet = report.coordinated.groups
    assert (ring.name, ring.members, ring.flagged, ring.found) == ("ring", 3, 2, True)
    # The third member acted at 20 s (what a wrote before the campaign does not count), the first
    # flag came at 24 s.
    assert (ring.seconds, ring.groups) == (4.0, ("g1",))
    assert (quiet.found, quiet.seconds) == (False, None)
    assert report.coordinated.groups_found == 1
    assert report.coordinated.median_seconds == 4.0
    assert report.coordinated.groups_formed == 1


def test_what_stands_behind_flags(report: Report) -> None:
    assert report.by_heuristic[Kind.COORDINATED] == {
        "same-text": Carried(right=2, only_right=1, accounts_right=2),
        "link": Carried(right=1, accounts_right=1),
        "names": Carried(wrong=1, only_wrong=1, accounts_wrong=1),
    }
    assert report.by_family[Kind.COORDINATED]["text"] == Carried(
        right=2, only_right=1, accounts_right=2
    )
    assert report.by_family[Kind.PERSONA]["brief"] == Carried(
        wrong=1, only_wrong=1, accounts_wrong=1
    )


def test_without_coordination_labels_nobody_is_innocent() -> None:
    observer = Observer(Labels(personas=LABELS.personas))
    for it, verdict in zip(POSTS, verdicts(), strict=True):
        observer.take(it, [verdict])
    assert observer.contributions.heuristics[Kind.COORDINATED] == {}


def test_persona_items(report: Report) -> None:
    assert report.persona is not None
    score = report.persona.recorded
    # 0.9 and 0.3 are true, 0.1 and 0.6 are not; the doubtful one is left out.
    assert (score.n, score.positives, score.auc) == (4, 2, 0.75)
    assert (score.auc_posts, score.auc_comments) == (1.0, 0.0)
    assert score.counts == Counts(hits=1, false=1, missed=1)
    assert score.recall_by_kind == {"brief": (1, 1), "character": (0, 1)}
    # Four bins of one item each: 0.1 and 0.6 of what is not, 0.3 and 0.9 of what is.
    assert score.calibration_error == pytest.approx((0.1 + 0.7 + 0.6 + 0.1) / 4)
    assert score.brier == pytest.approx((0.01 + 0.01 + 0.49 + 0.36) / 4)
    assert (report.persona.alone.n, report.persona.skipped) == (0, 1)
    assert report.hazard is None


def test_alert_rates(report: Report) -> None:
    alerts = {alert.kind: alert for alert in report.alerts}
    assert report.posts == 9
    assert (alerts[Kind.COORDINATED].flagged, alerts[Kind.COORDINATED].strong) == (4, 0)
    assert (alerts[Kind.PERSONA].flagged, alerts[Kind.PERSONA].strong) == (3, 2)
    assert alerts[Kind.PERSONA].per_thousand == pytest.approx(333.3333)
    assert report.hours == pytest.approx(25 / 3600)
    assert alerts[Kind.PERSONA].per_hour == pytest.approx(3 / (25 / 3600))
    assert alerts[Kind.PERSONA].strong_per_hour == pytest.approx(2 / (25 / 3600))


def test_json_has_what_is_worked_out_as_well(report: Report) -> None:
    data = json.loads(msgspec.json.encode(plain(report)))
    assert data["coordinated"]["accounts"]["precision"] == pytest.approx(2 / 3)
    assert data["coordinated"]["groups_found"] == 1
    assert data["by_family"]["coordinated"]["text"]["right"] == 2
    assert data["persona"]["together"]["counts"]["f1"] == 0.5


def test_kinds_that_nothing_looks_for_are_not_measured() -> None:
    only = {"brief": Kind.PERSONA}
    report = make_report("night", LABELS, observed(), {}, blind=False, heuristics=only)
    assert report.coordinated is None
    assert report.persona is not None


def test_tables(report: Report) -> None:
    out = io.StringIO()
    print_tables(report, out)
    text = out.getvalue()
    rows = [line.split() for line in text.splitlines()]
    assert ["by", "account", "0.667", "0.500", "0.571", "2", "1", "2"] in rows
    assert ["ring", "swarm", "2", "of", "3", "yes", "4", "s", "g1"] in rows
    assert ["quiet", "swarm", "0", "of", "1", "no", "never"] in rows
    assert "median 4 s, slowest 4 s (ring); 1 of 2 never" in text
    assert "1 labelled item not in the recording, left out" in text
    # By items: right, wrong; by accounts; by items of which one family only spoke.
    assert ["same-text", "2", "0", "2", "0", "1", "0"] in rows
    assert ["family", "names", "0", "1", "0", "1", "0", "1"] in rows


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(None, "never"), (0.0, "0 s"), (4.0, "4 s"), (-6.3, "6.3 s before it"), (90.0, "90 s")],
)
def test_a_flag_before_the_third_member_acted_is_said_in_words(
    seconds: float | None, told: str
) -> None:
    assert delay(seconds) == told


class Pirate(Heuristic):
    """Hears a pirate whose bio says so too."""

    name = "pirate"
    kind = Kind.HAZARD  # whose scores are the strengths themselves
    family = "pirate"

    def observe(self, item: Features) -> list[Evidence]:
        known = "pirate" in item.author.bio and item.author.n == 0
        answered = item.thread.root is not None and "who" in item.thread.root.folded
        strength = 0.6 * known + 0.3 * answered
        if "arr" not in item.folded or not strength:
            return []
        return [self.evidence(log_odds(strength), "says arr")]


def test_items_beyond_the_recording_are_judged_each_on_its_own() -> None:
    def label(id: str, text: str | None, **rest: str) -> ItemLabel:
        return ItemLabel(id=id, label=1, author="same", content=text, **rest)

    items = [
        label("1", "Arr!", type="post", bio="A pirate."),
        label("2", "Arr!", type="comment", bio="A pirate.", in_reply_to="Who are you?"),
        label("3", "Hello", type="comment", in_reply_to="Who are you?"),
        label("4", None),
        ItemLabel(id="5", label=None, content="Arr!"),
    ]
    judged = judge_alone(items, Engine([Pirate()], GroupTracker(), verdicts=True))
    assert {id: it.scores.hazard for id, it in judged.items()} == {"1": 0.6, "2": 0.9, "3": 0.0}
    assert {id: it.traits.is_root for id, it in judged.items()} == {
        "1": True,
        "2": False,
        "3": False,
    }


def test_who_is_not_named_has_nobody_else_s_bio() -> None:
    nameless = [
        ItemLabel(id="1", label=1, content="Arr!", bio="A pirate."),
        ItemLabel(id="2", label=1, content="Arr!"),
    ]
    judged = judge_alone(nameless, Engine([Pirate()], GroupTracker(), verdicts=True))
    assert {id: it.scores.hazard for id, it in judged.items()} == {"1": 0.6, "2": 0.0}
