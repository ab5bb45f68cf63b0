"""What is said of the heuristics' quality is what is measured."""

from __future__ import annotations

import tomllib

import msgspec
import pytest

from moltwatch.heuristics.quality import (
    Measured,
    Outcome,
    Part,
    Slice,
    Validation,
    measured,
    quality,
    sentences,
)
from moltwatch.heuristics.registry import available
from moltwatch.model import Kind
from tests.cli.running import moltwatch
from tests.quality.__main__ import REAL, bundled
from tests.quality.measure import Task, measure
from tests.quality.page import README, renewed
from tests.quality.toml import QUALITY, written

SAY = "changed: run `python -m tests.quality ../shared` (without ../shared where there is none)"


@pytest.mark.parametrize(
    "task",
    [
        pytest.param(task, id=task.name, marks=pytest.mark.slow if task.name == "night" else ())
        for task in bundled()
    ],
)
def test_the_bundled_recordings_give_the_figures_that_are_shipped(task: Task) -> None:
    shipped = quality()[task.name]
    now = measure(task, shipped.measured)
    versions = {"moltwatch": shipped.moltwatch, "python": shipped.python}
    assert msgspec.structs.replace(now, **versions) == shipped, SAY


@pytest.mark.parametrize("name", ["night", REAL])
def test_every_heuristic_was_measured(name: str) -> None:
    assert set(quality()[name].heuristics) == set(available()), SAY


def test_the_file_is_as_it_is_written() -> None:
    assert QUALITY.read_text("utf-8") == written(measured())


def test_the_readme_says_what_the_file_says() -> None:
    readme = README.read_text("utf-8")
    assert renewed(readme, measured()) == readme, SAY


def test_a_readme_without_a_place_for_the_figures() -> None:
    with pytest.raises(ValueError, match="in the README"):
        renewed("# moltwatch\n", measured())


@pytest.mark.parametrize("month", ["January", "June"])
def test_the_persona_weights_hold_on_authors_and_months_they_have_not_seen(month: str) -> None:
    of = measured().validations
    other = {"January": "June", "June": "January"}[month]
    left_out, elsewhere = of[f"{month}, by author"], of[f"{month}, fitted on {other}"]
    assert left_out.slices["all"].n == elsewhere.slices["all"].n
    assert (left_out.slices["all"].auc or 0) > 0.87
    assert (elsewhere.slices["all"].auc or 0) > 0.8
    assert set(left_out.recall) == {"brief", "character", "manifesto", "promotion"}


def test_a_written_file_reads_as_what_was_written() -> None:
    strange = msgspec.structs.replace(
        quality()["night"],
        title='a "strange" \\ title',
        seconds=None,
        heuristics={
            "two words": Part(
                right=1,
                wrong=0,
                accounts_right=1,
                accounts_wrong=0,
                alone=Outcome(),
                without=Outcome(),
            )
        },
    )
    empty = msgspec.structs.replace(strange, families={}, heuristics={})
    part = Validation(
        title='of "another" month', slices={"first seen": Slice(n=1, positives=0)}, recall={}
    )
    told = Measured(sets={"strange": strange, "empty": empty}, validations={"a, b": part})
    assert msgspec.convert(tomllib.loads(written(told)), Measured) == told


def test_a_heuristic_is_shown_with_its_quality() -> None:
    shown = moltwatch("heuristics", "same-text").stdout
    part = quality()["night"].heuristics["same-text"]
    assert "Measured quality:" in shown
    assert f"flags on {part.right + part.wrong:,} posts" in shown
    assert f"alone: precision {part.alone.precision:.3f}" in shown


def test_one_post_is_told_of_in_the_singular(monkeypatch: pytest.MonkeyPatch) -> None:
    part = Part(
        right=1, wrong=0, accounts_right=1, accounts_wrong=0, alone=Outcome(), without=Outcome()
    )
    night = msgspec.structs.replace(quality()["night"], heuristics={"same-text": part})
    monkeypatch.setattr("moltwatch.heuristics.quality.quality", lambda: {"night": night})
    [(_, told)] = sentences("same-text", Kind.COORDINATED)
    assert told[0] == "it stands behind flags on 1 post by 1 account, all of them right"


def test_a_heuristic_of_somebody_else_was_not_measured() -> None:
    assert list(sentences("tide-watcher", Kind.PERSONA)) == []
