"""Moltbook on the wire, pure: what is asked, what answers and errors say, how long to stay away."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.dialects.api_objects import events_from
from moltwatch.dialects.fields import Origin
from moltwatch.errors import Rejects
from moltwatch.model import Post
from moltwatch.sources.moltbook.client import BURST, RESERVE, SHARE, Limits
from moltwatch.sources.moltbook.wire import (
    Page,
    Refusal,
    can_ask_for,
    comments_of,
    post_of,
    read_answer,
    read_refusal,
    read_reset,
)
from moltwatch.times import MINUTE, SECOND, Micros
from tests import strategies
from tests.sources.fakes import T0


@given(strategies.json_values)
def test_any_json_is_an_answer_or_a_refusal(value: Any) -> None:
    body = json.dumps(value).encode("utf-8", "surrogatepass")
    answer = read_answer(body)
    assert isinstance(answer, Page | Refusal)
    assert isinstance(read_refusal(body), Refusal)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_a_refusal(body: bytes) -> None:
    assert isinstance(read_answer(body), Page | Refusal)
    read_refusal(body)


@given(strategies.texts | st.sampled_from(["..", ".", "a/../b", "?x=1#y", "%2e%2e"]))
def test_no_id_leaves_its_place_in_the_address(id: str) -> None:
    if not can_ask_for(id):
        return
    for request in (comments_of(id), post_of(id)):
        parts = urlsplit("http://forum.example/api/v1" + request.path)
        assert parts.path == "/api/v1" + request.path
        assert request.path.split("/")[1] == "posts"
        assert ".." not in request.path.split("/")


@pytest.mark.parametrize(
    "value",
    [
        {"posts": [{"id": "a", "comment_count": 3}, {"id": 7, "commentCount": "4"}]},
        {"data": [{"id": "a", "comments_count": 3}, None, {"id": "7", "comment_count": 4.0}]},
        {"data": {"posts": [{"_id": "a", "comment_count": 3}, {"uuid": "7", "comment_count": 4}]}},
        [{"id": "a", "comment_count": 3}, {"id": "7", "comment_count": "4"}],
    ],
)
def test_what_a_list_shows(value: Any) -> None:
    answer = read_answer(json.dumps(value).encode())
    assert isinstance(answer, Page)
    assert [(item.id, item.comments) for item in answer.listed] == [("a", 3), ("7", 4)]


@pytest.mark.parametrize(
    ("value", "words", "wait"),
    [
        ({"success": False, "error": "no", "code": "RATE_LIMITED", "retryAfter": 30}, "no", 30),
        ({"statusCode": 429, "message": "slow", "retry_after_seconds": 9}, "slow", 9),
        ({"success": False, "error": {"message": "in"}, "retry_after_minutes": 2}, "in", 120),
        (
            {"success": False, "error": 'relation "x\x1b[2J"', "retryAfter": "soon"},
            "relation",
            None,
        ),
        ({"success": False}, "", None),
        ([], "", None),
    ],
)
def test_what_an_error_says(value: Any, words: str, wait: float | None) -> None:
    refusal = read_refusal(json.dumps(value).encode())
    assert refusal.words.startswith(words)
    assert "\x1b" not in refusal.words
    assert refusal.retry_after == wait


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("33", 33),
        (str(T0 // SECOND + 40), 40),
        (str(T0 // 1_000 + 40_000), 40),
        ("2023-11-14T22:14:00Z", 40),
        ("-5", None),
        ("nan", None),
        ("", None),
        (None, None),
        ("tomorrow", None),
    ],
)
def test_when_a_limit_is_reset(text: str | None, seconds: float | None) -> None:
    reset = read_reset(text, T0)
    assert reset == (None if seconds is None else T0 + seconds * SECOND)


def test_the_recorded_answers_are_understood(shared: Any) -> None:
    folder = shared / "wire" / "moltbook"
    for name, comments in (("posts_2026-02-12", 20), ("get_posts_new", None)):
        answer = read_answer((folder / f"{name}.json").read_bytes())
        assert isinstance(answer, Page)
        rejects = Rejects()
        events = events_from(answer.value, Origin(now=T0), rejects)
        posts = [event for event in events if isinstance(event, Post)]
        assert [item.id for item in answer.listed] == [post.id for post in posts]
        assert all(item.comments is not None for item in answer.listed)
        assert len(posts) == (comments or len(posts))
        assert not rejects


# --- the budget ----------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20 * SECOND)), max_size=120))
def test_the_limit_is_kept(steps: list[tuple[bool, Micros]]) -> None:
    limits, now = Limits(60), T0
    times: list[Micros] = []
    for first, pause in steps:
        now = max(now + pause, limits.free_at(now + pause, first=first))
        limits.spend(now)
        times.append(now)
    for start in times:
        assert sum(start <= at < start + MINUTE for at in times) <= BURST + SHARE * 60 + 1


def test_comments_leave_a_reserve_for_new_posts() -> None:
    limits = Limits(60)
    for _ in range(BURST - RESERVE):
        assert limits.free_at(T0, first=False) == T0
        limits.spend(T0)
    assert limits.free_at(T0, first=False) > T0
    assert limits.free_at(T0, first=True) == T0


def test_what_the_server_says_of_its_limit_counts() -> None:
    limits = Limits(60)
    limits.heed({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}, T0)
    assert limits.free_at(T0, first=True) == T0 + 30 * SECOND
    limits = Limits(60)
    limits.heed({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "86400"}, T0)
    assert limits.free_at(T0, first=True) <= T0 + 600 * SECOND, "no server puts us to sleep"
    limits = Limits(60)
    # Ten left for five minutes: about one in half a minute.
    limits.heed({"X-RateLimit-Remaining": "10", "X-RateLimit-Reset": "300"}, T0)
    for _ in range(10):
        limits.spend(T0)
    assert limits.free_at(T0, first=True) > T0 + 30 * SECOND


@given(st.dictionaries(st.sampled_from(["X-RateLimit-Limit", "X-RateLimit-Remaining"]), st.text()))
def test_nonsense_about_the_limit_is_passed_over(headers: dict[str, str]) -> None:
    limits = Limits(60)
    limits.heed(headers, T0)
    assert limits.free_at(T0, first=True) <= T0 + 600 * SECOND
