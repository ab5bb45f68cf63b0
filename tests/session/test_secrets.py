"""A secret is found in the text itself, wherever it stands, and masked where people read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.hazard.credentials import Credentials, may_show
from moltwatch.model import Post
from moltwatch.session.secrets import (
    LONGEST,
    find_secrets,
    hide,
    hide_quoted,
    masked,
    secrets_of,
    shows_secret,
)
from moltwatch.session.thread import MOST_CHARS, Thread
from tests.secrets import key, pem


@pytest.mark.parametrize("around", ["{}", "use {} now", "key={}\nand more", "`{}`"])
def test_the_beginning_of_a_secret_is_shown_and_no_more(around: str) -> None:
    assert masked(around.format(key())) == around.format("sk-r•••")


def test_a_text_without_any_stays_as_it_is() -> None:
    for text in ("", "sk-your-key-here-your-key-here", "see https://a.example/x", "password: no"):
        assert masked(text) == text
        assert find_secrets(text) == []


def test_however_many_there_are_all_are_masked() -> None:
    keys = [key(seed) for seed in range(50)]
    text = masked(" and ".join(keys))
    assert text == " and ".join(["sk-r•••"] * 50)


@pytest.mark.parametrize("before", [0, 11_990, 15_970, 15_999, 16_000, 40_000])
def test_however_long_a_text_is_it_is_found(before: int) -> None:
    text = "a word " * (before // 7) + key() + " and" + " a word" * 2_000
    assert key()[6:] not in masked(text)


def test_a_secret_of_several_lines_is_one() -> None:
    assert masked(f"here: {pem()}") == "here: ----•••"
    assert len(pem()) < LONGEST


def test_what_is_cut_within_a_secret_or_quotes_it_is_masked_too() -> None:
    known = secrets_of(None, f"use {key()}")
    assert hide(f"use {key()[:15]}", known) == "use sk-r•••"
    assert hide(f"said “{key()[:20]}…” twice: {key()}", known) == "said “sk-r•••…” twice: sk-r•••"
    assert hide("nothing of it", known) == "nothing of it"


def test_what_begins_in_the_title_is_masked_in_both_parts() -> None:
    value = key(1)[8:]
    known = secrets_of("my API_KEY=", f"{value} it is")
    assert hide(f"{value} it is", known) == f"{value[:4]}••• it is"
    assert hide("my API_KEY=", known) == "my API_•••"


WORDS = ["sk-", "AKIA", "a1B2c3D4", "Z9y8X7", " ", "password=", "é", "\u200b", "://"]


@given(st.lists(st.sampled_from(WORDS), max_size=12).map("".join))
def test_what_the_heuristic_finds_is_never_spared(text: str) -> None:
    if Credentials().read(Text(text)):
        assert may_show(text)
        assert find_secrets(text)


def test_a_post_that_is_edited_keeps_what_it_showed_first() -> None:
    thread = Thread("p")
    post = Post(id="p", thread="p", author="a", text=f"key {key()}", created_at=0, seen_at=0)
    node = thread.add(post)
    assert node is not None and node.secrets == (key(),)
    node.edited = True
    node.write(None, f"key {key(4)}")
    assert set(node.secrets) == {key(), key(4)}
    assert shows_secret(post) and not shows_secret(structs.replace(post, text="no key"))
    long = structs.replace(post, id="q", text="a word " * (MOST_CHARS // 7 - 20) + key())
    kept = thread.add(long)
    assert kept is not None and kept.secrets


def test_what_a_reason_quotes_of_a_secret_in_small_letters_is_masked() -> None:
    secret = key().upper()
    word = key().rpartition("-")[2]
    reason = f"says “reef”, “{word}” and “keyword”; not {secret}"
    told = hide_quoted(reason, [secret])
    assert told == "says “reef”, “•••” and “keyword”; not SK-R•••"
    assert hide_quoted(reason, []) == reason


def test_a_signed_token_is_found_and_a_row_of_beginnings_is_not_one() -> None:
    token = ".".join(("ey" + "Jhbgcioijiuz", "ey" + "Jzdwioijexmj", key()[8:]))
    assert masked(f"use {token} now") == "use eyJh••• now"
    row = "a" * 20 + "eyJ-" * 3_000
    assert masked(row) == row


def test_very_many_secrets_are_masked_in_one_walk() -> None:
    text = f"{key()} " * 10_000
    assert masked(text) == hide(text, [key()]) == "sk-r••• " * 10_000
