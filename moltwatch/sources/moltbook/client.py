"""Asking a Moltbook server: with the key it may have and no other's, and only for what changed."""

from __future__ import annotations

from msgspec import structs

from moltwatch.bounded import Bounded
from moltwatch.sources.live.failures import Failure, judge_status
from moltwatch.sources.live.web import Answer, Web
from moltwatch.sources.moltbook.address import KEY_VARIABLE
from moltwatch.sources.moltbook.wire import Request, read_refusal
from moltwatch.text import display_line

_TAGS = 2_000
"""Answers whose ETag is remembered."""


class Client:
    """The server at ``base``. ``patience``: seconds an answer may take in all."""

    def __init__(self, base: str, *, key: str | None, patience: float) -> None:
        headers = {"Accept": "application/json"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self._has_key = key is not None
        self._web = Web(base, headers, patience=patience)
        self._tags: Bounded[str, str] = Bounded(_TAGS)

    async def get(self, request: Request) -> Answer:
        """Ask. Raises :class:`~moltwatch.sources.live.web.NoAnswer`."""
        tag = self._tags.get(request.key) if request.page == 1 else None
        headers = {"If-None-Match": tag} if tag else None
        return await self._web.get(request.path, request.params, headers)

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
            to = display_line(answer.headers.get("Location", "nowhere"), 80)
            words = f"it sends us on to {to}: name that server"
        elif answer.status == 401:
            why = "refuses the key" if self._has_key else f"wants a key: set {KEY_VARIABLE}"
            words = f"it {why} ({words})"
        wait = refusal.retry_after if failure.retry_after is None else failure.retry_after
        return structs.replace(failure, reason=words, retry_after=wait)

    async def close(self) -> None:
        """Hang up."""
        await self._web.close()
