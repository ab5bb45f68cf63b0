"""Names that are none, redirects to nowhere, proxies of no use, cookies, answers without end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response
from werkzeug import Request as WebRequest
from werkzeug import Response as Answer

from moltwatch.bounded import LARGEST_ANSWER
from moltwatch.errors import MoltwatchError, SourceUnreachable
from moltwatch.sources.grammar import open_source
from moltwatch.sources.live.failures import NO_HOST
from moltwatch.sources.live.web import NoAnswer, Web
from moltwatch.sources.registry import Opening
from tests.sources.fakes import FakeClock, drain
from tests.sources.forum.kit import source
from tests.sources.moltbook.server import serving
from tests.sources.servers import forum, says


@pytest.mark.parametrize("address", ["wss://a..b/", "ws://127.0.0.1:99999/", "ws://[::1"])
async def test_a_redirect_to_what_is_no_address_is_a_refusal(address: str) -> None:
    def redirect(websocket: ServerConnection, request: Request) -> Response:
        response = websocket.respond(302, "elsewhere")
        response.headers["Location"] = address
        return response

    async with forum(says(), process_request=redirect) as url:
        with pytest.raises(SourceUnreachable, match=NO_HOST):
            await drain(source(url))


@pytest.mark.parametrize(
    "spec",
    [
        "ws://a..localhost",
        "nostr+ws://a..localhost",
        "moltbook+http://xn--a.localhost/api/v1",
        "sse+http://xn--a.localhost/events?map=chatr",
    ],
)
async def test_what_is_no_host_name_is_told_in_words(spec: str) -> None:
    opened = await open_source(spec, Opening(clock=FakeClock()))
    with pytest.raises(SourceUnreachable, match=NO_HOST):
        await drain(opened)
    await opened.close()


async def test_an_answer_without_end_is_left() -> None:
    """Whether it says how long it is or not; what came is not kept."""
    given = 0

    def pours(request: WebRequest) -> Answer:
        def body() -> Iterator[bytes]:
            nonlocal given
            while given < 10 * LARGEST_ANSWER:
                given += 1 << 20
                yield b"x" * (1 << 20)

        length = {"Content-Length": str(10 * LARGEST_ANSWER)} if request.path == "/told" else {}
        return Answer(body(), headers=length)

    with serving(pours) as base:
        for path in ("/told", "/untold"):
            given, web = 0, Web(base)
            with pytest.raises(NoAnswer, match="an answer larger than we take"):
                await web.get(path)
            await web.close()
            assert LARGEST_ANSWER < given < 2 * LARGEST_ANSWER


async def test_no_cookie_is_kept() -> None:
    heard: list[str | None] = []

    def sets(request: WebRequest) -> Answer:
        heard.append(request.headers.get("Cookie"))
        return Answer("[]", headers={"Set-Cookie": f"n{len(heard)}=x; Path=/"})

    with serving(sets) as base:
        web = Web(base)
        for _ in range(2):
            await web.get_json("/posts")
        await web.close()
    assert heard == [None, None]


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "gopher://127.0.0.1:1"])
@pytest.mark.parametrize(
    "spec",
    [
        "wss://forum.invalid",
        "sse+https://forum.invalid/events?map=chatr",
        "moltbook+https://forum.invalid/api/v1",
    ],
)
async def test_a_proxy_of_no_use_is_told_in_words(
    spec: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy)
    with pytest.raises(MoltwatchError, match=r"(?i)proxy"):
        opened = await open_source(spec, Opening(clock=FakeClock()))
        await drain(opened)
