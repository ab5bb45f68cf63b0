"""Arguments and options that several commands share, and the types they are read with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import click
from click.shell_completion import CompletionItem

from moltwatch.model import Kind
from moltwatch.paths import bundled_recording, bundled_recordings
from moltwatch.text import display_line
from moltwatch.times import Micros, parse_duration, parse_time
from moltwatch.wording import listed

if TYPE_CHECKING:
    from moltwatch.session.filter import Filter

F = TypeVar("F", bound=Callable[..., Any])


KINDS = tuple(kind.value for kind in Kind)

LeastScore = tuple[tuple[Kind, ...], float]
"""Kinds, and the score from which their posts count."""


class ScoreParam(click.ParamType):  # type: ignore[type-arg]  # generic only in new clicks
    """A score from 0 to 1, for all kinds or, written ``KIND=X``, for one of them."""

    name = "score"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "[KIND=]X"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> LeastScore:
        if isinstance(value, tuple):
            return value
        name, equals, number = str(value).rpartition("=")
        kinds = tuple(Kind)
        if equals:
            name = name.strip()
            if name not in KINDS:
                self.fail(f"{_quoted(name)} is no kind{_meant(name, number)}", param, ctx)
            kinds = (Kind(name),)
        of = f"for {name}: " if equals else ""
        try:
            score = float(number)
        except ValueError:
            self.fail(f"{of}{_quoted(number)} is no score{_hint(number, name)}", param, ctx)
        # nan is within no range and reached by no post.
        if not 0 <= score <= 1:
            self.fail(f"{of}{_quoted(number)} is not a score from 0 to 1", param, ctx)
        return kinds, score

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Kinds that begin like this, with their equals sign, and then the usual scores."""
        name, equals, _ = incomplete.partition("=")
        if equals:
            return _beginning(incomplete, (f"{name}={score}" for score in USUAL_SCORES))
        return _beginning(incomplete, (*(f"{kind}=" for kind in KINDS), *USUAL_SCORES))


STRONG = "0.8"
"""What is written for an example."""
USUAL_SCORES = ("0.5", STRONG, "0.9")
"""The shipped threshold, what is strong, what is very strong."""


def _quoted(text: str) -> str:
    """What was typed, harmless and short."""
    shown = "".join(sign if sign.isprintable() else "\ufffd" for sign in display_line(text)[:40])
    return f"'{shown}'"


def _meant(name: str, number: str) -> str:
    """What somebody who typed ``name`` for a kind may have wanted."""
    from difflib import get_close_matches

    if number.strip() in KINDS:  # 0.8=persona
        return f"; did you mean {number.strip()}={name if _is_score(name) else STRONG}?"
    close = get_close_matches(name.lower(), KINDS, 1, 0.5)
    return f"; did you mean {close[0]}?" if close else f"; there are {listed(KINDS)}"


def _hint(number: str, name: str) -> str:
    """How to write what somebody typed for a score."""
    text = number.strip()
    kind, _, rest = text.partition(":")
    if not name and kind.strip() in KINDS:
        return f": write {kind.strip()}={rest.strip() if _is_score(rest) else STRONG}"
    if _is_score(text.replace(",", ".")):
        text = text.replace(",", ".")
    elif text.endswith("%") and _is_score(text[:-1], 100):
        text = f"{float(text[:-1]) / 100:g}"
    else:
        text = STRONG
    return f": write {f'{name}={text}' if name else text}"


def _is_score(text: str, most: float = 1) -> bool:
    try:
        return 0 <= float(text) <= most
    except ValueError:
        return False


def min_score_option(what: str, default: str = "0.5") -> Callable[[F], F]:
    """``--min-score [KIND=]X``, as often as one likes; see :func:`least_scores`."""
    return click.option(
        "--min-score",
        "min_scores",
        type=ScoreParam(),
        multiple=True,
        help=f"{what}, such as 0.8, or persona=0.8 for one kind; may be given several times. "
        f"[default: {default}]",
    )


def kind_option(what: str) -> Callable[[F], F]:
    """``--kind KIND``, as often as one likes."""
    return click.option(
        "--kind",
        "kinds",
        multiple=True,
        type=click.Choice(KINDS),
        help=f"{what}; may be given several times.",
    )


def least_scores(given: Iterable[LeastScore]) -> dict[Kind, float]:
    """The score of each kind that something was said of. What is said of one kind counts more than
    what is said of all, and of what is said twice the last counts."""
    by_kinds = dict(given)
    every = tuple(Kind)
    scores = dict.fromkeys(every, by_kinds.pop(every)) if every in by_kinds else {}
    return scores | {kind: score for (kind,), score in by_kinds.items()}


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


def show_secrets_option(where: str) -> Callable[[F], F]:
    """``--show-secrets``."""
    return click.option(
        "--show-secrets",
        is_flag=True,
        help=f"Show keys and passwords that agents posted as they are {where}, not masked.",
    )


def fresh_option(command: F) -> F:
    """``--fresh``."""
    return click.option(
        "--fresh",
        is_flag=True,
        help="Ask the heuristics anew, whatever is known of the recording from an earlier run.",
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
