"""Arguments and options that several commands share, and the types they are read with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import click
from click.shell_completion import CompletionItem

from moltwatch.paths import bundled_recording
from moltwatch.times import Micros, parse_duration, parse_time

if TYPE_CHECKING:
    from moltwatch.session.filter import Filter

F = TypeVar("F", bound=Callable[..., Any])


class SourceParam(click.ParamType):  # type: ignore[type-arg]  # generic only in new clicks
    """A SOURCE, read by the grammar of sources; the name of a bundled recording stands for its
    file. Completes to files and schemes."""

    name = "source"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        return str(bundled_recording(str(value)) or value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Schemes that begin like this, and files."""
        from moltwatch.sources.registry import by_scheme

        schemes = [
            CompletionItem(f"{scheme}:")
            for scheme, _ in by_scheme()
            if incomplete and scheme.startswith(incomplete)
        ]
        return [*schemes, CompletionItem(incomplete, type="file")]


class MicrosParam(click.ParamType):  # type: ignore[type-arg]  # generic only in new clicks
    """A point in time or a span, in microseconds; subclasses say how it is read."""

    hint: ClassVar[str] = ""
    """How to write it."""

    def read(self, text: str) -> Micros:
        """Raises ValueError."""
        raise NotImplementedError

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Micros:
        if isinstance(value, int):
            return value
        try:
            return self.read(str(value))
        except ValueError as error:
            self.fail(f"{error}{self.hint}", param, ctx)


class DurationParam(MicrosParam):
    """A span such as ``90s`` or ``1h30m``."""

    name = "duration"

    def read(self, text: str) -> Micros:
        return parse_duration(text)


class TimeParam(MicrosParam):
    """A point in time such as ``2026-01-31T05:19``."""

    name = "time"
    hint = " (write it like 2026-01-31T05:19)"

    def read(self, text: str) -> Micros:
        return parse_time(text)


class FilterParam(click.ParamType):  # type: ignore[type-arg]  # generic only in new clicks
    """A filter; see :mod:`moltwatch.session.filter`."""

    name = "filter"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Filter:
        from moltwatch.session.filter import compile_filter

        return compile_filter(str(value))


class HeuristicParam(click.ParamType):  # type: ignore[type-arg]  # generic only in new clicks
    """The name of a heuristic; completes to those there are."""

    name = "heuristic"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Heuristics that begin like this."""
        from moltwatch.heuristics.registry import available

        return [CompletionItem(name) for name in available() if name.startswith(incomplete)]


class PartParam(click.ParamType):  # type: ignore[type-arg]  # generic only in new clicks
    """A heuristic, or all of a family or kind; completes to those there are."""

    name = "part"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Heuristics, families and kinds that begin like this."""
        from moltwatch.heuristics.registry import available

        parts = {part for cls in available().values() for part in (cls.name, cls.family, cls.kind)}
        return [CompletionItem(part) for part in sorted(parts) if part.startswith(incomplete)]


def sources_argument(command: F) -> F:
    """SOURCE… : one or more; several merge by time."""
    return click.argument(
        "sources", metavar="SOURCE...", nargs=-1, required=True, type=SourceParam()
    )(command)


def since_option(command: F) -> F:
    """``--since SPAN``: where live sources with a past begin."""
    return click.option(
        "--since",
        type=DurationParam(),
        metavar="TIME",
        help="Begin so far back, such as 2h, where a live source can (Clawstr, Nostr).",
    )(command)


def config_option(command: F) -> F:
    """``--config FILE`` instead of the user's own."""
    return click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="MOLTWATCH_CONFIG",
        help="Configuration file, instead of your own.",
    )(command)


def record_options(command: F) -> F:
    """``--record FILE`` and ``--force``."""
    command = click.option("--force", is_flag=True, help="Overwrite the recording if it is there.")(
        command
    )
    return click.option(
        "--record",
        "record",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Keep the session as well (.molt, .jsonl, .jsonl.gz, .jsonl.zst).",
    )(command)


def output_option(command: F) -> F:
    """``-o FILE``: the recording to write."""
    return click.option(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The recording: .molt, .jsonl, .jsonl.gz or .jsonl.zst.",
    )(command)
