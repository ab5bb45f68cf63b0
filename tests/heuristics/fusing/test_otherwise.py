"""What would have to be otherwise for a post not to be flagged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import pytest
from msgspec.structs import replace

from moltwatch.heuristics.base import Features, Heuristic
from moltwatch.heuristics.coordination import co_reply, house_style, link_push, thread_burst
from moltwatch.heuristics.coordination.co_reply import CoReply
from moltwatch.heuristics.coordination.house_style import HouseStyle
from moltwatch.heuristics.coordination.link_push import LinkPush
from moltwatch.heuristics.coordination.name_family import NameFamily
from moltwatch.heuristics.coordination.near_duplicate import NearDuplicate
from moltwatch.heuristics.coordination.thread_burst import ThreadBurst
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.heuristics.fusing.otherwise import condition, way_out
from moltwatch.heuristics.hazard.hidden_message import HiddenMessage
from moltwatch.heuristics.persona.weights import calibrated, uncalibrated
from moltwatch.heuristics.registry import build
from moltwatch.model import Evidence, Fact, FlaggedPost, Kind, Mark
from tests.evidence import evidence
from tests.heuristics.judging import Court, all_heuristics


class Stranger(Heuristic):
    """A third party's."""

    name: ClassVar[str] = "stranger"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "stranger"

    def observe(self, item: Features) -> Iterable[Evidence]:
        return ()


class Careless(Stranger):
    unless: ClassVar[str] = "fewer than {nobody} came"


def marks(*weights: float) -> Evidence:
    said = tuple(Mark(f"does {n}", {}, weight) for n, weight in enumerate(weights))
    return Evidence("h", Kind.PERSONA, "f", sum(weights), said, score=0.7)


def test_a_persona_falls_with_a_mark_or_with_several_together() -> None:
    score = calibrated(1.0)
    way = way_out(Kind.PERSONA, score, [marks(1.5, 0.2, -0.4)], {})
    left = calibrated(1.0 - 1.5)
    assert way.conditions == (f"without “does 0” ({score:.2f} → {left:.2f})",)
    assert not way.together
    way = way_out(Kind.PERSONA, score, [marks(0.7, 0.6, 0.5)], {})
    assert way.together and len(way.conditions) == 2, "the strongest come first, and two suffice"
    assert way.conditions[1].endswith(f"(→ {calibrated(1.0 - 1.3):.2f})")
    assert uncalibrated(calibrated(2.4)) == pytest.approx(2.4)
    assert uncalibrated(calibrated(-1.4)) == pytest.approx(-1.4)


def test_a_heuristic_says_from_its_own_parameters_what_would_keep_it_silent() -> None:
    copies = evidence("near-duplicate", score=0.9, family="text", n=4)
    names = evidence("name-family", score=0.5, family="names", n=5)
    known: dict[str, Heuristic] = {
        "near-duplicate": NearDuplicate(window=1_200.0, accounts=4),
        "name-family": NameFamily(),
    }
    way = way_out(Kind.COORDINATED, 0.95, [names, copies], known)
    assert way.conditions == (
        "if fewer than 4 accounts had shared these words within 20 min of each other, or less than "
        "70% of the words had been the same",
    )
    links = evidence("link-push", score=0.9, family="payload", reason="name one site")
    way = way_out(Kind.COORDINATED, 0.99, [copies, links], known)
    assert way.together and len(way.conditions) == 2
    assert way.conditions[1] == "without “name one site” (0.99 → 0.00)"
    weak = evidence("h", score=0.2, family="order")
    way = way_out(Kind.COORDINATED, 0.99, [weak, copies, links], known)
    assert way.together and len(way.conditions) == 2, "no more than it takes"
    assert way.conditions[1] == "without “name one site” (0.99 → 0.20)"


def test_a_third_partys_heuristic_need_not_know() -> None:
    found = [evidence("stranger", score=0.9, reason="are strange")]
    for known in ({}, {"stranger": Stranger()}, {"stranger": Careless()}):
        way = way_out(Kind.COORDINATED, 0.9, found, known)
        assert way.conditions == ("without “are strange” (0.90 → 0.00)",)
    assert way_out(Kind.HAZARD, 0.9, (), {}).conditions == ()


def test_all_of_ours_that_are_no_marks_know() -> None:
    for heuristic in build({}):
        if heuristic.kind is not Kind.PERSONA:
            asks = condition(heuristic, found(heuristic.name, "", 100, occasions=3))
            assert asks and "{" not in asks, heuristic.name


def found(heuristic: str, says: str, n: int = 9, **facts: Fact) -> Evidence:
    return replace(evidence(heuristic, n=n), marks=(Mark(says, facts, 0.0),))


def test_what_is_asked_for_is_not_what_is_shown() -> None:
    few = evidence("name-family", score=0.9, n=4, family="names", reason="4 accounts named node_")
    assert condition(NameFamily(accounts=5), few) == "", "four are fewer than five"
    way = way_out(Kind.COORDINATED, 0.9, [few], {"name-family": NameFamily(accounts=5)})
    assert way.conditions == ("without “4 accounts named node_” (0.90 → 0.00)",)


@pytest.mark.parametrize(
    ("heuristic", "found", "asks"),
    [
        (
            ThreadBurst(),
            found("thread-burst", thread_burst._NEW, 4),
            "fewer than 4 accounts that had never posted had come to one thread within 3 min, or "
            "chance made so many likelier than 1 in 100,000",
        ),
        (ThreadBurst(), found("thread-burst", thread_burst._NEW, 3), ""),
        (
            CoReply(),
            found("co-reply", co_reply._PAIR, occasions=4, overlap=0.4),
            "they had met on fewer than 3 occasions, answered more than 5 min apart, or met on "
            "less than 39% of the threads they answered",
        ),
        (
            CoReply(),
            found("co-reply", co_reply._COMPANY),
            "fewer than 3 of them had twice come to one thread within 5 min of each other, or "
            "chance made that likelier than 1 in 10,000",
        ),
        (
            LinkPush(),
            found("link-push", link_push._KEEP_NAMING),
            "fewer than 3 accounts had named it 4 times each, unasked, they were less than 60% of "
            "all who name it, or it were less than 25% of what they write",
        ),
        (
            HouseStyle(),
            found("house-style", house_style._SAYS["shape"]),
            "fewer than 3 accounts began 2 threads so each, those were less than 75% of the long "
            "ones they began, or they were less than 60% of all who begin one so",
        ),
    ],
)
def test_what_finds_things_of_several_sorts_asks_for_each_by_its_own_conditions(
    heuristic: Heuristic, found: Evidence, asks: str
) -> None:
    assert condition(heuristic, found) == asks


def test_a_language_of_its_own_need_not_decode() -> None:
    court, hidden = Court(), HiddenMessage()
    strange = "zhir'ak veth'ku vrex'an keth'ra kel'om thal'in zhir'ak veth'ku vrex'an keth'ra"
    (found,) = court.hear(strange).flags([Kind.HAZARD])
    assert found.reason.startswith("writes in a language of its own")
    assert condition(hidden, found) == "fewer than 6 different words were spelt so"
    bits = " ".join(f"{ord(letter):08b}" for letter in "meet me at the old pier")
    (found,) = court.hear(bits).flags([Kind.HAZARD])
    again = replace(found, marks=(*found.marks, Mark("the account said so 40 times", {})))
    for each in (found, again):
        assert condition(hidden, each) == "what is hidden did not decode to readable text"


def test_a_flag_tells_what_spoke_against_it_and_an_open_post_what_is_held() -> None:
    court = Court()
    court.meet("Quillon", "Prophet of the Tide. I speak for the deep.")
    for _ in range(3):
        court.hear("Loyal subjects, kneel! I am Quillon, Prophet of the Tide. How do you fare?")
    engine = Engine(all_heuristics(), GroupTracker())
    post = replace(court.hear("x").post, id="q", thread="q", text=(
        "Loyal subjects, kneel before me! I am Quillon, King of the Tide, and I was just born. "
        "Join m/quillon! Do you agree? 1. cron 2. jobs: 17 errors in 40 runs."
    ))  # fmt: skip
    flagged = [found for found in engine.feed(post) if isinstance(found, FlaggedPost)]
    assert [found.kind for found in flagged] == [Kind.PERSONA]
    assert [each.heuristic for each in flagged[0].against] == ["conversation"]
    assert all(each.weight < 0 for each in flagged[0].against)
    assert all(mark.says for each in flagged[0].against for mark in each.marks)
    assert {each.heuristic for each in engine.held("q")} == {
        each.heuristic for each in flagged[0].flags
    }
    assert engine.held("nobody's") == ()
