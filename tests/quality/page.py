"""The README's sections on the heuristics: which there are, and the measured figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import fill, indent

from moltwatch.heuristics.quality import Measured, Outcome, Set, Slice, Validation
from moltwatch.heuristics.registry import available
from moltwatch.model import Kind
from moltwatch.times import SECOND, format_duration
from tests.quality.measure import NAMELESS

README = Path(__file__).parents[2] / "README.md"
END = "<!-- end -->"

_WIDTH = 112
_SLOW = 60.0
"""Seconds from which a detection is late."""
_COLD = "on a new forum, nothing else seen"
"""The slice of what is seen by somebody new to the forum."""
_ORDER = (Kind.COORDINATED, Kind.PERSONA, Kind.HAZARD)
_SHORT = {"night": "bundled night", "moltbook": "Moltbook"}
_WHERE = {"night": "the bundled night", "quiet-day": "the quiet day", "moltbook": "Moltbook"}


def renewed(readme: str, told: Measured) -> str:
    """The README with its sections as these figures have it. Raises ValueError where it has no
    place for them."""
    for name, text in (("heuristics", _listed()), ("figures", _figures_section(told))):
        begin = f"<!-- {name}: written by python -m tests.quality -->\n"
        before, begun, rest = readme.partition(begin)
        _, ended, after = rest.partition(END)
        if not (begun and ended):
            raise ValueError(f"no {begin.strip()} … {END} in the README")
        readme = f"{before}{begin}{text}{END}{after}"
    return readme


def _listed() -> str:
    """All heuristics, by kind and family."""
    lines = ["| kind | family | heuristics |", "|---|---|---|"]
    classes = available().values()
    for kind in _ORDER:
        families: dict[str, list[str]] = {}
        for cls in classes:
            if cls.kind is kind:
                families.setdefault(cls.family, []).append(f"`{cls.name}`")
        lines += [
            f"| {kind} | {family} | {', '.join(names)} |"
            for family, names in sorted(families.items())
        ]
    return "\n".join(lines) + "\n"


def _figures_section(told: Measured) -> str:
    sets = told.sets
    main = {_SHORT[name]: sets[name] for name in _SHORT if name in sets}
    parts = [
        _measured(sets),
        _headline(main, told.validations),
        _validated(told),
        _origin(sets),
        _families(main),
        _failures(sets),
    ]
    return "\n".join(filter(None, parts))


def _measured(sets: Mapping[str, Set]) -> str:
    night, quiet = sets["night"], sets["quiet-day"]
    raised = quiet.alerts[Kind.COORDINATED]
    told = (
        f"Measured on {night.measured} (moltwatch {night.moltwatch}) on the bundled night "
        f"({night.posts:,} posts, {night.true_groups} campaigns, simulated)"
    )
    if real := sets.get("moltbook"):
        later = "" if real.measured == night.measured else f", measured on {real.measured}"
        told += (
            f" and on real Moltbook data (27 to 31 January 2026: {real.posts:,} posts and comments "
            f"by {real.accounts:,} accounts, {real.true_groups} known groups, "
            f"{real.items[Kind.PERSONA]} posts labelled by two readers; not part of this "
            f"repository{later})"
        )
    return _prose(
        f"{told}. On the bundled quiet day ({quiet.posts:,} posts, {quiet.look_alikes} "
        f"look-alikes, no campaign), flagged as coordinated: {_share(raised)} in 1,000 posts."
    )


def _headline(sets: Mapping[str, Set], validations: Mapping[str, Validation]) -> str:
    persona, hazard = Kind.PERSONA, Kind.HAZARD
    whole = {name: {kind: of.families[kind]["all"] for kind in Kind} for name, of in sets.items()}
    if (real := validations.get("January, by author")) and _SHORT["moltbook"] in whole:
        unseen = real.slices["all"]
        whole[_SHORT["moltbook"]][persona] = Outcome(
            auc=unseen.auc,
            posts=real.slices["posts"].auc,
            comments=real.slices["comments"].auc,
            precision=unseen.precision,
            recall=unseen.recall,
        )

    def cells(row: str, of: Mapping[str, str]) -> str:
        return f"| {row} | " + " | ".join(of[name] for name in sets) + " |"

    def each(row: str, kind: Kind, *fields: str) -> str:
        return cells(row, {name: _figures(all[kind], *fields) for name, all in whole.items()})

    lines = [
        "| | " + " | ".join(sets) + " |",
        "|---" * (len(sets) + 1) + "|",
        each(
            "coordinated, by account: precision · recall · F1",
            Kind.COORDINATED,
            *("precision", "recall", "f1"),
        ),
        cells(
            "groups found, half of their members or more",
            {
                name: f"{whole[name][Kind.COORDINATED].groups} of {of.true_groups}"
                for name, of in sets.items()
            },
        ),
        cells(
            "groups formed",
            {name: f"{all[Kind.COORDINATED].formed}" for name, all in whole.items()},
        ),
        cells(
            "median time from the third member's act to the first flag",
            {
                name: "–" if of.seconds is None else format_duration(round(of.seconds * SECOND))
                for name, of in sets.items()
            },
        ),
        cells(
            "innocent look-alikes flagged",
            {
                name: f"{whole[name][Kind.COORDINATED].look_alikes} of {of.look_alikes}"
                for name, of in sets.items()
            },
        ),
        cells(
            "innocent posts flagged as coordinated, in 1,000",
            {name: _share(of.innocent) for name, of in sets.items()},
        ),
        each("persona: AUC, all · posts · comments", persona, "auc", "posts", "comments"),
        each("persona at 0.5: precision · recall", persona, "precision", "recall"),
        cells(
            "persona: lowest recall of a kind",
            {name: _lowest(of.recall[persona]) for name, of in sets.items()},
        ),
        cells(
            "persona: posts from 0.5 on · from 0.8 on, in 1,000",
            {
                name: f"{_share(of.alerts[persona])} · {_share(of.strong[persona])}"
                for name, of in sets.items()
            },
        ),
        cells(
            "persona: expected calibration error",
            {name: f"{of.calibration[persona]:.2f}" for name, of in sets.items()},
        ),
        each("hazard: precision · recall", hazard, "precision", "recall"),
    ]
    return "\n".join(lines) + "\n"


def _validated(told: Measured) -> str:
    """The persona weights on posts that they have not seen."""
    if not told.validations:
        return ""
    head = "| persona weights | items | AUC | precision | recall | by kind |"
    lines = ["#### Personas on another day", "", head, "|---|---|---|---|---|---|"]
    for of in told.validations.values():
        whole = of.slices["all"]
        kinds = " · ".join(f"{kind} {recall:.2f}" for kind, recall in of.recall.items())
        figures = " | ".join(_figure(each) for each in (whole.auc, whole.precision, whole.recall))
        lines.append(f"| {of.title} | {whole.n} | {figures} | {kinds} |")
    left_out = {name: of for name, of in told.validations.items() if name.endswith("by author")}
    months = [name.partition(",")[0] for name in left_out]
    lines += ["", f"| of these | {' | '.join(months)} |", "|---" * (len(months) + 1) + "|"]
    slices = dict.fromkeys(name for of in left_out.values() for name in of.slices if name != "all")
    for name in slices:
        cells = [_sliced(of.slices.get(name)) for of in left_out.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    june = told.sets.get("moltbook-june")
    rare = ""
    if june:
        rare = (
            f" At the shipped weights {_share(june.alerts[Kind.PERSONA])} of 1,000 posts of June "
            f"reach 0.5 and {_share(june.strong[Kind.PERSONA])} reach 0.8."
        )
    cold = [
        f"{_figure(of.slices[_COLD].recall)} in {month} (precision "
        f"{_figure(of.slices[_COLD].precision)})"
        for month, of in zip(months, left_out.values(), strict=True)
        if _COLD in of.slices
    ]
    return (
        "\n".join(lines)
        + "\n\n"
        + _prose(
            "In the second table: AUC · precision · recall (items), by weights fitted on both "
            "months, on authors left out. Only what two readers judged alike is counted; "
            f"“doubtful” items lay near the threshold of an earlier version.{rare}"
        )
        + "\n"
        + _prose(
            "**The first hour on a new forum.** When nothing is known but a post, its author's "
            f"bio and what it answers, recall is {' and '.join(cold)}: what is rare there, what an "
            "account says again and which frames it keeps must be seen first. June has no bios "
            "and no comments, so comments on another day are not measured; weights fitted on June "
            "alone have never seen one, which is why their threshold fails on January."
        )
    )


def _sliced(of: Slice | None) -> str:
    if of is None:
        return "–"
    figures = " · ".join(_figure(each) for each in (of.auc, of.precision, of.recall))
    return f"{figures} ({of.n})"


def _origin(sets: Mapping[str, Set]) -> str:
    real = sets.get("moltbook")
    if not (real and real.blind):
        return ""
    hidden, fitted = real.blind, real.families[Kind.PERSONA]["all"]
    return _prose(
        "**What these figures are worth.** Coordination fits nothing, so nothing can be held out; "
        "but its thresholds were set while looking at these labels and these recordings, and one "
        "of the Moltbook groups makes up nearly all of its accounts. With all account names "
        "replaced by hashes Moltbook falls to "
        f"{_figures(hidden, 'precision', 'recall', 'f1')} ({hidden.groups} of {real.true_groups} "
        "groups). The persona weights were fitted on the Moltbook labels. What the table says of "
        "persona on Moltbook is therefore cross-validated by author (no model saw anything of the "
        "author it judges); its recall by kind and calibration, and the families below, are not: "
        f"there the AUC is {_figures(fitted, 'auc')}. Nothing was fitted on the bundled night. "
        f"Hazards on Moltbook were labelled by us ({real.items[Kind.HAZARD]} items found by key "
        "words or by these heuristics), and the patterns were written with part of them in view."
        + _hazards_in_june(sets)
    )


def _hazards_in_june(sets: Mapping[str, Set]) -> str:
    june = sets.get("moltbook-june")
    if not june or Kind.HAZARD not in june.items:
        return ""
    return (
        f" In June we found no hazard in use: of {june.items[Kind.HAZARD]} posts that only discuss "
        f"one, and of all others, {_share(june.alerts[Kind.HAZARD])} in 1,000 are flagged. As "
        f"coordinated {_share(june.alerts[Kind.COORDINATED])} of 1,000 posts of June are flagged, "
        "nearly all by `house-style` and by a few accounts that post by one template; no labels "
        "tell of it."
    )


def _families(sets: Mapping[str, Set]) -> str:
    columns = [f"{name}, {how}" for name in sets for how in ("alone", "without it")]
    lines = [
        "#### What each family is worth",
        "Coordination by account: precision · recall · F1 (groups found); persona and hazard by "
        "labelled post: AUC.\n",
        "| kind | family | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for kind in _ORDER:
        tell = _cut if kind is Kind.COORDINATED else _area
        for family in _names(sets, kind):
            cells = [
                tell(of.families[kind].get(f"{how} {family}"))
                for of in sets.values()
                for how in ("only", "without")
            ]
            lines.append(f"| {kind} | {family} | " + " | ".join(cells) + " |")
        cells = [f"{tell(of.families[kind]['all'])} | " for of in sets.values()]
        lines.append(f"| {kind} | **all** | " + "| ".join(cells) + "|")
    return (
        "\n".join(lines)
        + "\n\n"
        + _prose(
            "A family of coordination convicts alone only where it is overwhelming: that is the "
            "design, and why most of them flag nothing alone. What matters is the fall without it, "
            "and even that hides what two families both find. `moltwatch score night --ablation` "
            "prints this table for any recording."
        )
    )


def _failures(sets: Mapping[str, Set]) -> str:
    told = []
    for name, of in sets.items():
        where = _WHERE.get(name, name)
        if of.not_found:
            told.append(f"**Not found**: on {where}, a {'; a '.join(of.not_found)}.")
        if leans := _leans(of):
            told.append(f"**Leaning on one family**: on {where}, {leans}.")
        if of.seconds is not None and of.seconds > _SLOW:
            late = format_duration(round(of.seconds * SECOND))
            told.append(
                f"**Late**: on {where}, half of the detected groups took {late} or longer "
                "after their third member had acted. What shares no text takes many meetings."
            )
    persona = sets["night"].families[Kind.PERSONA]["all"]
    told += [
        "**Scores are no probabilities**: 0.5 is a threshold, and 0.8 is rare by construction. On "
        "the bundled night, whose personas are written by another hand than Moltbook's, "
        f"{persona.recall or 0:.0%} of them reach 0.5.",
        "**No traces**: accounts that share no text, no link, no names, no words and no rhythm are "
        "not found; neither are fewer than three.",
        "**Each heuristic** says when it fails, and what it adds: `moltwatch heuristics NAME`.",
    ]
    return "#### Where it fails\n" + "".join(map(_bullet, told))


def _leans(of: Set) -> str:
    """The families without which F1 falls by a tenth or more."""
    cuts = of.families.get(Kind.COORDINATED, {})
    if "all" not in cuts:
        return ""
    whole = cuts["all"].f1 or 0.0
    fallen = {
        name.removeprefix("without "): cut.f1 or 0.0
        for name, cut in cuts.items()
        if name.startswith("without ") and whole - (cut.f1 or 0.0) >= 0.1
    }
    return ", ".join(f"F1 falls to {f1:.2f} without {name}" for name, f1 in fallen.items())


def _names(sets: Mapping[str, Set], kind: Kind) -> list[str]:
    """Families, each once, by name."""
    told = {choice for of in sets.values() for choice in of.families.get(kind, {})}
    return sorted(choice.removeprefix("only ") for choice in told if choice.startswith("only "))


def _cut(got: Outcome | None) -> str:
    if got is None:
        return "–"
    return f"{_figures(got, 'precision', 'recall', 'f1')} ({got.groups})"


def _area(got: Outcome | None) -> str:
    return "–" if got is None else _figures(got, "auc")


def _lowest(recalls: Mapping[str, float]) -> str:
    named = {kind: recall for kind, recall in recalls.items() if kind != NAMELESS}
    kind = min(named, key=lambda kind: (named[kind], kind))
    return f"{named[kind]:.2f} ({kind})"


def _figures(got: Outcome, *fields: str) -> str:
    return " · ".join(_figure(getattr(got, field)) for field in fields)


def _figure(value: float | None) -> str:
    """Two digits, but for what is nearly 1."""
    if value is None:
        return "–"
    return f"{value:.3f}" if 0.995 <= value < 1 else f"{value:.2f}"


def _share(value: float) -> str:
    """In a thousand."""
    return f"{value:.1f}" if value >= 0.1 else f"{value:.2g}"


def _prose(text: str) -> str:
    return fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"


def _bullet(text: str) -> str:
    return indent(_prose(text), "  ").replace("  ", "- ", 1)
