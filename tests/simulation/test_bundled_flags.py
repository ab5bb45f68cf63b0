"""What moltwatch makes of the bundled recordings: nothing of a quiet day, a lot of the tour."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from moltwatch.paths import shipped


def flags(name: str) -> Iterator[dict[str, Any]]:
    """The lines of ``moltwatch flags`` for a bundled recording, with the shipped configuration."""
    path = shipped("recordings") / f"{name}.jsonl.gz"
    ran = subprocess.run(
        [sys.executable, "-m", "moltwatch", "flags", str(path), "--kind", "coordinated"],
        capture_output=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": "/nonexistent"},
    )
    for line in ran.stdout.splitlines():
        yield json.loads(line)


def test_the_quiet_day_raises_no_group_and_no_coordinated_post() -> None:
    assert list(flags("quiet-day")) == []


def test_the_tour_shows_groups_of_the_loud_kinds_and_accuses_no_bystander() -> None:
    rows = csv.DictReader((shipped("recordings") / "first-look.coordination.csv").open())
    group_of = {row["author"]: row["group"] for row in rows if row["role"] == "positive"}
    flagged = {line["post"]["author"] for line in flags("first-look") if line["type"] == "flagged"}
    seen = {group_of[author] for author in flagged if author in group_of}
    assert {"clones_1", "emoji_1", "registrations_1", "mint_1", "names_1"} <= seen
    assert len(flagged - set(group_of)) <= 0.05 * len(flagged)
