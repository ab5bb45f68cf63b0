"""How sources stand, in words: countdowns, open gaps, the worst first, and trouble said once."""

from __future__ import annotations

from typing import Any

import pytest

from moltwatch.sources.base import State, Status
from moltwatch.sources.standing import Lookout, sentence, summary, words, worst_first
from moltwatch.times import SECOND, Micros, parse_time

NOW = parse_time("2026-01-31T14:00:00Z")


def status(
    state: State, until: float | None = None, lost: float | None = None, **more: Any
) -> Status:
    """``until`` seconds from now, lost contact ``lost`` seconds ago."""
    return Status(
        **{"name": "reef", **more},
        state=state,
        until=None if until is None else NOW + round(until * SECOND),
        lost_at=None if lost is None else NOW - round(lost * SECOND),
    )


@pytest.mark.parametrize(
    ("stands", "told"),
    [
        (status(State.CONNECTING), "connecting"),
        (status(State.CONNECTING, 3.2), "trying again in 4 s"),
        (status(State.LIVE), "connected"),
        (status(State.POLLING, 12), "polling in 12 s"),
        (status(State.POLLING, 0.1), "polling in 1 s"),
        (status(State.POLLING, -1), "polling"),
        (status(State.POLLING), "polling"),
        (status(State.RATE_LIMITED, 180), "rate-limited until 14:03"),
        (status(State.RATE_LIMITED, 20), "rate-limited for 20 s"),
        (status(State.RATE_LIMITED), "rate-limited"),
        (status(State.RECONNECTING, 4, 40), "reconnecting in 4 s, gap of 40 s"),
        (status(State.RECONNECTING, None, 0.5), "reconnecting"),
        (status(State.RECONNECTING, -2, 200), "reconnecting, gap of 3 min 20 s"),
        (status(State.ENDED), "ended"),
        (status(State.FAILED), "failed"),
        (status(State.FAILED, 290, 40), "failed, trying again in 4 min 50 s, gap of 40 s"),
    ],
)
def test_words(stands: Status, told: str) -> None:
    assert words(stands, NOW) == told


def test_a_sentence_says_why() -> None:
    lost = status(State.RECONNECTING, 4, detail="connection refused")
    assert sentence(lost, NOW) == "reef reconnecting in 4 s (connection refused)"


def test_the_worst_come_first_and_otherwise_nothing_moves() -> None:
    stand = [
        status(State.LIVE, name="a"),
        status(State.FAILED, name="b"),
        status(State.LIVE, name="c"),
        status(State.RATE_LIMITED, name="d"),
        status(State.RECONNECTING, name="e"),
    ]
    assert [one.name for one in worst_first(stand)] == ["b", "e", "d", "a", "c"]


def test_a_summary() -> None:
    live, polling = status(State.LIVE, name="a"), status(State.POLLING, 12, name="b")
    lost = status(State.RECONNECTING, 4, name="c", detail="connection lost")
    assert summary([live], NOW) == "a connected"
    assert summary([live, live], NOW) == "2 connected"
    assert summary([live, polling], NOW) == "2 connected, b polling in 12 s"
    assert summary([live, polling, lost], NOW) == (
        "c reconnecting in 4 s (connection lost), 2 connected"
    )
    assert summary([status(State.REPLAYING), status(State.ENDED)], NOW) == ""
    assert summary([], NOW) == ""


def news(lookout: Lookout, now: Micros, *stand: Status) -> list[str]:
    return lookout.news(stand, now)


def test_trouble_is_said_once_until_it_was_over() -> None:
    lookout, well = Lookout(), status(State.LIVE, name="b")
    again = status(State.CONNECTING, 2, detail="connection refused")
    assert news(lookout, NOW, again, well) == ["reef trying again in 2 s (connection refused)"]
    assert news(lookout, NOW, status(State.LIVE), well) == []
    lost = status(State.RECONNECTING, 4, detail="connection lost")
    assert news(lookout, NOW, lost, well) == ["reef reconnecting in 4 s (connection lost)"]
    assert news(lookout, NOW, status(State.RECONNECTING), well) == []
    assert news(lookout, NOW, status(State.RECONNECTING, 9), well) == []
    assert news(lookout, NOW, status(State.LIVE), well) == []
    assert news(lookout, NOW, lost, well) == ["reef reconnecting in 4 s (connection lost)"]
    refused = status(State.FAILED, detail="HTTP 403 Forbidden")
    assert news(lookout, NOW, refused, well) == ["reef failed (HTTP 403 Forbidden)"]
    assert news(lookout, NOW, refused, well) == []


def test_what_is_no_news() -> None:
    lookout = Lookout()
    first = status(State.CONNECTING)
    assert news(lookout, NOW, first, status(State.LIVE)) == [], "the first try"
    assert news(lookout, NOW, status(State.CONNECTING, 4)) == [], "if it is the only one"
    assert news(lookout, NOW, status(State.RATE_LIMITED, 5)) == [], "how polling works"
    assert news(lookout, NOW, status(State.RATE_LIMITED, 300)) != []
    assert news(lookout, NOW, status(State.FAILED)) == [], "ends the run, which says so itself"
    again = status(State.FAILED, 300, detail="HTTP 404 Not Found")
    assert news(lookout, NOW, again) == [
        "reef failed, trying again in 5 min (HTTP 404 Not Found)"
    ], "the run goes on"
