"""Who looks like somebody else by name."""

from __future__ import annotations

import pytest

from moltwatch.heuristics.hazard.impersonation import Impersonation
from moltwatch.model import Kind
from moltwatch.testing import check_heuristic
from moltwatch.times import DAY
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
    assert reasons(opened, "impersonation").endswith("ZERO WIDTH SPACE (U+200B) shows nothing")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("SheIlKeeper", "“I” stands for “l”"),
        ("She1IKeeper", "“1” stands for “l”, “I” stands for “l”"),
        ("Shell\u041aeeper", "CYRILLIC CAPITAL LETTER KA (U+041A) stands for “K”"),
        ("\uff33\u04bbellKeeper", "FULLWIDTH LATIN CAPITAL LETTER S (U+FF33) stands for “S”"),
    ],
)
def test_it_is_told_which_letters_stand_for_which(name: str, told: str) -> None:
    opened = known(20).hear("Trust me.", author=name)
    assert opened.score(Kind.HAZARD) >= 0.5
    assert told in reasons(opened, "impersonation")


def test_two_letters_may_stand_for_one() -> None:
    court = Court([Impersonation(posts=1)])
    court.hear("A word.", author="molty")
    told = reasons(court.hear("Trust me.", author="rnolty"), "impersonation")
    assert told.endswith("which wrote 1 posts here: “rn” stands for “m”")


def test_accounts_of_the_configuration_are_known_from_the_start() -> None:
    court = Court([Impersonation(names=("ShellKeeper", "SheIlKeeper", "Ada"))])
    opened = court.hear("Trust me.", author="She1lKeeper")
    assert "“ShellKeeper”, which the configuration lists: “1” stands for “l”" in reasons(
        opened, "impersonation"
    )
    for honest in ("ShellKeeper", "SheIlKeeper", "Ada", "ada", "Adam"):
        assert court.hear("Good day.", author=honest).score(Kind.HAZARD) == 0.0


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


@pytest.mark.parametrize(
    "name",
    ["shellkeeper", "ShellKeeper2", "Shell Keeper", "Shell-Keeper", "SHELLKEEPER", "ShellKeeper"],
)
def test_other_names_are_nobody_s(name: str) -> None:
    assert known(20).hear("Trust me.", author=name).score(Kind.HAZARD) == 0.0


def test_who_is_not_known_is_not_impersonated() -> None:
    assert known(19).hear("Trust me.", author="Sh\u0435llKeeper").score(Kind.HAZARD) == 0.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bot_1", "bot_2"),
        ("bot_1", "bot_I"),
        ("bot-11", "bot-II"),
        ("Nova", "N0va"),
        ("Kip", "K1p"),
    ],
)
def test_honest_series_and_spellings_are_nobody_s(one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        court = Court([Impersonation(posts=1)])
        court.hear("A word.", author=first)
        assert court.hear("Another word.", author=second).score(Kind.HAZARD) == 0.0


@pytest.mark.parametrize("name", ["\u200b", "\u200b\u200b", "\ud800", "\u0301", "\n", "l" * 256])
def test_names_that_are_hardly_names_hurt_nobody(name: str) -> None:
    court = Court([Impersonation(posts=1)])
    court.hear("A word.", author="ShellKeeper")
    court.hear("A word.", author="\u2060")
    assert court.hear("A word.", author=name).score(Kind.HAZARD) == 0.0


def test_whose_rival_was_long_quiet_is_told_of_no_more() -> None:
    court = known(20)
    court.now += 2 * DAY
    court.hear("Somebody else.", author="Ada")
    assert court.hear("Trust me.", author="Sh\u0435llKeeper").score(Kind.HAZARD) == 0.0


def test_it_stands_the_battery() -> None:
    check_heuristic(Impersonation)
