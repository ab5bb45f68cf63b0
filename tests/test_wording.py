"""Templates say what Python's own formatting says, and what ours adds to it."""

from __future__ import annotations

import pytest

from moltwatch.text import display_line
from moltwatch.wording import cut, quoted, sentence

FACTS = {"n": 1_234, "share": 0.257, "said": "hello", "words": ("a", "b", "c"), "held": ["x"]}


@pytest.mark.parametrize(
    "template",
    [
        "",
        "nothing to put in",
        "{n}",
        "{n}{n:,}{said}",
        "said {said:.2} in {n:,} posts, {share:.0%} of all",
        "{{not a fact}} {n} {{}} {said}}}",
        "{words}",
    ],
)
def test_as_python_formats_it(template: str) -> None:
    assert sentence(template, FACTS) == template.format(**FACTS)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{said:quoted}", "“hello”"),
        ("{words:quoted}", "“a”, “b”"),
        ("{held:quoted}", "“x”"),
        ("{n:quoted}", "“1234”"),
        ("{n:count post} and {n:duration}", "1,234 posts and 0 s"),
    ],
)
def test_ways_of_our_own(template: str, said: str) -> None:
    assert sentence(template, FACTS) == said


def test_a_fact_is_no_template() -> None:
    assert sentence("“{said}”", {"said": "{n}"}) == "“{n}”"
    with pytest.raises(KeyError):
        sentence("{missing}", FACTS)


def test_a_flag_is_not_cut_in_half() -> None:
    flags = "ab" + "🇹🇷" * 3
    cuts = [cut(flags, n) for n in range(9)]
    assert cuts == ["", "a", "ab", "ab", "ab🇹🇷", "ab🇹🇷", "ab🇹🇷🇹🇷", "ab🇹🇷🇹🇷", flags]
    assert quoted("x" * 58 + "🇹🇷🇹🇷") == f"“{'x' * 58}…”"
    assert display_line("a🇹🇷", 2) == "a"
