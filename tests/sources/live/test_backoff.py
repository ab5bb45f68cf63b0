"""How long to wait, and what is worth another try."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.datastructures import Headers
from websockets.exceptions import (
    ConnectionClosedError,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
)
from websockets.frames import Close
from websockets.http11 import Response

from moltwatch.sources.live.failures import (
    LONGEST_OBEYED,
    Backoff,
    Refused,
    Silent,
    judge,
    judge_status,
)


def test_delays_grow_to_the_ceiling_and_start_again() -> None:
    backoff = Backoff(first=0.5, most=10, draw=lambda: 1.0)
    assert [backoff.next() for _ in range(7)] == [0.5, 1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert backoff.next() == 0.5


@given(st.floats(0, 1), st.integers(0, 3000), st.none() | st.floats(-10, 1e9))
def test_jitter_is_full_and_a_request_is_obeyed_within_reason(
    draw: float, tries: int, asked: float | None
) -> None:
    backoff = Backoff(first=0.5, most=30, draw=lambda: draw)
    backoff.tries = tries
    delay = backoff.next(asked)
    obeyed = min(max(asked or 0, 0), LONGEST_OBEYED)
    assert obeyed <= delay <= obeyed + 30
    assert delay == pytest.approx(obeyed + draw * min(30, 0.5 * 2 ** min(tries, 32)))


def refused(status: int, **headers: str) -> InvalidStatus:
    return InvalidStatus(Response(status, "", Headers(headers)))


@given(
    st.text()
    | st.from_regex(
        r"(Mon, )?[0-9]{1,20} (Jan|Dec) [0-9]{1,20} [0-9]{1,20}:[0-9]{2}:[0-9]{2} [+-][0-9]{1,20}",
        fullmatch=True,
    )
)
@example("Mon, 01 Jan 99999999999 00:00:00 GMT")
@example("Mon, 01 Jan 0001 00:00:00 +2359")
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("9" * 5000)
def test_a_date_to_try_again_is_one_or_none_whatever_the_server_says(value: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    asked = judge_status(429, {"Retry-After": value}, now).retry_after
    assert asked is None or 0 <= asked < float("inf")


def closed(code: int, reason: str = "") -> ConnectionClosedError:
    return ConnectionClosedError(Close(code, reason), None)


def uncertified() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "fatal", "words"),
    [
        (ConnectionRefusedError(111, "no"), False, "connection refused"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed"), False, "refused"),
        (OSError(101, "Network is unreachable"), False, "network is unreachable"),
        (ConnectionResetError(), False, "connection lost"),
        (socket.gaierror(-2, "Name or service not known"), False, "does not resolve"),
        (TimeoutError(), False, "no answer in time"),
        (uncertified(), True, "not valid: self-signed certificate"),
        (ssl.SSLError(1, "broken"), False, "TLS"),
        (InvalidURI("x", "y"), True, "not a websocket address"),
        (InvalidMessage("x"), False, "broke off"),
        (InvalidHandshake("x"), True, "does not speak websocket"),
        (refused(401), True, "HTTP 401 Unauthorized"),
        (refused(403), True, "HTTP 403 Forbidden"),
        (refused(404), True, "HTTP 404 Not Found"),
        (refused(200), True, "HTTP 200 OK"),
        (refused(429), False, "HTTP 429 Too Many Requests"),
        (refused(500), False, "HTTP 500"),
        (refused(501), True, "HTTP 501"),
        (refused(503), False, "HTTP 503 Service Unavailable"),
        (refused(599), False, "HTTP 599"),
        (closed(1001), False, "closed by the server (1001)"),
        (closed(1012, "restart"), False, "closed by the server (1012: restart)"),
        (closed(1013), False, "1013"),
        (closed(1008), True, "closed by the server: it refuses us (1008)"),
        (closed(1008, "slow consumer"), True, "closed by the server (1008: slow consumer)"),
        (closed(3003), True, "refuses us"),
        (closed(4999), False, "4999"),
        (closed(1012, "a\x1b[31mb\n"), False, "(1012: a␛[31mb)"),
        (ConnectionClosedError(None, None), False, "connection lost"),
        (ConnectionClosedError(None, Close(1002, "")), False, "not websocket"),
        (Refused("it said no"), True, "it said no"),
        (Silent("not a sign"), False, "not a sign"),
    ],
)
def test_errors_are_sorted(error: Exception, fatal: bool, words: str) -> None:
    failure = judge(error)
    assert failure.fatal is fatal
    assert words in failure.reason
    assert not failure.too_big


def test_our_own_limit_is_told_from_the_servers() -> None:
    assert judge(ConnectionClosedError(None, Close(1009, ""))).too_big
    assert not judge(closed(1009)).too_big


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 120 ", 120),
        ("Tue, 14 Nov 2023 22:13:30 GMT", 10),
        ("Tue, 14 Nov 2023 22:13:10 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("9" * 400, 999_999_999),
    ],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    now = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert judge(refused(503, **{"Retry-After": header}), now).retry_after == seconds
    assert judge(refused(403, **{"Retry-After": header}), now).retry_after is None
