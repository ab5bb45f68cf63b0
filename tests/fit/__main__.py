"""Fits the weights of the persona marks: ``python -m tests.fit ../shared``.

Streams the real data of two months in order, so that every mark is what a live observer would have
seen, and fits them as ``model`` says on the items that two readers judged and, at a lower weight,
on our own. Writes ``material/weights.toml`` and prints how good they are: fitted on one month and
measured on the other, and on both, cross-validated by author.

The thresholds of posts and of comments are where the cross-validated precision reaches 0.93, and
all above is stretched so that 0.8 is reached by the strongest 15 in 1,000 items of January: the
order stays what was fitted.
"""

from __future__ import annotations

import sys
from math import log
from pathlib import Path

from moltwatch.heuristics import material
from moltwatch.heuristics.quality import Validation
from tests.fit.model import (
    CENTRE,
    FOLDS,
    RIDGE,
    Weights,
    fit_with_history,
    histories,
    left_out,
    total,
)
from tests.fit.stream import Month, months
from tests.fit.validation import PRECISION, VIEWS, across, cut, thresholds

STRONG = 15 / 1_000
WEIGHTS = Path(material.__file__).parent / "weights.toml"


def main() -> None:
    both = months(Path(sys.argv[1]))
    weights, at, validations = fitted_on(both)
    for validation in validations.values():
        print(described(validation))
    january = both["January"]
    above = sorted(total(weights, seen) - at[seen.kind] for seen in histories(january, weights))
    stretch = log(0.8 / 0.2) / above[-round(STRONG * len(above))]
    flagged = sum(odds >= 0 for odds in above) / len(above)
    print(f"{flagged * 1000:.0f} of 1,000 items of January reach 0.5, stretch {stretch:.3f}")
    names = sorted(set(weights) - {"post", "comment"})
    labelled = sum(len(month.labelled) for month in both.values())
    WEIGHTS.write_text(
        "# Weights of the persona marks: log-odds that a mark of 1 adds to the prior.\n"
        "# Fitted by `python -m tests.fit ../shared`, never by hand: logistic regression on\n"
        f"# {labelled} labelled posts and comments of two months, ridge {RIDGE:g} around "
        f"{CENTRE:g} for marks that\n"
        "# speak for a persona, which may not fall below 0, and around 0 for the others. From the\n"
        f"# threshold on the precision is {PRECISION:g}, cross-validated by author in {FOLDS} "
        "folds.\n"
        "# How good they are is in quality.toml.\n\n"
        "[prior]\n"
        + "".join(f"{kind} = {weights[kind]:.3f}\n" for kind in ("post", "comment"))
        + "\n[threshold]\n"
        + "".join(f"{kind} = {at[kind]:.3f}\n" for kind in ("post", "comment"))
        + f"\n[calibration]\nstretch = {stretch:.3f}\n\n[marks]\n"
        + "".join(f'"{name}" = {weights[name]:.3f}\n' for name in names),
        encoding="utf-8",
    )


def fitted_on(
    both: dict[str, Month],
) -> tuple[Weights, dict[str, float], dict[str, Validation]]:
    """The weights of both months, the thresholds by kind of post, and how good they are."""
    january, june = both["January"], both["June"]
    weights, _ = fit_with_history(both.values())
    unseen = left_out(both.values())
    at = thresholds([(item, total(of, item.seen)) for item, of in unseen])
    validations = {
        "June, fitted on January": across("fitted on January, measured on June", january, june),
        "January, fitted on June": across("fitted on June, measured on January", june, january),
    }
    for month in both:
        chosen = [(item, of) for item, of in unseen if item.month == month]
        told = {
            name: [total(of, view(item)) - at[item.seen.kind] for item, of in chosen]
            for name, view in VIEWS.items()
        }
        title = f"fitted on both months, measured on authors of {month} left out"
        validations[f"{month}, by author"] = cut(title, [item for item, _ in chosen], told)
    return weights, at, validations


def described(validation: Validation) -> str:
    """The figures in lines."""
    lines = [f"{validation.title}; recall by kind {validation.recall}"]
    lines += [f"  {name:26} {told}" for name, told in validation.slices.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
