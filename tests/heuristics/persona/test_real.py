"""Quality on the real labels, where the real data is at hand.

Only what a labelled item brings along is used (text, bio, what it answers), after a short warm-up
on the time line: weaker than a live run, which knows the authors' past, but quick. The levels are
the measured ones less a margin. These labels were part of the fit; what the weights are worth on
authors and months that they have not seen stands in ``material/quality.toml``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from moltwatch.evaluation.metrics import auc
from moltwatch.heuristics.fusing.persona import PersonaFuser
from tests.fit.stream import (
    FOLDER,
    JUNE,
    Watcher,
    persona_heuristics,
    read_jsonl,
    timeline,
)

WARM_UP = 4_000
Judged = tuple[str, bool, str, float]
"""Kind of item, label, kind of persona and score."""


@pytest.fixture(scope="module", params=[FOLDER, JUNE], ids=["January", "June"])
def judged(shared: Path, request: pytest.FixtureRequest) -> list[Judged]:
    """Every item of a month that two readers judged alike."""
    watcher = Watcher(persona_heuristics())
    for post in timeline(shared, WARM_UP):
        watcher.see(post)
    judged = []
    for label in read_jsonl(shared / request.param / "persona_labels.jsonl"):
        if label["label"] is None:
            continue
        item = watcher.alone({"bio": "", **label})
        log_odds = watcher.panel.log_odds(watcher.panel.look(item, item.shown_to(watcher.panel)))
        score = PersonaFuser().score_vector(item.post, log_odds)
        judged.append((label["type"], bool(label["label"]), label["kind"], score))
    return judged


def test_ranking(judged: list[Judged]) -> None:
    def area(kind: str) -> float:
        chosen = [(score, label) for which, label, _, score in judged if which == kind]
        return auc(chosen) or 1.0

    assert (auc((score, label) for _, label, _, score in judged) or 0) >= 0.9
    assert area("post") >= 0.87
    assert area("comment") >= 0.9


def test_the_default_threshold(judged: list[Judged]) -> None:
    flagged = [label for _, label, _, score in judged if score >= 0.5]
    assert sum(flagged) / len(flagged) >= 0.9
    assert sum(flagged) / sum(label for _, label, _, _ in judged) >= 0.5
    for kind in ("character", "manifesto", "brief", "promotion"):
        scores = [score for _, label, its_kind, score in judged if label and its_kind == kind]
        assert sum(score >= 0.5 for score in scores) >= 0.25 * len(scores), kind
