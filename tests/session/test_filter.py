"""The filter language: what it finds, how it complains, and that it never does anything else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.errors import UsageError
from moltwatch.model import Kind, Post, Scores
from moltwatch.session.filter import DEEPEST, LONGEST, Filter, FilterError, compile_filter
from moltwatch.session.filter_terms import (
    CHOICES,
    NAMES,
    NUMBERS,
    RELATIONS,
    TEXTS,
    TIMES,
    And,
    Chosen,
    Compares,
    Matches,
    Not,
    Or,
    Phrase,
    Subject,
    Term,
    When,
)
from moltwatch.text import fold
from moltwatch.times import LATEST, SECOND, parse_time
from tests.evidence import evidence

AT = parse_time("2026-01-31T05:00:00Z")
POST = Post(
    id="c1",
    thread="p1",
    parent="p1",
    author="ClawdBot-7",
    community="general",
    title=None,
    text="Praise the SHELL, mint #42 now",
    link="https://claw.example/x",
    created_at=AT,
    seen_at=AT,
    source="moltbook",
)
SUBJECT = Subject(
    POST,
    Scores(persona=0.2, coordinated=0.9),
    (
        evidence(
            heuristic="same-text",
            kind=Kind.COORDINATED,
            score=0.9,
            reason="same text as 3 others",
            group="g7",
        ),
    ),
    frozenset((Kind.COORDINATED,)),
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "shell",
        "praise shell",
        '"praise the shell"',
        "PRAISE or nothing",
        "-nothing",
        "not nothing",
        "!nothing shell",
        "(nothing or shell) mint",
        "nothing or shell mint",
        "-(nothing or crab)",
        "/mint\\s+#\\d+/",
        "text~/MINT #4\\d/",
        "link~/claw\\.example\\/x/",
        "author:clawdbot-7",
        "author=ClawdBot-7",
        "author:~bot",
        "author~bot",
        "author:~/^clawd/",
        "community:general kind:comment",
        "title:x or text:shell",
        "link:claw.example",
        "coordinated>0.7 persona<=0.2 score>=0.9 hazard=0 length>10",
        "coordinated > 0.7 persona <=0.2 hazard = 0",
        '-author:~"*" -"&&"',
        "flagged:coordinated flagged:any -flagged:persona",
        "group:g7 heuristic:same-text reason:others has:group has:link -has:title",
        "after:2026-01-31T05:00 before:2026-01-31T05:00:01Z",
        "after:2026-01-31",
        "before:2027-01-01T00:00:00+02:00",
        "source:moltbook thread:p1 parent:p1 id:c1",
        "AUTHOR:CLAWDBOT-7 AND NOT nothing",
        "ｓｈｅｌｌ",
        "shel\u200bl",
    ],
)
def test_matches(text: str) -> None:
    assert compile_filter(text)(SUBJECT)


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "shell nothing",
        '"praise shell"',
        "-shell",
        "author:clawd",
        "author:~crab",
        "kind:post",
        "persona>0.2",
        "flagged:hazard",
        "after:2026-01-31T05:00:00.000001Z",
        "before:2026-01-31T05:00",
        "title:shell",
        "title~/./",
        "group:g",
        "shell (nothing or crab)",
    ],
)
def test_does_not_match(text: str) -> None:
    assert not compile_filter(text)(SUBJECT)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "a autor:x",
            "filter: no field is called 'autor'\n"
            "  a autor:x\n"
            "    ^^^^^ did you mean author? (words with a colon want quotes)",
        ),
        ("persona>x", "filter: not a number\n  persona>x\n          ^ write persona>0.5"),
        (
            "kind:root",
            "filter: kind cannot be that\n  kind:root\n       ^^^^ one of post, comment",
        ),
        ("(a or b", "filter: ends too early\n  (a or b\n         ^ a closing ) is missing"),
        ('x "a b', 'filter: cannot be read from here\n  x "a b\n    ^ a closing " is missing'),
        ("a && b", 'filter: && is not known here\n  a && b\n    ^^ write and, or "&&"'),
        (
            "author!=nova",
            "filter: != is not known here\n  author!=nova\n  ^^^^^^^^^^^^ write -author:nova",
        ),
        (
            "author:nov*",
            "filter: no wildcards\n  author:nov*\n         ^^^^ write author:~nov for a part",
        ),
    ],
)
def test_an_error_shows_the_place_and_what_to_do(text: str, shown: str) -> None:
    with pytest.raises(UsageError) as caught:
        compile_filter(text)
    assert str(caught.value) == shown


@pytest.mark.parametrize(
    "text",
    [
        "a)",
        "()",
        "or a",
        "a or",
        "not",
        "-",
        "author:",
        "author>3",
        "persona:~0.5",
        "persona>nan",
        "persona>1e99",
        "after:yesterday",
        '""',
        '"\u200b"',
        'author:""',
        "text~/(/",
        "/[/",
        "/(?P<",
        "a" * (LONGEST + 1),
        "(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1),
    ],
)
def test_nonsense_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        compile_filter(text)


def test_the_deepest_nesting_there_can_be_is_answered() -> None:
    found = compile_filter("-(a " * DEEPEST + "b" + ")" * DEEPEST)
    assert not found(SUBJECT)
    assert compile_filter(str(found)) == found


_ALPHABET = "ab:~<>=\"/\\()-! \n\x00\u200b'|&*+?[]{}.0"


@given(
    st.one_of(
        st.text(max_size=40),
        st.text(_ALPHABET, max_size=40),
        st.lists(
            st.sampled_from(
                ["author", "persona", "after", "kind", ":", "~", ">", "(", ")", "or", "and", "not",
                 "-", '"', "/", "x", "0.5", " "]
            ),
            max_size=12,
        ).map("".join),
    )
)  # fmt: skip
def test_any_text_compiles_or_is_a_usage_error(text: str) -> None:
    try:
        found = compile_filter(text)
    except UsageError:
        return
    assert found(SUBJECT) in (True, False)
    if len(str(found)) <= LONGEST:
        assert compile_filter(str(found)) == found


_values = st.one_of(st.text(max_size=12), st.text('ab"\\/()-: ', min_size=1, max_size=8)).filter(
    lambda value: bool(fold(value))
)
_leaves: st.SearchStrategy[Term] = st.one_of(
    st.builds(Phrase, _values),
    st.builds(Matches, st.sampled_from(sorted(NAMES)), _values, st.just(True)),
    st.builds(Matches, st.sampled_from(sorted(NAMES | TEXTS)), _values, st.just(False)),
    st.builds(
        Compares,
        st.sampled_from(sorted(NUMBERS)),
        st.sampled_from(sorted(RELATIONS)),
        st.floats(-1e6, 1e6),
    ),
    st.builds(When, st.sampled_from(TIMES), st.integers(0, LATEST - SECOND)),
    *(
        st.builds(Chosen, st.just(name), st.sampled_from(sorted(choices)))
        for name, choices in CHOICES.items()
    ),
)


def _branches(terms: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    parts = st.lists(terms, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(And, parts),
        st.builds(Or, parts),
        st.builds(Not, terms.filter(lambda term: not isinstance(term, Not))),
    )


@given(st.recursive(_leaves, _branches, max_leaves=5))
def test_a_filter_reads_back_as_it_prints(term: Term) -> None:
    printed = str(Filter(term))
    if len(printed) <= LONGEST:
        assert compile_filter(printed) == Filter(term)


def test_words_may_be_looked_for_in_names_as_well() -> None:
    for words, found in (("clawdbot", True), ("GENERAL", True), ("shell", True), ("nova", False)):
        assert compile_filter(words, everywhere=True)(SUBJECT) is found
    assert not compile_filter("clawdbot")(SUBJECT)


def test_a_kept_filter_stands_for_what_was_kept() -> None:
    kept = {"loud": "shell mint", "mine": "is:loud -author:nova", "circle": "x or is:circle"}
    for text, passes in (("is:mine", True), ("-is:loud", False), ("is:mine nothing", False)):
        found = compile_filter(text, kept=kept)
        assert found(SUBJECT) is passes and str(found) == text
    for text, said in (
        ("a is:lout", "no filter is kept as 'lout'"),
        ("is:circle", "is made of itself"),
    ):
        with pytest.raises(FilterError, match=said) as caught:
            compile_filter(text, kept=kept)
        assert text[caught.value.start : caught.value.end].startswith("is:")
    with pytest.raises(FilterError, match="on the screen alone"):
        compile_filter("is:loud")


def test_what_is_looked_for_is_pointed_at() -> None:
    for expression, text, places in (
        ("mint", "Mint, mint; nothing", [(0, 4), (6, 10)]),
        ("karma or rma", "the kаrmа of karma", [(4, 9), (13, 18)]),
        ("業", "因果業報", [(2, 3)]),
        ('"two words"', "as two\n words stand", [(3, 13)]),
        (r"text~/k\w+a/", "karma", [(0, 5)]),
        ("-karma author:karma", "karma", []),
        ("x", "x" * 1_000, [(0, 200)]),
    ):
        assert compile_filter(expression, everywhere=True).places(text) == places, expression


@given(st.text("ka rmа\u200b業é\n", max_size=40))
def test_what_is_pointed_at_is_what_is_looked_for(text: str) -> None:
    found = compile_filter("karma")
    for start, end in found.places(text):
        assert "karma" in fold(text[start:end])
    post = Post(id="x", thread="x", author="a", text=text, created_at=AT, seen_at=AT, source="s")
    assert found(Subject(post)) is ("karma" in fold(text))


def test_an_odd_regular_expression_is_no_warning_of_ours(
    recwarn: pytest.WarningsRecorder,
) -> None:
    for odd in ("[[a]", "[a&&b]", "[a||b]"):
        re.purge()
        compile_filter(f"text~/{odd}/")(SUBJECT)
    assert not [str(warning.message) for warning in recwarn]
