"""Texts a reader would call the same compare equal; words exist in every script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.text import fold, fold_into_words, links, mentions, same_words, words
from moltwatch.text.match import MOST_CHARS, _fold_whole


@pytest.mark.parametrize(
    "disguised",
    [
        "The Molt  is\nnear",
        "ＴＨＥ ＭＯＬＴ is near",
        "𝐓𝐡𝐞 𝐦𝐨𝐥𝐭 is near",
        "The\u200b molt is ne\u2063ar",
        "Thе mоlt is nеаr",  # Cyrillic е, о, а
    ],
)
def test_disguises_come_off(disguised: str) -> None:
    assert fold(disguised) == "the molt is near"


def test_other_alphabets_stay_what_they_are() -> None:
    assert fold("Сервер упал ночью") == "сервер упал ночью"
    assert fold("Το νερό") == "το νερό"


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing_that_matters(text: str) -> None:
    once = fold(text)
    assert words(fold(once)) == words(once)


SIGNS = st.one_of(
    st.characters(),
    st.sampled_from("aB c'\n\u00a0…’️‍é É ﬁ ﷺ ① ½ ™ 🦞 ♥ ı İ ß Ж ж ω ｶ ﾞ 각 ᄀ ́ ̀ ​"),
)


@given(st.text(SIGNS, max_size=60))
def test_sign_by_sign_a_text_folds_as_it_does_whole(text: str) -> None:
    assert fold(text) == _fold_whole(text)


@given(st.text(SIGNS, max_size=60))
def test_words_come_with_the_form_as_they_come_from_it(text: str) -> None:
    assert fold_into_words(text) == (fold(text), words(fold(text)))


def test_a_sign_may_stand_for_several_words() -> None:
    assert fold_into_words("so: \ufdfa")[1][0] == "so"
    assert len(fold_into_words("so: \ufdfa")[1]) == 5


def test_marks_piled_up_are_few() -> None:
    assert fold("e\u0301" * 100) == "é" * 100
    piled = fold("a" + "\u0345\u0334" * 4_000 + " b")
    assert piled[0] == "a"
    assert len(piled) < 40
    assert piled.endswith(" b")
    assert fold("🦞" * 100) == "🦞" * 100


def test_signs_that_become_many_letters_do_not_make_a_long_text() -> None:
    assert len(fold("\ufdfa" * 5_000)) <= MOST_CHARS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("don't stop", ["don't", "stop"]),
        ("记忆文件", ["记忆", "忆文", "文件"]),
        ("メモリ is full", ["メモ", "モリ", "is", "full"]),
        ("메모리가 부족", ["메모", "모리", "리가", "부족"]),
        ("猫", ["猫"]),
        ("año nuevo", ["año", "nuevo"]),
        ("слово", ["слово"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text())
def test_nothing_breaks_the_pure_functions(text: str) -> None:
    fold(text)
    assert all(words(text))
    links(text)
    mentions(text)


def test_links_and_mentions() -> None:
    text = "see (https://a.example/x?y=1), www.b.example. cc @Ada_L, mail me@c.example"
    assert links(text) == ["https://a.example/x?y=1", "www.b.example"]
    assert mentions(text) == ["Ada_L"]


def test_the_same_words_in_other_letters_signs_and_emoji() -> None:
    said = same_words("Loyal subjects, rejoice!")
    tricks = (
        "loyal subjects rejoice",
        "ＬＯＹＡＬ subjects — rejoice 👑",
        "Loyal\nsubjects; rejoice…",
    )
    for dressed in tricks:
        assert same_words(dressed) == said
    for other in ("Loyal subjects, rejoice 2!", "Loyal subject, rejoice!", "忠実な臣民", "👑", ""):
        assert same_words(other) != said
    assert same_words("") == 0 != same_words("👑") != same_words("🦞")
    assert same_words("\ud800 a") == same_words("a") == same_words("_a_")
    many = "".join(sign for sign in map(chr, range(0x2500, 0x2800)) if not sign.isalnum())
    assert same_words(f"loyal subjects {many} rejoice") == said
