"""``moltwatch serve``: play a source as a forum websocket."""

from __future__ import annotations

import click
from click.core import ParameterSource

from moltwatch.cli.options import SourceParam, TimeParam
from moltwatch.times import Micros


@click.command()
@click.argument("source", metavar="SOURCE", type=SourceParam())
@click.option(
    "--speed", default="1", show_default=True, help="Of a recording: a factor such as 50, or max."
)
@click.option(
    "--start",
    type=TimeParam(),
    metavar="TIME",
    help="Of a recording: rush through everything before.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.pass_context
def command(
    ctx: click.Context, source: str, speed: str, start: Micros | None, host: str, port: int
) -> None:
    """Play SOURCE as a forum that others watch over a websocket.

    Prints the address to watch; who comes and goes is told on stderr. A recording begins to play
    when the first watcher comes. Ends with Ctrl-C. A server started again with the same recording
    goes on where each of its watchers was.

    \b
    Examples:
      moltwatch serve night.molt --speed 50       one terminal
      moltwatch watch ws://127.0.0.1:8765         another
      tail -f posts.jsonl | moltwatch serve - --port 0
    """
    from moltwatch.cli.running import run_async
    from moltwatch.outputs.forum.server import ForumServer
    from moltwatch.sources.grammar import open_source
    from moltwatch.sources.registry import Opening
    from moltwatch.sources.replay import parse_speed

    exposed = ctx.get_parameter_source("host") is not ParameterSource.DEFAULT

    async def work() -> None:
        opened = await open_source(source, Opening(speed=parse_speed(speed), start=start))
        try:
            server = ForumServer(
                opened,
                host=host,
                port=port,
                exposed=exposed,
                notice=lambda line: click.echo(line, err=True),
            )
            async with server:
                click.echo(server.address)
                await server.run()
        finally:
            await opened.close()  # also if there is nothing to listen on

    run_async(work)
