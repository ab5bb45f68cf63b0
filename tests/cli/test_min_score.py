"""``--min-score [KIND=]X`` and ``--kind``: how they are read, and what they leave."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import ShellComplete
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.cli import cli
from moltwatch.cli.options import ScoreParam, least_scores
from moltwatch.model import SHIPPED, Kind, Scores, Thresholds
from tests.cli.running import lines, moltwatch, objects, session

SCORE = st.floats(0, 1)
ONE = st.tuples(st.sampled_from(Kind), SCORE)


def read(text: str) -> Any:
    return ScoreParam().convert(text, None, None)


@given(SCORE, st.lists(ONE), st.booleans())
def test_what_is_said_of_one_kind_counts_more_than_what_is_said_of_all(
    every: float, ones: list[tuple[Kind, float]], last: bool
) -> None:
    given = [f"{kind}={score!r}" for kind, score in ones]
    given.insert(len(given) if last else 0, repr(every))
    least = least_scores(map(read, given))
    assert least == {**dict.fromkeys(Kind, every), **dict(ones)}
    thresholds = SHIPPED.but(least)
    for kind in Kind:
        assert thresholds.of(kind) == max(least[kind], Scores.LEAST)
    named = least_scores(map(read, given[:-1] if last else given[1:]))
    assert named == dict(ones)


@given(
    st.text()
    | st.from_regex(r"(persona|hazard|spam)?[=:]*[0-9.,%eE+-]*(nan|inf)?")
    | st.tuples(st.text(), st.sampled_from(["=", ":", "%"]), st.just("hazard")).map("".join)
    | st.tuples(st.just("persona"), st.sampled_from("=:"), st.text()).map("".join)
)
def test_what_is_typed_is_read_or_refused_in_one_harmless_line(text: str) -> None:
    try:
        kinds, score = read(text)
    except click.BadParameter as error:
        said = error.message
        assert said.isprintable() and 0 < len(said) < 200
        assert "score" in said or "kind" in said
    else:
        assert 0 <= score <= 1 and kinds in [tuple(Kind), *((kind,) for kind in Kind)]
        assert read((kinds, score)) == (kinds, score)  # type: ignore[arg-type]  # click reads twice


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("persona=2", "for persona: '2' is not a score from 0 to 1"),
        ("-0.1", "'-0.1' is not a score from 0 to 1"),
        ("nan", "'nan' is not a score from 0 to 1"),
        ("persnoa=0.8", "'persnoa' is no kind; did you mean persona?"),
        ("Hazard=0.8", "'Hazard' is no kind; did you mean hazard?"),
        ("x=0.8", "'x' is no kind; there are persona, coordinated and hazard"),
        ("0.8=hazard", "'0.8' is no kind; did you mean hazard=0.8?"),
        ("persona=", "for persona: '' is no score: write persona=0.8"),
        ("persona", "'persona' is no score: write persona=0.8"),
        ("persona:0.7", "'persona:0.7' is no score: write persona=0.7"),
        ("persona=0,7", "for persona: '0,7' is no score: write persona=0.7"),
        ("70%", "'70%' is no score: write 0.7"),
        ("80,5", "'80,5' is no score: write 0.8"),
        ("persona:\b", "'persona:␈' is no score: write persona=0.8"),
        ("\ue000=hazard", "'\ufffd' is no kind; did you mean hazard=0.8?"),
        ("high", "'high' is no score: write 0.8"),
    ],
)
def test_a_mistake_is_told_with_what_to_write(typed: str, said: str) -> None:
    with pytest.raises(click.BadParameter) as refused:
        read(typed)
    assert refused.value.message == said


def test_every_command_with_flags_takes_both_and_completes_them(tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text(lines(session()[:3]))
    for command in ("flags", "watch", "replay", "report"):
        told = moltwatch(command, "--help").stdout
        assert "--min-score [KIND=]X" in told and "--kind [persona|coordinated|hazard]" in told
        done = moltwatch(command, path, "--min-score", "0.7", "--min-score", "spam=1")
        assert done.returncode == 2 and "'spam' is no kind" in done.stderr
        assert completed(command, path, "--min-score", at="") == [
            *("0.5", "0.8", "0.9"),
            *("coordinated=", "hazard=", "persona="),
        ]
        assert completed(command, path, "--min-score", at="per") == ["persona="]
        scores = ["persona=0.5", "persona=0.8", "persona=0.9"]
        assert completed(command, path, "--min-score", at="persona=") == scores
        assert completed(command, path, "--kind", at="h") == ["hazard"]
    assert "--min-score persona=0.8 |" in moltwatch("flags", "--help").stdout


def completed(*arguments: str | Path, at: str) -> list[str]:
    shell = ShellComplete(cli, {}, "moltwatch", "_MOLTWATCH_COMPLETE")
    return [item.value for item in shell.get_completions(list(map(str, arguments)), at)]


@pytest.fixture(scope="module")
def everything() -> list[dict[str, Any]]:
    """All lines of a session with flags of all kinds."""
    return objects(moltwatch("flags", "first-look").stdout)


def test_a_post_makes_a_line_for_each_kind_whose_own_threshold_it_reaches(
    everything: list[dict[str, Any]],
) -> None:
    found = objects(moltwatch("flags", "first-look", "--min-score", "persona=0.8").stdout)
    weak = {
        (line["post"]["id"], kind(line))
        for line in everything
        if line["type"] == "flagged" and kind(line) == "persona" and line["persona"] < 0.8
    }
    rest = [line for line in everything if line["type"] != "flagged" or who(line) not in weak]
    assert weak and len(found) == len(rest) == len(everything) - len(weak)
    assert list(map(who, found)) == list(map(who, rest))
    verdicts = objects(
        moltwatch(
            *("flags", "first-look", "--verdicts", "--min-score", "persona=0.8"),
            *("--min-score", "0.9"),
        ).stdout
    )
    assert verdicts and all(
        line["persona"] >= 0.8 or line["coordinated"] >= 0.9 or line["hazard"] >= 0.9
        for line in verdicts
    )


def who(line: dict[str, Any]) -> tuple[str, ...]:
    """What a line is about."""
    if line["type"] == "flagged":
        return line["post"]["id"], kind(line)
    return line["id"], line["state"]


def kind(line: dict[str, Any]) -> str:
    return str(line["flags"][0]["kind"])


def test_a_report_tells_of_chosen_kinds_with_their_own_thresholds(
    everything: list[dict[str, Any]], tmp_path: Path
) -> None:
    by_kind = Counter(kind(line) for line in everything if line["type"] == "flagged")
    whole = moltwatch("report", "first-look", "--min-score", "persona=0.8").stdout
    assert "reach 0.50 for coordinated and hazard, 0.80 for persona:" in whole
    page = tmp_path / "page.html"
    chosen = ("--kind", "hazard", "--kind", "persona", "--min-score", "0.5")
    told = moltwatch("report", "first-look", *chosen).stdout
    assert f"▲ {by_kind['hazard']} hazard. Only persona and hazard flags are told of." in told
    assert "Groups" not in told and "coordinated" not in told and "❖" not in told
    assert moltwatch("report", "first-look", *chosen, "--html", page).returncode == 0
    html = page.read_text()
    assert "Groups, the largest" not in html and 'tile coordinated"' not in html
    assert 'tile hazard"' in html


@pytest.mark.parametrize(("all", "persona"), product((0.3, 0.5, 0.95), (0.4, 0.9)))
def test_thresholds_say_which_kinds_are_reached(all: float, persona: float) -> None:
    thresholds = Thresholds.all(all).but({Kind.PERSONA: persona})
    scores = Scores(persona=0.9, coordinated=0.5, hazard=0.0)
    assert thresholds.reached(scores) == tuple(
        kind for kind, reached in ((Kind.PERSONA, True), (Kind.COORDINATED, all <= 0.5)) if reached
    )
    assert Thresholds.all(0).reached(Scores()) == ()
