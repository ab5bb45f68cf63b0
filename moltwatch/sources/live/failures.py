"""What an error of a connection means (try again, or give up: sorted here and nowhere else), how
long to wait before the next try, and how often something may be done. Pure.

What the same request could overcome later is worth another try; what it would meet again for ever
(refused credentials, a wrong address, another protocol) is fatal. Waits are exponential. Full
jitter (a uniform draw between nothing and the ceiling) rather than a fixed delay with a little
noise: after a server restart its watchers come back spread out, not in waves.
"""

from __future__ import annotations

import random
import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from msgspec import Struct

from moltwatch.sources.live.addresses import server_words
from moltwatch.text import display_line
from moltwatch.times import MINUTE, Micros

RETRYABLE_STATUS = frozenset({408, 409, 421, 423, 425, 429})
"""HTTP statuses below 500 that pass; of those from 500 on, only 501 and 505 do not."""

FATAL_CLOSE = {
    1002: "it says we break the protocol",
    1003: "it does not take our sort of data",
    1007: "it cannot read our frames",
    1008: "it refuses us",
    1010: "it wants an extension we do not have",
    3000: "it wants us to log in",
    3003: "it refuses us",
}
"""WebSocket close codes that the next connection would end with as well (RFC 6455, 7.4.1; 3000 and
3003 from the IANA registry), where nothing was ever heard. Servers that have served us send them
for other reasons, too: OpenClaw's gateway closes a slow reader with 1008."""

UNAUTHORIZED_CLOSE = frozenset({1008, 3000, 3003})
"""Those of them that a key may help against."""

TOO_BIG = 1009

NO_HOST = "what it is called, or sends us on to, is no address"

NO_PROXY = "the proxy that the environment names is of a sort that is not known here: use http://"


class Failure(Struct, frozen=True, kw_only=True):
    """An error, judged."""

    reason: str
    """In words, harmless to show."""
    fatal: bool = False
    only_unheard: bool = False
    """It is fatal only where nothing was ever heard of that server."""
    retry_after: float | None = None
    """Seconds the server asked us to stay away."""
    unauthorized: bool = False
    """A key is missing or not good enough."""
    too_big: bool = False
    """A message was larger than we take; asking for the same would bring it again."""


class Refused(Exception):
    """The server said, in the forum protocol itself, that it will not serve us. ``unauthorized``:
    because of the key."""

    def __init__(self, reason: str, *, unauthorized: bool = False) -> None:
        super().__init__(reason)
        self.unauthorized = unauthorized


class TurnedAway(Exception):
    """The server said that it will not serve us now; later it may."""


class Silent(Exception):
    """Nothing came for longer than the server promised."""


def judge(error: Exception, now: datetime | None = None) -> Failure:
    """Sort an error met while connecting or listening. ``now`` is for dates in ``Retry-After``."""
    if type(error).__module__.partition(".")[0] == "httpx":
        return _judge_http(error, now)
    from websockets.exceptions import (
        ConnectionClosed,
        InvalidHandshake,
        InvalidMessage,
        InvalidStatus,
        InvalidURI,
        ProxyError,
    )

    match error:
        case Refused():
            return Failure(reason=str(error), fatal=True, unauthorized=error.unauthorized)
        case Silent() | TurnedAway():
            return Failure(reason=str(error))
        case InvalidURI():
            return Failure(reason="not a websocket address", fatal=True)
        case InvalidStatus():
            return judge_status(error.response.status_code, error.response.headers, now)
        case ConnectionClosed():
            return _judge_close(error)
        case InvalidMessage() | ProxyError():
            return Failure(reason="the connection broke off during the handshake")
        case InvalidHandshake():
            return Failure(reason="it does not speak websocket there", fatal=True)
        case TimeoutError():
            return Failure(reason="no answer in time")
        case ssl.SSLCertVerificationError():
            return Failure(
                reason=f"its certificate is not valid: {display_line(error.verify_message, 80)}",
                fatal=True,
            )
        case ssl.SSLError():
            return Failure(reason="TLS failed")
        case socket.gaierror():
            return Failure(reason="its name does not resolve")
        case ConnectionRefusedError():
            return Failure(reason="connection refused")
        case ConnectionError():
            return Failure(reason="connection lost")
        case OSError():
            # asyncio joins the failures of several addresses into one error without an errno.
            refused = "refused" in str(error).lower() or "Connect call failed" in str(error)
            reason = error.strerror or ("connection refused" if refused else "network error")
            return Failure(reason=display_line(reason.lower(), 80))
    return Failure(reason=f"the connection failed ({type(error).__name__})", fatal=True)


def _judge_http(error: Exception, now: datetime | None) -> Failure:
    """An error of httpx, which hides that of the network below two layers of its own."""
    import httpx

    match error:
        case httpx.HTTPStatusError():
            return judge_status(error.response.status_code, error.response.headers, now)
        case httpx.TimeoutException():
            return Failure(reason="no answer in time")
        case httpx.ConnectError():
            # The deepest says most: those above it only say that no address could be reached.
            deepest: OSError | None = None
            cause: BaseException | None = error
            while cause is not None:
                deepest = cause if isinstance(cause, OSError) else deepest
                several = cause.exceptions[0] if isinstance(cause, BaseExceptionGroup) else None
                cause = several or cause.__cause__ or cause.__context__
            return Failure(reason="network error") if deepest is None else judge(deepest)
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            return Failure(reason="connection lost")
        case httpx.ProxyError():
            return Failure(reason="the proxy refused")
    return Failure(reason=f"the request failed ({type(error).__name__})", fatal=True)


def judge_status(status: int, headers: Mapping[str, str], now: datetime | None = None) -> Failure:
    """Sort an HTTP answer that is not the one asked for."""
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    passing = status in RETRYABLE_STATUS or (status >= 500 and status not in (501, 505))
    return Failure(
        reason=f"HTTP {status}{phrase}",
        fatal=not passing,
        unauthorized=status in (401, 403),
        retry_after=_retry_after(headers.get("Retry-After"), now) if passing else None,
    )


def _judge_close(error: object) -> Failure:
    from websockets.exceptions import ConnectionClosed

    assert isinstance(error, ConnectionClosed)
    if error.sent and error.sent.code == TOO_BIG and not error.rcvd_then_sent:
        return Failure(reason="a message larger than we take", too_big=True)
    if error.rcvd is None:
        if error.sent and error.sent.code == 1002:
            return Failure(reason="it sent something that is not websocket")
        return Failure(reason="connection lost")
    code, words = error.rcvd.code, server_words(error.rcvd.reason, 80)
    told = f"closed by the server ({code}{': ' + words if words else ''})"
    if code in FATAL_CLOSE:
        return Failure(
            reason=told if words else f"closed by the server: {FATAL_CLOSE[code]} ({code})",
            fatal=True,
            only_unheard=True,
            unauthorized=code in UNAUTHORIZED_CLOSE,
        )
    return Failure(reason=told)


def _retry_after(value: str | None, now: datetime | None) -> float | None:
    """Seconds of a ``Retry-After`` header, which holds seconds or a date (RFC 9110, 10.2.3)."""
    if not value:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip()[:9])
    try:
        date = parsedate_to_datetime(value)
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
    except (ValueError, OverflowError):  # not a date, or its numbers fit into no integer
        return None


LONGEST_OBEYED = 600.0
"""Seconds; a server that asks for more patience than this is tried again anyway."""


class Backoff:
    """Delays for one endless series of tries.

    ``first`` is the ceiling of the first delay, ``most`` of any (seconds); ``draw`` gives numbers
    in 0..1.
    """

    def __init__(
        self,
        first: float = 0.5,
        most: float = 30.0,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.first = first
        self.most = most
        self.tries = 0
        """Delays given since the last reset."""
        self._draw = draw

    def next(self, at_least: float | None = None) -> float:
        """Seconds to wait now; ``at_least`` is what the server asked for (``Retry-After``)."""
        # The exponent is capped before the power is: 2.0 ** 1100 would overflow on a long night.
        ceiling = min(self.most, self.first * 2.0 ** min(self.tries, 32))
        self.tries += 1
        return min(max(at_least or 0.0, 0.0), LONGEST_OBEYED) + ceiling * self._draw()

    def reset(self) -> None:
        """The connection proved good: start again from the shortest delay."""
        self.tries = 0


class Bucket:
    """Tokens, of which each doing takes one; they come back at a rate, and no more than ``size`` of
    them are kept."""

    def __init__(self, size: float, per_minute: float) -> None:
        self.size = float(size)
        self.rate = per_minute / MINUTE
        """Tokens a microsecond."""
        self.tokens = self.size
        self._at: Micros = 0

    def fill(self, now: Micros) -> float:
        """The tokens there are now."""
        self.tokens = min(self.size, self.tokens + max(0, now - self._at) * self.rate)
        self._at = max(self._at, now)
        return self.tokens

    def spend(self, now: Micros) -> None:
        """One is taken, if there is one."""
        self.tokens = max(0.0, self.fill(now) - 1)


class Doubt:
    """Whether a way of asking is of no use: one bad answer may be bad luck, two in a row are not.
    It is then left alone for a ``rest`` (microseconds)."""

    def __init__(self, rest: Micros) -> None:
        self._rest = rest
        self._bad = 0
        self._until: Micros = 0

    def good(self) -> None:
        """It was answered as it should be."""
        self._bad = 0

    def bad(self, now: Micros, *, certain: bool = False) -> bool:
        """It was not. Whether it is to be left alone now: the second time, or at once where the
        answer leaves no doubt."""
        self._bad += 1
        if self._bad < 2 and not certain:
            return False
        self._bad, self._until = 0, now + self._rest
        return True

    def rests(self, now: Micros) -> bool:
        """It is left alone."""
        return now < self._until
