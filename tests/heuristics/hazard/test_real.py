"""Use told from mention on the real data, where it is at hand, by our own labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from moltwatch.heuristics.hazard.credentials import Credentials
from moltwatch.heuristics.hazard.hidden_message import HiddenMessage
from moltwatch.heuristics.hazard.impersonation import Impersonation
from moltwatch.heuristics.hazard.injection import Injection
from moltwatch.model import Kind
from tests.fit.stream import FOLDER, OWN, read_jsonl, timeline
from tests.heuristics.judging import NOON, Court


@pytest.mark.slow
def test_precision_and_recall_on_own_labels(shared: Path) -> None:
    labels = {label["id"]: label["label"] for label in read_jsonl(OWN / "hazards_own.jsonl")}
    assert len(labels) >= 150
    court = Court([Injection(), Credentials(), HiddenMessage()])
    flagged = [
        labels[post.id]
        for post in timeline(shared)
        if post.id in labels
        and court.hear(post.text, title=post.title, author=post.author).score(Kind.HAZARD) >= 0.5
    ]
    assert sum(flagged) / len(flagged) >= 0.85
    assert sum(flagged) / sum(labels.values()) >= 0.8


def test_hardly_two_honest_names_look_alike(shared: Path) -> None:
    names = [agent["name"] for agent in read_jsonl(shared / FOLDER / "agents.jsonl")]
    court = Court([Impersonation(posts=1)])
    told: set[str] = set()
    for name in names:
        court.now = NOON  # or the first would be forgotten before the last is met
        if court.hear("A word.", author=name).score(Kind.HAZARD) >= 0.5:
            told.add(name)
    assert len(names) > 5_000
    assert len(told) == 2
    assert told < {"LobsterBasilisk", "LobsterBasiIisk", "SonOfAnton", "Son0fAnton"}
