"""Asking a web server without being drowned, kept waiting, redirected or overheard.

Everything that polls or looks something up goes through here: what a request carries is meant for
one server alone, an answer is bounded in size and in time, and whatever does not come is judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from moltwatch import __version__
from moltwatch.bounded import LARGEST_ANSWER
from moltwatch.dialects.fields import read_json
from moltwatch.errors import UsageError
from moltwatch.sources.live.addresses import is_loopback
from moltwatch.sources.live.failures import NO_HOST, NO_PROXY, Failure, judge, judge_status

if TYPE_CHECKING:
    import httpx

Params = Sequence[tuple[str, str]]
"""What stands behind the ``?``, in order; a name may come several times."""


class Answer(Struct, frozen=True):
    """What came back, whatever it says."""

    status: int
    headers: Mapping[str, str]
    """By name, in upper or lower case."""
    body: bytes


class NoAnswer(Exception):
    """Nothing came, or nothing that can be used. ``status`` is that of an HTTP answer which was
    not the one asked for."""

    def __init__(self, failure: Failure, status: int | None = None) -> None:
        super().__init__(failure.reason)
        self.failure = failure
        self.status = status


class Web:
    """One server, at ``base``; connected to when first asked.

    ``headers`` go with every request. ``patience``: seconds an answer may take in all.
    """

    def __init__(
        self, base: str, headers: Mapping[str, str] | None = None, *, patience: float = 10.0
    ) -> None:
        self._base = base
        self._headers = headers
        self._patience = patience
        self._client: httpx.AsyncClient | None = None

    async def get(
        self,
        path: str,
        params: Params = (),
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask. Raises :class:`NoAnswer` if nothing comes, not if the server says no."""
        import httpx

        body = bytearray()
        try:
            if self._client is None:
                self._client = new_client(self._base, self._headers, self._patience)
            # httpx limits each read; a server that sends a byte now and then would never be done.
            async with (
                asyncio.timeout(self._patience),
                self._client.stream("GET", path, params=list(params), headers=headers) as response,
            ):
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > LARGEST_ANSWER:
                        raise NoAnswer(Failure(reason="an answer larger than we take"))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise NoAnswer(judge(error)) from error
        except UnicodeError:
            raise NoAnswer(Failure(reason=NO_HOST, fatal=True)) from None
        except UsageError as error:
            raise NoAnswer(Failure(reason=str(error), fatal=True)) from None
        return Answer(response.status_code, response.headers, bytes(body))

    async def get_json(self, path: str, params: Params = ()) -> Any:
        """The JSON behind an address. Raises :class:`NoAnswer` for anything else."""
        answer = await self.get(path, params)
        if answer.status != 200:
            raise NoAnswer(judge_status(answer.status, answer.headers), answer.status)
        try:
            return read_json(answer.body)
        except ValueError:
            raise NoAnswer(Failure(reason="the answer is not JSON")) from None

    async def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            await self._client.aclose()


def new_client(
    base: str, headers: Mapping[str, str] | None = None, timeout: float = 10.0
) -> httpx.AsyncClient:
    """A client for one server. ``timeout`` in seconds, for each step of an exchange. No redirect is
    followed: what goes with the request is meant for that server alone. No cookie is kept: a server
    could give a new one with every answer. Raises UsageError for a proxy in the environment that is
    of no use."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import httpx

    try:
        return httpx.AsyncClient(
            base_url=base,
            headers={"User-Agent": f"moltwatch/{__version__}", **(headers or {})},
            timeout=timeout,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            # A proxy from the environment is for the world outside, not for this machine.
            trust_env=not is_loopback(base),
        )
    except UnicodeError:  # a ValueError as well, and not of a proxy
        raise
    except (ImportError, ValueError):
        raise UsageError(NO_PROXY) from None
