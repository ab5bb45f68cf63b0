"""Numbers scaled one at a time, side by side in one run, as if each had been configured."""

from __future__ import annotations

from moltwatch.evaluation.ablation import Choice
from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.coordination.same_text import SameText
from moltwatch.heuristics.registry import available, make
from moltwatch.model import Kind
from moltwatch.paths import shipped
from tests.quality.measure import Task, coordinating, outcome, run
from tests.quality.plateau import plateau, variants

FIRST_LOOK = Task(
    "first-look", "the first look", shipped("recordings") / "first-look.jsonl.gz", (), "-"
)


def test_variants_are_what_a_configuration_allows() -> None:
    made = list(variants())
    assert len({each.name for each in made}) == len(made)
    assert {each.heuristic for each in made} <= set(available())
    shares = [each for each in made if each.name.startswith("link-push.share ")]
    assert [each.factor for each in shares] == [0.5, 0.75, 1.33]  # twice as much is above 1


def test_a_scaled_number_does_what_it_does_when_configured() -> None:
    (scaled,) = [each for each in variants(["same-text"]) if each.name == "same-text.accounts x2.0"]

    def configured() -> list[Heuristic]:
        usual = [each for each in coordinating() if each.name != "same-text"]
        return [*usual, make(SameText, {"accounts": 2 * SameText().accounts})]

    alone = run(FIRST_LOOK, configured, ablation=True).ablation()
    usual = tuple(each.name for each in coordinating())
    beside = run(FIRST_LOOK, lambda: [*coordinating(), scaled.made], ablation=True).ablation()
    names = [each.name for each in coordinating() if each.name != "same-text"] + [scaled.name]
    expected = outcome(alone.cut(Kind.COORDINATED, Choice("", usual)))
    assert outcome(beside.cut(Kind.COORDINATED, Choice("", tuple(names)))) == expected


def test_the_table() -> None:
    lines = plateau(FIRST_LOOK, ["name-family"]).splitlines()
    rows = {line.split()[0]: line.split() for line in lines[4:]}
    assert {"name-family.window", "name-family.accounts", "name-family.strength"} == set(rows)
    assert {len(row) for row in rows.values()} == {6}
