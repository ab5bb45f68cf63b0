"""What is said of a run in one line, and that all who speak of its groups say the same."""

from __future__ import annotations

from msgspec.structs import replace

from moltwatch.model import GroupState, Heartbeat, Kind, Retracted, Scores
from moltwatch.session.counts import Counts
from tests.outputs.findings import AT, FLAGGED, GROUP, POST, VERDICT


def test_a_run_in_words() -> None:
    counts = Counts()
    assert (counts.seen, counts.found) == ("0 posts", "none flagged")
    persona = replace(FLAGGED, kind=Kind.PERSONA, scores=Scores(persona=0.8, coordinated=0.97))
    counts.take(POST, [GROUP, FLAGGED, persona])
    counts.take(Heartbeat(seen_at=AT), [Retracted(at=AT, post=POST.id, kind=Kind.COORDINATED)])
    counts.finish([VERDICT])
    assert (counts.seen, counts.found) == ("1 post", "1 flagged (1 persona), 1 group")
    counts.finish([replace(GROUP, id="g8"), replace(GROUP, state=GroupState.MERGED, into="g8")])
    assert counts.found.endswith(", 2 groups formed, 1 merged, 1 at the end")


def test_only_some_kinds_are_counted() -> None:
    counts = Counts([Kind.PERSONA])
    persona = replace(FLAGGED, kind=Kind.PERSONA, scores=Scores(persona=0.8, coordinated=0.97))
    taken_back = Retracted(at=AT, post=POST.id, kind=Kind.COORDINATED)
    counts.take(POST, [GROUP, FLAGGED, persona, taken_back, VERDICT])
    assert counts.found == "1 flagged (1 persona)"
