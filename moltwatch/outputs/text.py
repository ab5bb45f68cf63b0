"""Findings as lines for people: when, what, how sure, who, where, what was said, and why.

Two lines a post, so that the reason stands under the words it is about. Everything from a forum
goes through the display form and into rich as plain text: never parsed as markup.
"""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

from rich.console import Console
from rich.text import Text

from moltwatch.model import Finding, FlaggedPost, Group, Kind, Retracted, Verdict
from moltwatch.outputs import SYMBOLS
from moltwatch.session.names import Names
from moltwatch.session.secrets import LONGEST, hide, hide_quoted, masked, secrets_of
from moltwatch.text import display_line
from moltwatch.times import format_time
from moltwatch.wording import cut

STYLES = {Kind.PERSONA: "magenta", Kind.COORDINATED: "cyan", Kind.HAZARD: "yellow"}

_MOST_NAME = 40
_MOST_TEXT = 400
_MORE = 200
"""Characters read behind a line for what begins at its end."""

Called = Callable[[str], str]
"""What an account is called."""

Said = Callable[..., str]
"""A stranger's words as they may be repeated on one line."""


class TextFormat:
    """Findings as readable lines: in colour and cut to the width for a terminal, whole and plain
    for everything else."""

    head = b""

    def __init__(
        self, terminal: bool, names: Names | None = None, show_secrets: bool = False
    ) -> None:
        self._terminal = terminal
        self._shows = show_secrets
        self._called = names or Names()
        self._out = StringIO()
        self._console = Console(
            file=self._out, force_terminal=terminal, highlight=False, emoji=False, markup=False
        )

    def encode(self, finding: Finding) -> bytes:
        """The finding's lines, in UTF-8."""
        for line in render(finding, self._called, self._shows):
            if self._terminal:
                self._console.print(line, no_wrap=True, overflow="ellipsis")
            else:
                self._console.print(line, soft_wrap=True)
        printed = self._out.getvalue()
        self._out.seek(0)
        self._out.truncate()
        return printed.encode()


def render(finding: Finding, called: Called = str, show_secrets: bool = False) -> list[Text]:
    """The finding's lines, harmless and styled; without secrets unless they are to be shown."""
    said = display_line if show_secrets else _line
    if isinstance(finding, FlaggedPost):
        return _post(finding, finding.kind, called, said, show_secrets)
    if isinstance(finding, Verdict):
        return _post(finding, max(Kind, key=finding.scores.of), called, said, show_secrets)
    if isinstance(finding, Group):
        return [_group(finding, called, said)]
    return [_retracted(finding)]


def _line(text: str, most: int = 500) -> str:
    """A harmless line without the secrets in it; one that would be cut is known by what follows."""
    return cut(masked(display_line(text, most + _MORE)), most)


def _post(
    finding: FlaggedPost | Verdict, kind: Kind, called: Called, said: Said, show_secrets: bool
) -> list[Text]:
    post = finding.post
    # What shows here of a text, and of a secret that begins there.
    text = cut(post.text, _MOST_TEXT + LONGEST)
    secrets = () if show_secrets else secrets_of(post.title, text)
    line = _head(finding.at, kind)
    line.append(f"{finding.scores.of(kind):.2f}  ", STYLES[kind])
    line.append(said(called(post.author), _MOST_NAME), "bold")
    if post.community:
        line.append(f" in {said(post.community, _MOST_NAME)}", "dim")
    title = f"{post.title} · " if post.title else ""
    line.append(f"  {said(hide(title + text, secrets), _MOST_TEXT)}")
    reason = next((flag for flag in finding.flags if flag.kind is kind), None)
    if reason is None:
        return [line]
    told = said(hide_quoted(reason.reason, secrets))
    why = Text(f"{'':9}└ {told} [{display_line(reason.heuristic)}]", "dim")
    if reason.group:
        why.append(f" {display_line(reason.group, _MOST_NAME)}", STYLES[kind])
    return [line, why]


def _group(group: Group, called: Called, said: Said) -> Text:
    line = _head(group.at, group.kind)
    into = f" into {group.into}" if group.into else ""
    what = display_line(f"group {group.state} {group.id}{into}")
    line.append(what, f"bold {STYLES[group.kind]}")
    names = ", ".join(said(called(name), _MOST_NAME) for name in group.accounts)
    more = f" and {group.n - len(group.accounts)} more" if group.n > len(group.accounts) else ""
    line.append(f"  {group.n} accounts: {names}{more}")
    line.append(f"  {said(group.reason)}", "dim")
    return line


def _retracted(finding: Retracted) -> Text:
    line = _head(finding.at, finding.kind)
    line.append(f"taken back: {display_line(finding.post, _MOST_NAME)} is not ")
    line.append(finding.kind.value, STYLES[finding.kind])
    return line


def _head(at: int, kind: Kind) -> Text:
    # Time of day only: a session is short, and the day is in the JSON.
    return Text(format_time(at)[11:19], "dim").append(f" {SYMBOLS[kind]} ", STYLES[kind])
