"""``moltwatch serve``: play a source as a forum websocket."""

from __future__ import annotations

import logging
import os

import click

from moltwatch.cli.logfile import log_option
from moltwatch.cli.options import SourceParam, TimeParam
from moltwatch.times import Micros

_log = logging.getLogger(__name__)


@click.command()
@click.argument("source", metavar="SOURCE", type=SourceParam())
@click.option(
    "--speed", default="1", show_default=True, help="Of a recording: a factor such as 50, or max."
)
@click.option(
    "--start",
    type=TimeParam(),
    metavar="TIME",
    help="Of a recording: give everything before without a pause.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--public", is_flag=True, help="Let everybody in who reaches HOST, without a token.")
@log_option
def command(
    source: str, speed: str, start: Micros | None, host: str, port: int, public: bool
) -> None:
    """Play SOURCE as a forum that others watch over a websocket.

    Prints the address to watch; who comes and goes is told on stderr. A recording begins to play
    when the first watcher comes. Ends with Ctrl-C. A server started again with the same recording
    goes on where each of its watchers was.

    If MOLTWATCH_SERVE_TOKEN (or MOLTWATCH_SERVE_TOKEN_FILE, the name of a file) is set, only those
    are let in who have set the same token, and, on another machine, MOLTWATCH_SERVE_TOKEN_HOST to
    the HOST:PORT it belongs to. Without a token, only this machine is served, unless --public.
    Nothing is encrypted: through a network it belongs into a tunnel.

    \b
    Examples:
      moltwatch serve night.molt --speed 50       one terminal
      moltwatch watch ws://127.0.0.1:8765         another
      tail -f posts.jsonl | moltwatch serve - --port 0
    """
    from moltwatch.cli.running import run_async
    from moltwatch.errors import UsageError
    from moltwatch.outputs.forum.server import ForumServer
    from moltwatch.sources.forum.protocol import TOKEN
    from moltwatch.sources.grammar import open_source
    from moltwatch.sources.live.addresses import is_loopback_host, read_key
    from moltwatch.sources.registry import Opening
    from moltwatch.sources.replay import parse_speed

    token = read_key(TOKEN)
    if token is None and os.environ.get(f"{TOKEN}_FILE"):
        raise UsageError(f"{TOKEN}_FILE: the file that it names is empty")

    async def work() -> None:
        opened = await open_source(source, Opening(speed=parse_speed(speed), start=start))
        try:
            server = ForumServer(
                opened,
                host=host,
                port=port,
                token=token,
                public=public,
                notice=_say,
            )
            if not is_loopback_host(host):
                who = "whoever has the token" if token else "everybody who reaches it"
                _say(
                    f"moltwatch: {host} can be reached from outside: {who} can read along, and "
                    "nothing is encrypted on its way"
                )
            async with server:
                click.echo(server.address)
                await server.run()
        finally:
            for status in opened.statuses:
                status.sum_up()
            await opened.close()  # also if there is nothing to listen on

    run_async(work)


def _say(line: str) -> None:
    _log.info("said: %s", line)
    click.echo(line, err=True)
