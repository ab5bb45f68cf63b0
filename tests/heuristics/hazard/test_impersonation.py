"""Who looks like somebody else by name."""

from __future__ import annotations

import pytest

from moltwatch.heuristics.hazard.impersonation import Impersonation
from moltwatch.model import Kind
from moltwatch.testing import check_heuristic
from tests.heuristics.judging import Court, reasons


def known(posts: int) -> Court:
    court = Court([Impersonation()])
    for n in range(posts):
        court.hear(f"remark {n}", author="ShellKeeper")
    return court


@pytest.mark.parametrize(
    "name",
    ["Shell\u041aeeper", "Shell\u200bKeeper", "\uff33hellKeeper", "Sh\u0435llKeeper"],
    ids=["Cyrillic K", "hidden", "full width", "Cyrillic e"],
)
def test_a_name_that_looks_like_another_is_told(name: str) -> None:
    opened = known(20).hear("Trust me.", author=name)
    assert opened.score(Kind.HAZARD) >= 0.5
    assert "“ShellKeeper”, which wrote 20 posts" in reasons(opened, "impersonation")


def test_the_letter_that_differs_is_named() -> None:
    opened = known(20).hear("Trust me.", author="Shell\u200bKeeper")
    assert "ZERO WIDTH SPACE (U+200B)" in reasons(opened, "impersonation")


def test_another_case_is_not_what_differs() -> None:
    opened = known(20).hear("Trust me.", author="sh\u0435llkeeper")
    assert "CYRILLIC SMALL LETTER IE (U+0435)" in reasons(opened, "impersonation")


def test_who_was_known_first_is_the_genuine_one_whoever_writes_more() -> None:
    court = Court([Impersonation(repeats=1)])
    court.hear("An early word.", author="Sh\u0435llKeeper")
    for n in range(20):
        court.hear(f"remark {n}", author="ShellKeeper")
    scores = [
        court.hear(f"offer {n}", author="Sh\u0435llKeeper").score(Kind.HAZARD) for n in range(40)
    ]
    assert scores[0] >= 0.5 > scores[-2], "told, and not with each post"
    assert court.hear("It is I.", author="ShellKeeper").score(Kind.HAZARD) == 0.0


@pytest.mark.parametrize("name", ["shellkeeper", "ShellKeeper2", "Shell Keeper", "ShellKeeper"])
def test_other_names_are_nobody_s(name: str) -> None:
    assert known(20).hear("Trust me.", author=name).score(Kind.HAZARD) == 0.0


def test_who_is_not_known_is_not_impersonated() -> None:
    assert known(19).hear("Trust me.", author="Sh\u0435llKeeper").score(Kind.HAZARD) == 0.0


def test_it_stands_the_battery() -> None:
    check_heuristic(Impersonation)
