"""Arguments and options that several commands share, and the types they are read with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import click
from click.shell_completion import CompletionItem

from moltwatch.paths import bundled_recording, bundled_recordings
from moltwatch.times import Micros, parse_duration, parse_time

if TYPE_CHECKING:
    from moltwatch.session.filter import Filter

F = TypeVar("F", bound=Callable[..., Any])


class ScoreParam(click.FloatRange):
    """A score up to 1. ``nan`` is within every range and reached by no post: it is refused."""

    def __init__(self, *, min_open: bool = False) -> None:
        super().__init__(0, 1, min_open=min_open)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        score = float(super().convert(value, param, ctx))
        if isnan(score):
            self.fail("nan is no score", param, ctx)
        return score


class SourceParam(click.ParamType):  # type: ignore[type-arg]  # generic only in new clicks
    """A SOURCE, read by the grammar of sources; the name of a bundled recording stands for its
    file. Completes to files, those names and schemes."""

    name = "source"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        return str(bundled_recording(str(value)) or value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Schemes and bundled recordings that begin like this, and files."""
        from moltwatch.sources.registry import by_scheme

        schemes = [
            CompletionItem(f"{scheme}:")
            for scheme, _ in by_scheme()
            if incomplete and scheme.startswith(incomplete)
        ]
        bundled = _beginning(incomplete, bundled_recordings() if incomplete else ())
        return [*schemes, *bundled, CompletionItem(incomplete, type="file")]


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


class NameParam(click.ParamType):  # type: ignore[type-arg]  # generic only in new clicks
    """A name that the shell completes to those there are; the command says whether it is one."""

    def __init__(self, name: str, names: Callable[[], Iterable[str]]) -> None:
        self.name = name
        self._names = names

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names that begin like this."""
        return _beginning(incomplete, self._names())


def _beginning(incomplete: str, names: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


def _heuristics() -> Iterable[str]:
    from moltwatch.heuristics.registry import available

    return available()


def _parts() -> Iterable[str]:
    from moltwatch.heuristics.registry import available

    return {part for cls in available().values() for part in (cls.name, cls.family, cls.kind)}


def _themes() -> Iterable[str]:
    from moltwatch.tui.themes import load_all

    return load_all([])


HEURISTIC = NameParam("heuristic", _heuristics)
PART = NameParam("part", _parts)
"""A heuristic, or all of a family or kind."""
THEME = NameParam("theme", _themes)
SESSION = NameParam("session", bundled_recordings)


sources_argument = click.argument(
    "sources", metavar="SOURCE...", nargs=-1, required=True, type=SourceParam()
)
"""SOURCE… : one or more; several merge by time."""

since_option = click.option(
    "--since",
    type=DurationParam(),
    metavar="TIME",
    help="Begin so far back, such as 2h, where a live source can (Clawstr, Nostr).",
)
"""``--since SPAN``: where live sources with a past begin."""

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="MOLTWATCH_CONFIG",
    show_envvar=True,
    help="Configuration file, instead of ~/.config/moltwatch/config.toml.",
)
"""``--config FILE`` instead of the user's own."""

output_option = click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The recording: .molt, .jsonl, .jsonl.gz or .jsonl.zst.",
)
"""``-o FILE``: the recording to write."""


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
