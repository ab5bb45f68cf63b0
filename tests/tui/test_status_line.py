"""The status line of several sources: who stands how, and whose trouble is told."""

from __future__ import annotations

from moltwatch.sources.base import State, Status
from moltwatch.tui.status_line import line_up


def _line(*statuses: Status) -> str:
    return "".join(text for text, _ in line_up(statuses, 0, 120))


def test_a_detail_at_the_end_of_the_line_says_whose_it_is() -> None:
    failed = Status(name="reef", state=State.FAILED, detail="connection refused")
    live = Status(name="sim", state=State.LIVE)
    assert _line(failed, live).endswith("sim connected reef: connection refused")


def test_a_source_by_itself_is_not_named_twice() -> None:
    failed = Status(name="reef", state=State.FAILED, detail="connection refused")
    assert _line(failed).endswith("reef failed connection refused")
