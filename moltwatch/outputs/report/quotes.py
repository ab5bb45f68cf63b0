"""Words of the forum as a report repeats them: harmless, short, and without secrets.

A report is passed on, so it repeats no key that may still work. Of a post that shows one too little
is kept to mask it for sure: neither text nor title is told, and no reason that may quote it. The
rest is looked at once more where it is quoted, since names, titles and reasons hold what strangers
wrote as well.
"""

from __future__ import annotations

from typing import NewType

from moltwatch.heuristics.hazard.credentials import Credentials
from moltwatch.model import Evidence, Verdict
from moltwatch.session import secrets
from moltwatch.session.charge import Charge
from moltwatch.session.secrets import masked
from moltwatch.text import display_line

Quote = NewType("Quote", str)
"""Words of the forum, or of a reason, which may quote the forum: harmless on one line, and to be
escaped."""

WITHHELD = Quote(secrets.WITHHELD)
UNNAMED = Quote("(unnamed)")

MOST_EXCERPT = 240
MOST_NAME = 60
_MORE = 200
"""Characters read behind an excerpt: a secret that begins at its end is known by what follows."""

_BLANK = dict.fromkeys(map(ord, " \u00a0\u115f\u1160\u2800\u3164\uffa0"))
"""What takes up room and shows nothing."""


class Quotes:
    """Repeats what strangers wrote; with its secrets where the user asked for them."""

    def __init__(self, show_secrets: bool = False) -> None:
        self._shows = show_secrets

    def quote(self, text: str, most: int = MOST_EXCERPT) -> Quote:
        """A stranger's words, harmless on one line, at most so many characters."""
        line = display_line(text, most + _MORE)
        if not self._shows:
            line = masked(line)
        return Quote(line if len(line) <= most else f"{line[: most - 1].rstrip()}…")

    def title(self, text: str, most: int) -> Quote:
        """What a thread is called; empty where nothing of that can be read."""
        shown = self.quote(text, most)
        return shown if shown.translate(_BLANK) else Quote("")

    def called(self, name: str) -> Quote:
        """What an account is called; something to read in any case."""
        shown = self.quote(name, MOST_NAME)
        return shown if shown.translate(_BLANK) else UNNAMED

    def withholds(self, verdict: Verdict) -> bool:
        """Whether a post is not to be repeated, since it shows what looks like a secret."""
        return not self._shows and secrets.shows_secret(verdict.post, verdict.flags)

    def said(self, charge: Charge) -> Quote:
        """What a post says, unless it shows a secret."""
        return WITHHELD if charge.withheld else self.quote(charge.line)

    def reason(self, charge: Charge, flag: Evidence) -> Quote:
        """Why a post is flagged. Of one that shows a secret only the heuristic that says so is sure
        not to repeat it."""
        unsure = charge.withheld and flag.heuristic != Credentials.name
        return WITHHELD if unsure else self.quote(flag.reason)
