"""Asking a Moltbook server: one GET at a time, with the key it may have and no other's.

Redirects are not followed: a key must not travel, and a server that has moved should be named by
the user. Answers are bounded in size and in time.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from moltwatch import __version__
from moltwatch.sources.failures import Failure, judge, judge_status
from moltwatch.sources.live import is_loopback
from moltwatch.sources.moltbook_address import KEY_VARIABLE
from moltwatch.sources.moltbook_wire import Request, read_refusal
from moltwatch.text import display_line

if TYPE_CHECKING:
    import httpx

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes, decompressed."""

_TAGS = 2_000
"""Answers whose ETag is remembered."""


class Answer(Struct, frozen=True):
    """What came back."""

    status: int
    headers: httpx.Headers
    body: bytes


class LostError(Exception):
    """No answer came, or none that could be taken in."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class Client:
    """A connection to the server at ``base``, made when first asked for.

    ``patience``: seconds an answer may take in all.
    """

    def __init__(self, base: str, *, key: str | None, patience: float) -> None:
        self._base = base
        self._key = key
        self._patience = patience
        self._tags: OrderedDict[str, str] = OrderedDict()
        self._http: httpx.AsyncClient | None = None

    async def get(self, request: Request) -> Answer:
        """Ask. Raises :class:`LostError`."""
        import httpx

        if self._http is None:
            self._http = self._connect()
        headers = {}
        if request.page == 1 and (tag := self._tags.get(request.key)):
            headers["If-None-Match"] = tag
        body = bytearray()
        try:
            # httpx limits each read; a server that sends a byte now and then would never be done.
            async with (
                asyncio.timeout(self._patience),
                self._http.stream(
                    "GET", self._base + request.path, params=list(request.params), headers=headers
                ) as response,
            ):
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > LARGEST_ANSWER:
                        raise LostError(Failure(reason="an answer larger than we take"))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise LostError(judge(error)) from error
        return Answer(response.status_code, response.headers, bytes(body))

    def remember(self, request: Request, answer: Answer) -> None:
        """The answer has been taken in: the next one need only tell what differs from it."""
        if request.page == 1 and (tag := answer.headers.get("ETag")):
            self._tags[request.key] = tag
            if len(self._tags) > _TAGS:
                self._tags.popitem(last=False)

    def explain(self, answer: Answer) -> Failure:
        """What an answer other than the one asked for means, in the server's words if any."""
        refusal = read_refusal(answer.body)
        failure = judge_status(answer.status, answer.headers)
        words = failure.reason + (f": {refusal.words}" if refusal.words else "")
        if 300 <= answer.status < 400:
            to = display_line(answer.headers.get("Location", "nowhere"), 80)
            words = f"it sends us on to {to}: name that server"
        elif answer.status == 401:
            why = "refuses the key" if self._key else f"wants a key: set {KEY_VARIABLE}"
            words = f"it {why} ({words})"
        wait = refusal.retry_after if failure.retry_after is None else failure.retry_after
        return structs.replace(failure, reason=words, retry_after=wait)

    async def close(self) -> None:
        """Hang up."""
        if self._http is not None:
            await self._http.aclose()

    def _connect(self) -> httpx.AsyncClient:
        import httpx

        headers = {"User-Agent": f"moltwatch/{__version__}", "Accept": "application/json"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        return httpx.AsyncClient(
            headers=headers,
            timeout=self._patience,
            follow_redirects=False,
            # A proxy from the environment is for the world outside, not for this machine.
            trust_env=not is_loopback(self._base),
        )
