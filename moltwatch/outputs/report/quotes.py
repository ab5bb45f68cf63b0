"""Words of the forum as a report repeats them: harmless, short, and without secrets.

A report is passed on, so it repeats no key that may still work. A post that shows one is known by
its flag, or by asking what the heuristic would ask, in case that is switched off; of such a post
neither text nor title is told, and no reason that may quote it. The rest is looked at once more
where it is quoted, since names, titles and reasons hold what strangers wrote as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.hazard.credentials import Credentials
from moltwatch.model import Evidence, Kind, Verdict
from moltwatch.outputs.report.summary import Quote, Spoken, body
from moltwatch.text import display_line

WITHHELD = "[not repeated here: it looks like a secret]"
UNNAMED = "(unnamed)"

MOST_EXCERPT = 240
MOST_NAME = 60
_MOST_READ = 16_000
"""Characters of a post in which a secret is looked for: as many as the heuristic reads."""

_MORE = 200
"""Characters read behind an excerpt: a secret that begins at its end is known by what follows."""

_BLANK = dict.fromkeys(map(ord, " \u00a0\u115f\u1160\u2800\u3164\uffa0"))
"""What takes up room and shows nothing."""

_CREDENTIALS = Credentials()


def quote(text: str, most: int = MOST_EXCERPT) -> Quote:
    """A stranger's words, harmless on one line, at most so many characters."""
    line = display_line(text, most + _MORE)
    if _holds_secret(line):
        return Quote(WITHHELD)
    return Quote(line if len(line) <= most else f"{line[: most - 1].rstrip()}…")


def called(name: str, most: int) -> Quote:
    """What an account is called; something to read in any case."""
    shown = quote(name, most)
    return shown if shown.translate(_BLANK) else Quote(UNNAMED)


def shows_secret(verdict: Verdict) -> bool:
    """Whether the post shows what looks like a secret."""
    return any(flag.heuristic == Credentials.name for flag in verdict.flags) or _holds_secret(
        verdict.post.body[:_MOST_READ]
    )


def said(verdict: Verdict, secret: bool) -> str:
    """What a post says, unless it shows a secret."""
    return WITHHELD if secret else body(verdict.post)


def reason(flag: Evidence, secret: bool) -> str:
    """Why a post is flagged. Of one that shows a secret only the heuristic that says so is sure
    not to repeat it."""
    return WITHHELD if secret and flag.heuristic != Credentials.name else flag.reason


def spoken(verdict: Verdict, kind: Kind, flags: Sequence[Evidence], secret: bool) -> Spoken:
    """A post flagged by these flags of a kind. Its author is not yet called what people are shown:
    that is known at the end."""
    post = verdict.post
    return Spoken(
        at=post.seen_at,
        author=Quote(post.author),
        community=quote(post.community or "", MOST_NAME),
        text=quote(said(verdict, secret)),
        score=verdict.scores.of(kind),
        reason=quote(reason(flags[0], secret) if flags else ""),
        heuristic=quote(flags[0].heuristic if flags else "", MOST_NAME),
    )


def _holds_secret(words: str) -> bool:
    return _CREDENTIALS.shows_secret(Text(words))
