"""Reports as Markdown and as pages: whatever strangers write, it is words and nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from selectolax.lexbor import LexborHTMLParser

from moltwatch.model import Gap, Kind
from moltwatch.outputs.report.markdown import markdown
from moltwatch.outputs.report.markup import code, prose
from moltwatch.outputs.report.page import groups_chart, html, rate_chart
from moltwatch.outputs.report.quotes import Quotes
from moltwatch.outputs.report.summary import Collector
from moltwatch.times import DAY, HOUR, SECOND
from tests.outputs.report.kit import START, flag, post, summed, verdict

SIGN = "☠"
"""In everything a stranger says, so that it can be found again."""

NASTY = (
    "<script>alert(1)</script>", "</title><img src=x onerror=alert(1)>", "[a](javascript:b)",
    "![i](https://x.example/i.png)", "https://x.example/a", "www.x.example", "me@x.example",
    "# head", "- item", "1. one", "> said", "```\ncode", "`` ` ``", "`", "\\`", "| a | b |",
    "*b* _i_ **s** ~~d~~", "&lt;b&gt; &#x3c;", "<!-- c -->", "<https://x.example>", "\n\n---\n\n",
    "a\n===", "[x]: https://x.example", "$x$ :smile: @user #1",
    "\x1b[31m\x07\x9b", "\u202ereversed",
    "{{ 7 * 7 }}", "{% raw %}", "\ud800", "\x00", "'\"", "  \t ", "]]>", "--><b>",
)  # fmt: skip

strangers = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=12)), max_size=4).map(
    "".join
)


def hostile(said: str) -> Callable[[str], str]:
    """Everybody says this."""
    return lambda plain: f"{said}{SIGN}{plain}"


def parsed(text: str) -> list[Token]:
    """By a parser that makes a link of whatever looks like one."""
    parser = MarkdownIt("commonmark", {"linkify": True, "html": True})
    parser.enable(["table", "strikethrough", "linkify"])
    return [
        token
        for block in parser.parse(text)
        for token in (block, *(block.children or ()))
        if token.type != "inline"
    ]


def structure(tokens: list[Token]) -> list[tuple[str, int]]:
    """What the document is made of, but for words."""
    return [(token.type, token.level) for token in tokens if token.type != "text"]


BENIGN = structure(parsed(markdown(summed(hostile("")))))


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(strangers)
def test_words_of_strangers_are_never_markup(said: str) -> None:
    tokens = parsed(markdown(summed(hostile(said))))
    assert structure(tokens) == BENIGN
    assert all(token.type == "code_inline" for token in tokens if SIGN in token.content)


@settings(max_examples=150, deadline=None)
@given(strangers, st.sampled_from([code, prose]))
def test_words_come_through_to_the_letter(said: str, form: Callable[[str], str]) -> None:
    words = Quotes().quote(said)
    shown = parsed(f"He said: {form(words)}, and no more.")
    assert {token.type for token in shown} <= {
        "paragraph_open", "text", "code_inline", "paragraph_close",
    }  # fmt: skip
    assert "".join(token.content for token in shown) == f"He said: {words}, and no more."


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(strangers)
def test_nothing_invisible_gets_through(said: str) -> None:
    told = summed(hostile(said))
    for form in (markdown(told), html(told)):
        form.encode()
        assert not [
            character
            for character in form
            if (unicodedata.category(character) == "Cc" and character != "\n")
            or unicodedata.bidirectional(character) in ("LRE", "RLE", "LRO", "RLO", "PDF")
            or character in "\u2028\u2029\u2066\u2067\u2068\u2069"
        ]


def elements(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """Every element of a page with the names of its attributes."""
    tree = LexborHTMLParser(page)
    assert tree.root is not None
    return [
        (str(node.tag), tuple(sorted(node.attributes)))
        for node in tree.root.traverse(include_text=False)
    ]


BENIGN_PAGE = elements(html(summed(hostile(""))))


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(strangers)
def test_a_page_is_made_of_the_same_whatever_is_said(said: str) -> None:
    assert elements(html(summed(hostile(said)))) == BENIGN_PAGE


def test_a_page_needs_nobody() -> None:
    page = html(summed())
    names = {name for _, names in elements(page) for name in names}
    assert {tag for tag, _ in elements(page)}.isdisjoint({"script", "link", "img", "iframe", "a"})
    assert not any(name.startswith("on") or name in ("href", "src") for name in names)
    assert "default-src 'none'" in page
    assert not re.search(r"url\(|@import|https?:", page)
    assert "prefers-color-scheme: dark" in page and "@media print" in page


def test_a_page_has_both_charts() -> None:
    tree = LexborHTMLParser(html(summed()))
    rate, groups = tree.css("svg")
    assert "05:07:00: 2 posts, ▲ 2 hazard" in rate.text()
    assert len(groups.css("rect.coordinated")) == 5
    for chart in (rate, groups):
        for box in chart.css("rect"):
            x, width = (float(box.attributes[name] or 0) for name in ("x", "width"))
            assert x >= 0 and width > 0 and x + width <= 1_002


def test_the_report_reads_well() -> None:
    lines = markdown(summed()).splitlines()
    for line in (
        "# What happened in `reef.molt`",
        "1 item could not be used.",
        "Posts that reach 0.50: ❖ 5 coordinated (2 groups formed, 1 merged, 1 at the end), "
        "◆ 2 persona, ▲ 2 hazard.",
        "1 gap: 60 s were not wholly observed.",
        "- not used, 1 item: no author, first at line 7",
        "1. **5 accounts, 5 posts**: same text as 4 other accounts in 4 s",
        "   - from 05:06:40, all within 4 s, seen as a group after 0 s; its posts go on for 4 s",
        "   - accounts: `claw0`, `claw1`, `claw2`, `claw3`, `claw4`",
        "   - 5 of its posts say: `praise the shell`",
        "1. **0.95** `crab3` at 05:03:30 in `tidepool`: speaks as a crab again",
        "- `crab3`: 2 of 3 posts, mostly character",
        "- **0.90** `helper` at 05:07:00: gives orders, 2 times",
        "- `the reef` by `crab0` in `tidepool`: 17 posts in 6 min 44 s; ❖5 ◆2",
        "| persona     | character |     2 |     1 |    105.3 |    17.1 |",
    ):
        assert line in lines, line


@pytest.mark.parametrize("form", [markdown, html])
def test_an_empty_report_is_one(form: Callable[..., str]) -> None:
    told = form(Collector().summary("empty.molt"))
    assert "Nobody wrote anything." in told
    assert "Busiest" not in told and "Personas" not in told


@pytest.mark.parametrize("said", ["see GH-123", "GH-1", "in 0a1b2c3", "of " + "0a1b" * 10])
def test_nothing_refers_to_somebody_elses_work(said: str) -> None:
    assert prose(said) == f"`{said}`"
    assert prose("5 accounts at 1,200,000 posts, re-read") == (
        "5 accounts at 1,200,000 posts, re-read"
    )


@pytest.mark.parametrize(("seconds", "first"), [(20, "05:00:31"), (300, "05:00:30")])
def test_times_below_the_groups_are_where_they_lie(seconds: int, first: str) -> None:
    collector = Collector()
    for n in range(0, seconds, 5):
        one = post(f"p{n}", f"crab{n}", n + 31, "shell")
        collector.take(one, [verdict(one, flag(Kind.COORDINATED, "same-text", "r", "g"))])
    told = collector.summary("x")
    groups, rate = groups_chart(told), rate_chart(told)
    assert groups is not None and rate is not None
    assert [(label.x, label.text) for label in groups.across] == [
        (label.x, label.text) for label in rate.across
    ]
    assert len(groups.across) > 2 and groups.across[0].text == first


def test_a_gap_of_another_day_has_its_day() -> None:
    collector = Collector()
    for n in range(3):
        collector.take(post(f"p{n}", "crab", n, "hi"), [])
    since = START - DAY
    gap = Gap(seen_at=START, since=since, until=since + HOUR, reason="lost")
    collector.take(gap, [])
    told = collector.summary("x")
    assert "- 01-30 05:00:00, " in markdown(told)
    assert 'class="gap"' not in html(told) and "gap</span>" not in html(told)
    within = Gap(seen_at=START, since=START, until=START + SECOND, reason="lost")
    collector.take(within, [])
    page = html(collector.summary("x"))
    assert page.count('class="gap"') == 1 and "gap</span>" in page
