"""Asking a Moltbook server: with the key it may have and no other's, only for what changed, and no
more often than it allows.

How often is a bucket of tokens that fills at nine tenths of the limit: the tenth is left to whoever
else uses the same key or address. What the server says of its limit (``X-RateLimit-*``) counts more
than what we assume; what it says of waiting is obeyed.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from moltwatch.bounded import Bounded
from moltwatch.sources.live.addresses import server_words
from moltwatch.sources.live.failures import LONGEST_OBEYED, Bucket, Failure, judge_status
from moltwatch.sources.live.web import Answer, Web
from moltwatch.sources.moltbook.wire import Ask, Request, read_refusal, read_reset
from moltwatch.times import MINUTE, SECOND, Micros

PER_MINUTE = 60
"""Requests a minute where the server says nothing; what the public one documents for reading."""

MOST_PER_MINUTE = 120
"""However many a server allows."""

BURST = 20
"""Requests that may follow each other at once."""

RESERVE = 3
"""Tokens that only the list of new posts may use, so that comments never starve it."""

SHARE = 0.9
"""Of the limit that is used."""


class Limits:
    """The budget of one server."""

    def __init__(self, per_minute: float = PER_MINUTE, burst: int = BURST) -> None:
        self.per_minute = per_minute
        """The limit as far as known."""
        self._bucket = Bucket(burst, SHARE * per_minute)
        self._blocked: Micros = 0

    def free_at(self, now: Micros, *, first: bool) -> Micros:
        """When the next request may go out; ``first``: for what the reserve is kept for."""
        missing = (1 if first else 1 + RESERVE) - self._bucket.fill(now)
        at = now if missing <= 0 else now + max(1, round(missing / self._bucket.rate))
        return max(at, self._blocked)

    def spend(self, now: Micros) -> None:
        """A request goes out."""
        self._bucket.spend(now)

    def block(self, until: Micros) -> None:
        """Nothing goes out before."""
        self._blocked = max(self._blocked, until)

    def heed(self, headers: Mapping[str, str], now: Micros) -> None:
        """Take in the ``X-RateLimit-*`` of an answer; nonsense in them is passed over."""
        limit = _count(headers.get("X-RateLimit-Limit"))
        remaining = _count(headers.get("X-RateLimit-Remaining"))
        reset = read_reset(headers.get("X-RateLimit-Reset"), now)
        span = 0.0 if reset is None else min(max(0, reset - now) / SECOND, LONGEST_OBEYED)
        if limit:
            self.per_minute = min(limit, MOST_PER_MINUTE)
            self._bucket.rate = SHARE * self.per_minute / MINUTE
        if remaining is None:
            return
        self._bucket.tokens = min(self._bucket.fill(now), float(remaining))
        if remaining == 0:
            self.block(now + round(span * SECOND))
        elif span > MINUTE / SECOND:
            # The window is longer than a minute: what is left must last.
            self._bucket.rate = min(self._bucket.rate, SHARE * remaining / (span * SECOND))


def _count(text: str | None) -> int | None:
    stripped = (text or "").strip()
    return (
        int(stripped) if stripped.isascii() and stripped.isdigit() and len(stripped) < 10 else None
    )


_TAGS = 2_000
"""Answers whose ETag is remembered."""


class Client:
    """The server at ``base``. ``key_hint``: what to do where it wants another key than it gets;
    ``patience``: seconds an answer may take in all."""

    def __init__(self, base: str, *, key: str | None, patience: float, key_hint: str = "") -> None:
        headers = {"Accept": "application/json"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self._key_hint = key_hint or "it wants a key"
        self._web = Web(base, headers, patience=patience)
        self._tags: Bounded[str, str] = Bounded(_TAGS)

    async def get(self, request: Request) -> Answer:
        """Ask. Raises :class:`~moltwatch.sources.live.web.NoAnswer`."""
        tag = self.tag_of(request)
        headers = {"If-None-Match": tag} if tag else None
        return await self._web.get(request.path, request.params, headers)

    def tag_of(self, request: Request) -> str | None:
        """What tells the server which answer we have; None where we want one whatever it is. Only
        where there is one can it say that nothing is new."""
        if request.page > 1 or request.anew or request.ask is Ask.SURVEY:
            return None
        return self._tags.get(request.key)

    def remember(self, request: Request, answer: Answer) -> None:
        """The answer has been taken in: the next one need only tell what differs from it."""
        if request.page == 1 and (tag := answer.headers.get("ETag")):
            self._tags[request.key] = tag

    def explain(self, answer: Answer) -> Failure:
        """What an answer other than the one asked for means, in the server's words if any."""
        refusal = read_refusal(answer.body)
        failure = judge_status(answer.status, answer.headers)
        words = failure.reason + (f": {refusal.words}" if refusal.words else "")
        if 300 <= answer.status < 400:
            to = server_words(answer.headers.get("Location", "nowhere"), 80)
            words = f"it sends us on to {to}: name that server"
        elif answer.status == 401:
            words = f"{self._key_hint} ({words})"
        wait = refusal.retry_after if failure.retry_after is None else failure.retry_after
        return structs.replace(failure, reason=words, retry_after=wait)

    async def close(self) -> None:
        """Hang up."""
        await self._web.close()
