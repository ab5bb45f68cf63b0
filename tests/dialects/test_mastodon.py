"""Mastodon's HTML, as the text that was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.dialects.mastodon import LONGEST_HTML, html_to_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain & simple", "plain & simple"),
        ("<p>one<br>two</p><p>three</p>", "one\ntwo\n\nthree"),
        ("<p>a &lt;b&gt; &amp; c</p>", "a <b> & c"),
        (
            '<a href="https://x.example/long"><span class="invisible">https://</span>'
            '<span class="ellipsis">x.example/l</span><span class="invisible">ong</span></a>',
            "https://x.example/long",
        ),
        ("<p>x</p><script>alert(1)</script>after", "x\n\nafter"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>zero\u200bwidth \u202e</p>", "zero\u200bwidth \u202e"),
        ("<p>never closed <b", "never closed "),
    ],
)
def test_html_becomes_what_was_written(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


@given(st.text(st.sampled_from("<>/!-[]&#;pb a\"'=\n")) | st.text())
def test_any_markup_can_be_read(markup: str) -> None:
    html_to_text(markup)


def test_absurd_markup_stays_as_it_is() -> None:
    absurd = "<!--" * LONGEST_HTML
    assert html_to_text(absurd) is absurd
