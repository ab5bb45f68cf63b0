"""How good the heuristics were when they were last measured: the figures of
``material/quality.toml``.

They are written by ``python -m tests.quality``, never by hand. Those of the bundled recordings are
measured again by a test, so they cannot go stale; those of the real data bear their date.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import msgspec
from msgspec import Struct

from moltwatch.heuristics.material import read_material
from moltwatch.model import Kind


class Outcome(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What some heuristics of one kind achieve: by account for coordination, by labelled item for
    persona and hazard. What is undefined is None."""

    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    auc: float | None = None
    posts: float | None = None
    """AUC among posts."""
    comments: float | None = None
    """AUC among comments."""
    groups: int | None = None
    """Groups found."""
    formed: int | None = None
    look_alikes: int | None = None
    """Of these, flagged."""


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one heuristic contributes."""

    right: int
    """Rightly flagged posts that it stands behind; labelled ones for persona and hazard."""
    wrong: int
    accounts_right: int
    """Their authors."""
    accounts_wrong: int
    alone: Outcome
    """If nothing else ran."""
    without: Outcome
    """If everything else of its kind ran."""


class Set(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One recording and what was measured on it."""

    title: str
    """Completes "on …"."""
    tuned: bool = False
    """Whether thresholds and weights were set with these very labels."""
    measured: str
    """Date."""
    moltwatch: str
    """Version; so below."""
    python: str
    command: str
    posts: int
    accounts: int
    hours: float
    alerts: dict[Kind, float]
    """Flagged in 1,000 posts."""
    strong: dict[Kind, float]
    """At 0.8 and above, in 1,000 posts."""
    true_groups: int
    not_found: list[str]
    """Kinds of campaigns of which a group was not found, in words."""
    look_alikes: int
    innocent: float
    """Flagged as coordinated, in 1,000 posts of innocent accounts."""
    seconds: float | None = None
    """Median time to detect, from the third member's act."""
    recall: dict[Kind, dict[str, float]]
    """By kind of label."""
    items: dict[Kind, int]
    """Labelled ones."""
    calibration: dict[Kind, float]
    """Expected calibration error."""
    blind: Outcome | None = None
    """Coordination with all names hidden."""
    families: dict[Kind, dict[str, Outcome]]
    """``all``, ``only text``, ``without text``, …"""
    heuristics: dict[str, Part]


class Slice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Some of the labelled posts, judged by weights that saw nothing of them."""

    n: int
    positives: int
    auc: float | None = None
    precision: float | None = None
    """At the shipped threshold; so below."""
    recall: float | None = None


class Validation(Struct, frozen=True, kw_only=True):
    """The persona weights, fitted on some labelled posts and measured on others."""

    title: str
    slices: dict[str, Slice]
    """``all``, ``posts``, ``without bio``, …"""
    recall: dict[str, float]
    """By kind of persona."""


class Measured(Struct, frozen=True, kw_only=True):
    """All that was measured."""

    sets: dict[str, Set]
    """By recording."""
    validations: dict[str, Validation]
    """Of the persona weights; by what was measured, as in ``June, fitted on January``."""


@cache
def measured() -> Measured:
    """All that was measured."""
    return msgspec.convert(read_material("quality"), Measured)


def quality() -> dict[str, Set]:
    """What was measured, by recording."""
    return measured().sets


def sentences(heuristic: str, kind: Kind) -> Iterator[tuple[str, list[str]]]:
    """Where a heuristic was measured, and what came out, in words; nothing for one that was not."""
    known = False
    for of in quality().values():
        if part := of.heuristics.get(heuristic):
            tuned = "; its labels were used for tuning" if of.tuned else ""
            where = f"On {of.title}, {of.posts:,} posts ({of.measured}{tuned})"
            yield where, list(_told(part, kind, of.families[kind]["all"]))
            known = True
    if known and kind is Kind.PERSONA:
        yield (
            "All persona heuristics together, on posts that their weights have not seen",
            list(map(_validated, _validations())),
        )


_LESS_KNOWN = (
    *("who posted the day before", "who did not", "bios hidden", "earlier posts hidden"),
    "on a new forum, nothing else seen",
)
"""Slices that tell what is lost where less is known."""


def _validations() -> Iterator[tuple[str, Slice]]:
    """What the weights are worth elsewhere: as a whole, of strangers, and without what they lean
    on."""
    for of in measured().validations.values():
        yield of.title, of.slices["all"]
        if "bios hidden" in of.slices:
            for name in _LESS_KNOWN:
                yield f"of these, {name}", of.slices[name]


def _validated(told: tuple[str, Slice]) -> str:
    title, of = told
    figures = [
        f"{name} {value:.2f}"
        for name, value in (("AUC", of.auc), ("precision", of.precision), ("recall", of.recall))
        if value is not None
    ]
    return f"{title}: {', '.join(figures)} ({_count(of.n, 'post')})"


def _told(part: Part, kind: Kind, everything: Outcome) -> Iterator[str]:
    what = "post" if kind is Kind.COORDINATED else "labelled post"
    posts, accounts = part.right + part.wrong, part.accounts_right + part.accounts_wrong
    if not posts:
        yield f"it stands behind no flag on {what}s"
    else:
        yield (
            f"it stands behind flags on {_count(posts, what)} by {_count(accounts, 'account')}, "
            + (f"{part.wrong:,} of them wrong" if part.wrong else "all of them right")
        )
    alone, without = part.alone, part.without
    ranked = "" if alone.auc is None else f"AUC {alone.auc:.3f}, "
    if alone.precision is None:
        yield f"alone: {ranked}flags nothing"
    else:
        yield f"alone: {ranked}precision {alone.precision:.3f}, recall {alone.recall or 0:.3f}"
    measures = [("F1", without.f1, everything.f1), ("AUC", without.auc, everything.auc)]
    changed = [
        f"{name} {'–' if left is None else f'{left:.3f}'} instead of {whole:.3f}"
        for name, left, whole in measures
        if whole is not None and left != whole
    ]
    yield f"without it: {', '.join(changed) or 'no difference'}"


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
