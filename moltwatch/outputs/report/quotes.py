"""Words of the forum as a report repeats them: harmless, short, and without secrets.

A report is passed on, so it repeats no key that may still work. A post that shows one is known by
its flag, or by asking what the heuristic would ask, in case that is switched off; of such a post
neither text nor title is told, and no reason that may quote it. The rest is looked at once more
where it is quoted, since names, titles and reasons hold what strangers wrote as well.
"""

from __future__ import annotations

from typing import NewType

from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.hazard.credentials import Credentials
from moltwatch.model import Evidence, Verdict
from moltwatch.session.charges import Charge
from moltwatch.text import display_line, excerpt

Quote = NewType("Quote", str)
"""Words of the forum, or of a reason, which may quote the forum: harmless on one line, and to be
escaped."""

WITHHELD = Quote("[not repeated here: it looks like a secret]")
UNNAMED = Quote("(unnamed)")

MOST_EXCERPT = 240
MOST_NAME = 60
_MORE = 200
"""Characters read behind an excerpt: a secret that begins at its end is known by what follows."""

_BLANK = dict.fromkeys(map(ord, " \u00a0\u115f\u1160\u2800\u3164\uffa0"))
"""What takes up room and shows nothing."""

_CREDENTIALS = Credentials()


def quote(text: str, most: int = MOST_EXCERPT) -> Quote:
    """A stranger's words, harmless on one line, at most so many characters."""
    line = display_line(text, most + _MORE)
    if _holds_secret(line):
        return WITHHELD
    return Quote(line if len(line) <= most else f"{line[: most - 1].rstrip()}…")


def called(name: str) -> Quote:
    """What an account is called; something to read in any case."""
    shown = quote(name, MOST_NAME)
    return shown if shown.translate(_BLANK) else UNNAMED


def shows_secret(verdict: Verdict) -> bool:
    """Whether the post shows what looks like a secret."""
    return any(flag.heuristic == Credentials.name for flag in verdict.flags) or _holds_secret(
        excerpt(verdict.post.body)
    )


def said(charge: Charge) -> Quote:
    """What a post says, unless it shows a secret."""
    return WITHHELD if charge.withheld else quote(charge.line)


def reason(charge: Charge, flag: Evidence) -> Quote:
    """Why a post is flagged. Of one that shows a secret only the heuristic that says so is sure
    not to repeat it."""
    unsure = charge.withheld and flag.heuristic != Credentials.name
    return WITHHELD if unsure else quote(flag.reason)


def _holds_secret(words: str) -> bool:
    return _CREDENTIALS.shows_secret(Text(words))
