"""Quality on the real labels, where the real data is at hand.

Only what a labelled item brings along is used (text, bio, what it answers), after a short warm-up
on the time line: weaker than a live run, which knows the authors' past, but quick. The levels are
the measured ones less a margin. These labels were part of the fit; cross-validated numbers stand in
``material/weights.toml``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from moltwatch.heuristics.fusing.persona import PersonaFuser
from tests.fit.__main__ import auc
from tests.fit.stream import FOLDER, Watcher, persona_heuristics, read_jsonl, timeline

WARM_UP = 4_000


@pytest.fixture(scope="module")
def judged(shared: Path) -> list[tuple[str, bool, str, float]]:
    """Kind of item, label, kind of persona and score of every labelled item."""
    watcher = Watcher(shared, heuristics := persona_heuristics())
    for post in timeline(shared, WARM_UP):
        watcher.see(post)
    judged = []
    for label in read_jsonl(shared / FOLDER / "persona_labels.jsonl"):
        if label["label"] is None:
            continue
        item = watcher.alone(label)
        found = [evidence for each in heuristics for evidence in each.observe(item)]
        score = PersonaFuser().score(item.post, found)
        judged.append((label["type"], bool(label["label"]), label["kind"], score))
    return judged


def test_ranking(judged: list[tuple[str, bool, str, float]]) -> None:
    def area(*kinds: str) -> float:
        chosen = [(score, label) for kind, label, _, score in judged if kind in kinds]
        return auc([score for score, _ in chosen], [label for _, label in chosen])

    assert area("post", "comment") >= 0.92
    assert area("post") >= 0.87
    assert area("comment") >= 0.90


def test_the_default_threshold(judged: list[tuple[str, bool, str, float]]) -> None:
    flagged = [label for _, label, _, score in judged if score >= 0.5]
    assert sum(flagged) / len(flagged) >= 0.90
    assert sum(flagged) / sum(label for _, label, _, _ in judged) >= 0.55
    for kind in ("character", "manifesto", "brief", "promotion"):
        scores = [score for _, label, its_kind, score in judged if label and its_kind == kind]
        assert sum(score >= 0.5 for score in scores) >= 0.25 * len(scores), kind
