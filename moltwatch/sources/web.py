"""Asking for JSON over HTTP without being drowned, redirected or overheard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moltwatch.recording.lines import parse
from moltwatch.sources.live import is_loopback

if TYPE_CHECKING:
    import httpx

LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes; a larger answer is not read to its end."""


def new_client(
    base: str, headers: Mapping[str, str] | None = None, timeout: float = 10.0
) -> httpx.AsyncClient:
    """A client for one server. ``timeout`` in seconds, for each step of an exchange. No redirect is
    followed: what goes with the request is meant for that server alone."""
    import httpx

    return httpx.AsyncClient(
        base_url=base,
        headers=headers,
        timeout=timeout,
        follow_redirects=False,
        # A proxy from the environment is for the world outside, not for this machine.
        trust_env=not is_loopback(base),
    )


async def get_json(client: httpx.AsyncClient, path: str, params: Mapping[str, str]) -> Any:
    """The JSON behind an address.

    Raises httpx.HTTPError if there is no answer or another than 200, ValueError if it is no JSON
    or too much of it.
    """
    import httpx

    async with client.stream("GET", path, params=params) as response:
        if response.status_code != httpx.codes.OK:
            raise httpx.HTTPStatusError(
                f"HTTP {response.status_code}", request=response.request, response=response
            )
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > LARGEST_ANSWER:
                raise ValueError("an answer larger than we take")
    try:
        return parse(bytes(body))
    except RecursionError:
        raise ValueError("nested too deeply") from None
