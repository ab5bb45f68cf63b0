"""Cases at rest, and texts that copies share."""

from __future__ import annotations

from msgspec import structs

from moltwatch.heuristics.base import Signal
from moltwatch.heuristics.cases import Cases, unpack
from moltwatch.heuristics.texts import Text, Texts
from moltwatch.model import Kind, Post


def post(id: str, at: int = 0, text: str = "hello") -> Post:
    return Post(id=id, thread=id, author="a", text=text, created_at=at, seen_at=at, score=3)


def test_a_case_comes_back_as_it_was_packed() -> None:
    cases = Cases()
    case = cases.open(post("p", 7, "🦞 \x00 '\u200b'"))
    reason = Signal(post="p", author="a", strength=0.1 + 0.2, reason="why", evidence=("q",), n=2)
    case.hold(("x", Kind.HAZARD, "f", reason))
    case.coordinated, case.group, case.flagged, case.first_at = 0.6, "g", (Kind.HAZARD,), 7
    cases.rest()
    again = cases.get("p")
    assert again is not case
    assert again == case


def test_what_later_posts_add_counts() -> None:
    cases = Cases()
    cases.open(post("p"))
    cases.rest()
    for strength in (0.2, 0.4):
        case = cases.get("p")
        assert case is not None
        assert case is cases.get("p")
        signal = Signal(post="p", author="a", strength=strength, reason="")
        case.hold(("x", Kind.COORDINATED, "f", signal))
        cases.rest()
    last = cases.get("p")
    assert last is not None
    assert last.held["x"].strength == 0.4


def test_what_cannot_be_packed_rests_as_it_is() -> None:
    cases = Cases()
    half = cases.open(post("half", text="half an emoji: \ud83e"))
    loved = cases.open(structs.replace(post("loved"), score=10**30))
    cases.rest()
    assert cases.get("half") is half
    assert cases.get("loved") is loved


def test_cases_end_in_order_of_arrival_and_not_before_their_time() -> None:
    cases = Cases()
    for at, id in enumerate("abc"):
        cases.open(post(id, at))
        cases.rest()
    assert cases.ended(0) is None
    ended = [cases.ended(2) for _ in "ab"]
    assert [unpack(case).post.id for case in ended if case] == ["a", "b"]
    assert cases.ended(2) is None
    assert (len(cases), cases.get("a")) == (1, None)
    assert unpack(cases.ended(None) or b"").post.id == "c"
    assert cases.ended(None) is None


def test_an_id_used_again_replaces_the_case_in_its_place() -> None:
    cases = Cases()
    for text in ("one", "two"):
        cases.open(post("p", text=text))
        cases.rest()
    assert len(cases) == 1
    assert unpack(cases.ended(None) or b"").post.text == "two"


def test_copies_share_what_was_found_out() -> None:
    texts, asked = Texts(most=2), []

    def length(text: Text) -> int:
        asked.append(text.body)
        return len(text.words)

    assert [texts.of(body).once(length) for body in ("a b", "c", "a b")] == [2, 1, 2]
    assert asked == ["a b", "c"]
    texts.of("d")
    assert [texts.of(body).once(length) for body in ("a b", "c")] == [2, 1]
    assert asked == ["a b", "c", "c"]


def test_what_is_not_ascii_is_found_within_the_first_characters() -> None:
    text = Text("ä plain β")
    assert (text.exotic(100), text.exotic(3)) == ("äβ", "ä")
    assert (text.longest, Text("").longest) == (5, 0)
