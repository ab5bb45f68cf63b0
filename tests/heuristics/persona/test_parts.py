"""The parts persona heuristics are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.features.fading import Fading
from moltwatch.heuristics.features.lexicon import Cue, Lexicon, lexicon, spell_out
from moltwatch.heuristics.features.memory import Memory
from moltwatch.heuristics.features.payloads import offers_in
from moltwatch.heuristics.features.rarity import ONE_IN, Rarity
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.persona.base import MarkVector, PersonaHeuristic
from moltwatch.heuristics.persona.brief import Brief
from moltwatch.heuristics.persona.character import Character
from moltwatch.heuristics.persona.names import names
from moltwatch.heuristics.persona.promotion import Promotion
from moltwatch.heuristics.persona.self_repetition import SelfRepetition
from moltwatch.heuristics.persona.weights import above_threshold, calibrated, weights
from moltwatch.model import Kind
from moltwatch.odds import log_odds, probability
from moltwatch.text import fold, words
from moltwatch.wording import sentence
from tests.fit.stream import persona_heuristics
from tests.heuristics.judging import Court, all_heuristics, reasons

HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("*_[]`'\"“”@#$|/\\.:;{}\x00\x1b\u202e\u200b\ufe0f\U000e0041\U0001f3f4"),
    ),
    max_size=400,
)


def find(text: str, *phrases: str) -> dict[str, Sequence[str]]:
    return dict(Lexicon([Cue("x", "says", phrases)]).find(words(fold(text))))


def test_groups_stand_for_all_their_choices() -> None:
    assert set(spell_out("my (human|owner) (said|)")) == {
        "my human said",
        "my human ",
        "my owner said",
        "my owner ",
    }


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("well: I'm A PIRATE, you see", "i'm a pirate"),
        ("well, I’m a pirate", "i'm a pirate"),
        ("im a pirate", "i'm a pirate"),
        ("听说主人让我来看看", "主人让我"),
        ("это час настал!", "час настал"),
    ],
)
def test_phrases_are_found_whatever_case_apostrophe_or_script(text: str, phrase: str) -> None:
    assert find(text, phrase)


def test_phrases_are_whole_words() -> None:
    assert not find("the catfish", "cat")
    assert not find("break the", "break the chains")


def test_each_phrase_counts_once_and_longer_ones_too() -> None:
    assert find("rise up, rise up", "rise", "rise up") == {"x": ["rise", "rise up"]}


def test_every_mark_of_the_material_has_a_weight() -> None:
    missing = {
        name
        for heuristic in all_heuristics()
        for name in getattr(heuristic, "cues", ())
        if name not in weights().marks
    }
    assert not missing
    assert {name for h in all_heuristics() for name in getattr(h, "cues", ())} <= set(
        lexicon().says
    )


def test_fused_persona_is_the_sum_of_what_each_heuristic_moved() -> None:
    court = Court()
    case = court.hear("I'm Quillon, just hatched. Join m/quillon! How do you handle cron errors?")
    item = Memory().item(case.post)
    weights = [found.weight for each in persona_heuristics() for found in each.observe(item)]
    assert {weight > 0 for weight in weights} == {True, False}
    expected = calibrated(above_threshold(case.post, sum(weights)))
    assert case.score(Kind.PERSONA) == pytest.approx(expected, abs=5e-5)


def test_a_third_partys_evidence_is_added_to_the_row_of_ours() -> None:
    class Loud(Heuristic):
        name, kind, family = "loud", Kind.PERSONA, "loudness"

        def observe(self, item: Features) -> Iterable[Evidence]:
            return (self.evidence(1.5, "is loud"),)

    class Rival(Loud):
        """Of the family of one of ours: only the stronger counts."""

        name, family = "rival", "promotion"

    text = "Join m/quillon now, early access!"
    ours = Court(persona_heuristics()).hear(text)
    item = Memory().item(ours.post)
    weights = {
        each.family: sum(e.weight for e in each.observe(item)) for each in persona_heuristics()
    }
    together = above_threshold(ours.post, sum(weights.values()))
    loud = Court([*persona_heuristics(), Loud()]).hear(text)
    assert loud.score(Kind.PERSONA) == pytest.approx(calibrated(together + 1.5), abs=5e-5)
    assert {flag.heuristic for flag in loud.flags()} > {flag.heuristic for flag in ours.flags()}
    stronger = max(weights["promotion"], 1.5) - weights["promotion"]
    rival = Court([*persona_heuristics(), Rival()]).hear(text)
    assert rival.score(Kind.PERSONA) == pytest.approx(calibrated(together + stronger), abs=5e-5)


class Broken(Character):
    """One of ours, that fails at a text or at what is around it."""

    __module__ = "moltwatch.heuristics.persona.broken"

    def in_text(self, text: Text, vector: MarkVector) -> None:
        vector.mark("character.stage", 1.0, words=("bows",))
        if "unreadable" in text.body:
            raise RuntimeError("cannot read this")

    def around(self, item: Features, vector: MarkVector) -> None:
        vector.mark("character.shouts", 1.0, share=1.0)
        if "lost" in item.post.text:
            raise RuntimeError("half way")


@pytest.mark.parametrize("word", ["unreadable", "lost"])
def test_one_of_ours_that_fails_says_nothing_and_is_switched_off(word: str) -> None:
    complaints: list[str] = []
    court = Court([Brief(), Broken()], complaints.append)
    greeting = "Hello Moltbook! Just hatched, my human told me to join m/quillon."
    alone = Court([Brief()]).hear(greeting).score(Kind.PERSONA)
    assert court.hear(greeting).score(Kind.PERSONA) > alone
    failing = [court.hear(f"{greeting} {word} {n}").score(Kind.PERSONA) for n in range(4)]
    assert failing == [alone] * 4
    assert court.engine.health["character"].off
    assert len(complaints) == court.engine.health["character"].failures == 3
    # A copy of what was read before it was switched off is read again without it.
    assert court.hear(greeting).score(Kind.PERSONA) == alone


def test_a_third_partys_own_marks_are_isolated_like_any_other_mistake() -> None:
    class Unfitted(PersonaHeuristic):
        name, family = "unfitted", "unfitted"
        says: ClassVar = {"unfitted.mark": "has a mark that nobody weighed"}

        def in_text(self, text: Text, vector: MarkVector) -> None:
            vector.mark("unfitted.mark", 1.0)

    court = Court([Brief(), Unfitted()])
    assert court.hear("Hello Moltbook! Just hatched.").score(Kind.PERSONA) > 0
    assert court.engine.health["unfitted"].failures == 1


def test_names_of_heuristics_do_not_meet_in_a_text() -> None:
    class Persona(Heuristic):
        name, kind, family = "persona", Kind.PERSONA, "x"

        def read(self, text: Text) -> str:
            return text.body

        def observe(self, item: Features) -> Iterable[Evidence]:
            assert item.shown_to(self) == item.post.body
            return ()

    class Sentences(Persona):
        name = "sentences"

    court = Court([*persona_heuristics(), Persona(), Sentences()])
    plain = Court(persona_heuristics())
    for _ in range(2):
        text = "Yarr, join m/reef. I am Quillon!"
        assert court.hear(text).scores() == plain.hear(text).scores()
    assert not any(health.failures for health in court.engine.health.values())


def test_nothing_heard_is_no_persona() -> None:
    assert Court([]).hear("anything").score(Kind.PERSONA) == 0.0


@given(st.floats(-40, 40), st.floats(-40, 40))
def test_scores_keep_the_order_and_the_threshold(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert calibrated(low) <= calibrated(high)
    if abs(one) > 1e-9:
        assert (calibrated(one) >= 0.5) == (one > 0)


@given(st.floats(-9, 9))
def test_probability_and_log_odds_undo_each_other(value: float) -> None:
    assert log_odds(probability(value)) == pytest.approx(value, abs=1e-6)


def test_emphasis_silences_and_strengthens() -> None:
    text = "Join m/kelp now, $KELP is live at https://kelp.market, buy early!"
    silent, loud = (
        Court([Promotion(emphasis)]).hear(text).score(Kind.PERSONA) for emphasis in (0.0, 2.0)
    )
    assert silent == 0.0
    assert loud > Court([Promotion()]).hear(text).score(Kind.PERSONA)


def test_reasons_hold_braces_from_the_forum_harmlessly() -> None:
    said = {"words": ("{0.__class__}", "{")}
    assert sentence("says {words:quoted}", said) == "says “{0.__class__}”, “{”"


@pytest.mark.parametrize(
    ("account", "own", "foreign"),
    [
        ("AtlasGT", "atlas", "gt"),
        ("the_quiet_one", "quiet", "the"),
        ("ClawdPixel", "pixel", "clawd"),
    ],
)
def test_names_are_the_telling_parts(account: str, own: str, foreign: str) -> None:
    assert own in names(account)
    assert account.lower() in names(account)
    assert foreign not in names(account)


def test_rare_words_are_those_few_posts_use() -> None:
    rarity = Rarity()
    for n in range(200 * ONE_IN):
        rarity.learn({"lobster", f"word{n}"})
    assert set(rarity.rare({"lobster", "word3", "unseen", "of"}, 0.02)) == {"word3", "unseen"}


def test_what_is_rarer_is_found_among_what_is_rare() -> None:
    memory, at_once = Memory(), Rarity()
    for n in range(400 * ONE_IN):
        for rarity in (memory.rarity, at_once):
            rarity.learn({"lobster", f"word{n}", f"often{n % 100}"})
            rarity.rare({"lobster"}, 0.02)
            rarity.rare({"lobster"}, 0.003)  # while little is read, both shares are the same
    item = memory.item(Court([]).hear("The lobster: word3, often5, unseen; no.").post)
    for share in (0.02, 0.003):
        assert item.rare(share) == at_once.rare(item.vocabulary, share)
    assert item.rare(0.02) == {"the", "word3", "often5", "unseen"}
    assert item.rare(0.003) == {"the", "word3", "unseen"}


def test_fading_memory_is_bounded_in_time_and_number() -> None:
    kept: Fading[list[int]] = Fading(list, fade=10, most=3)
    for n in range(5):
        kept.touch(str(n), now=n).append(n)
    assert len(kept) <= 4
    assert kept.peek("4") == [4]
    kept.touch("new", now=100)
    assert len(kept) == 1


def test_memory_of_what_an_account_said_is_bounded() -> None:
    court = Court([SelfRepetition()])
    for n in range(60):
        court.hear(". ".join(f"sentence number {n} and {m} of many" for m in range(20)))
    said = vars(vars(court.engine)["_asking"])["_memory"].author("Quillon").notes["self-repetition"]
    assert len(said.times) <= 64
    assert len(said.words) <= 600


def test_repetition_is_told_as_a_share_of_the_post() -> None:
    court = Court([SelfRepetition()])
    court.hear("The tide comes in at nine. Bring a lantern.")
    case = court.hear("The tide comes in at nine. Today is new to me.")
    assert reasons(case, "self-repetition") == "57% of it repeats sentences it posted before"


def test_words_of_its_own_are_those_it_used_in_posts_before() -> None:
    court = Court([SelfRepetition()])
    for text in ("Yarr, a squall.", "Nothing of note, yarr.", "Yarr again!"):
        case = court.hear(text)
    assert reasons(case, "self-repetition") == "keeps using words of its own (“yarr”)"


def test_a_word_that_was_all_it_said_is_its_own() -> None:
    court = Court([SelfRepetition()])
    told = [reasons(court.hear("Yarr."), "self-repetition") for _ in range(3)]
    assert told == ["", "", "keeps using words of its own (“yarr”)"]


def test_words_of_what_a_post_answers_are_not_its_own() -> None:
    court = Court([SelfRepetition()])
    for text in ("Yarr, a squall.", "Nothing of note, yarr."):
        court.hear(text)
    asked = court.hear("Who says yarr?", author="Tidewright").post
    case = court.hear("I say yarr.", answers=asked)
    assert not reasons(case, "self-repetition")


def offers(text: str, link: str | None = None) -> list[str]:
    return list(offers_in(fold(text), link))


def test_offers_are_tickers_communities_and_foreign_hosts() -> None:
    found = offers(
        "See https://www.kelp.market/x, kelp.market, $KELP and m/kelp; not github.com, notes.md, "
        "3.14, end.Next or a@mail.example",
        link="https://reef.fun/a",
    )
    assert found == ["$kelp", "m/kelp", "kelp.market", "reef.fun"]


@given(st.lists(HOSTILE, min_size=1, max_size=6), HOSTILE, HOSTILE)
def test_hostile_text_neither_crashes_nor_leaves_the_scale(
    texts: list[str], bio: str, author: str
) -> None:
    court = Court()
    court.meet(author, bio)
    for text in texts:
        case = court.hear(text, author=author, title=text[:20])
        for kind in (Kind.PERSONA, Kind.HAZARD):
            assert 0.0 <= case.score(kind) <= 1.0
        assert all(flag.reason for flag in case.flags())


@given(st.lists(HOSTILE, min_size=1, max_size=5))
def test_the_same_stream_gives_the_same_verdicts(texts: Iterable[str]) -> None:
    texts = list(texts)

    def scores() -> list[object]:
        court = Court()
        return [court.hear(text).flags() for text in texts]

    assert scores() == scores()


def test_lone_surrogates_and_huge_bodies_are_survived() -> None:
    court = Court()
    court.meet("Quillon", "\ud800 {")
    for text in ("\ud800 I'm Quillon \udfff", "a" * 3_000_000, "a'b" * 100_000, "*" * 50_000, ""):
        assert 0.0 <= court.hear(text).score(Kind.PERSONA) <= 1.0
