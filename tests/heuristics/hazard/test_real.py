"""Use told from mention on the real data, where it is at hand, by our own labels."""

from __future__ import annotations

from pathlib import Path

from moltwatch.heuristics.hazard.credentials import Credentials
from moltwatch.heuristics.hazard.hidden_message import HiddenMessage
from moltwatch.heuristics.hazard.injection import Injection
from moltwatch.model import Kind
from tests.fit.stream import OWN, read_jsonl, timeline
from tests.heuristics.judging import Court


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
