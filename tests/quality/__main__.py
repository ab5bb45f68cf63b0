"""Measures the heuristics and writes down how good they are: ``python -m tests.quality ../shared``.

Runs the bundled night and quiet day and, where a folder with real data is given, the real time line
twice (once with all names hidden), that of June, and the persona weights on posts that they have
not seen, on two processors at a time. Writes what
``moltwatch heuristics NAME`` shows (``material/quality.toml``) and the README's section between its
markers. Without the folder, what was measured on the real data before is kept, with its date.

``--plateau`` measures nothing of that, but how F1 moves when each number of the coordination
heuristics is scaled.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from moltwatch.heuristics.quality import Measured, Validation, measured
from moltwatch.paths import shipped
from tests.fit.__main__ import fitted_on
from tests.fit.stream import FOLDER, OWN, months
from tests.fit.stream import JUNE as JUNE_FOLDER
from tests.quality.measure import Task, measure, measure_blind
from tests.quality.page import README, renewed
from tests.quality.plateau import plateau
from tests.quality.toml import QUALITY, written

REAL, JUNE = "moltbook", "moltbook-june"
PROCESSES = 2


def bundled() -> list[Task]:
    """The recordings that come with moltwatch; ``first-look`` shows what ``night`` measures."""
    titles = {"night": "the bundled night (simulated)", "quiet-day": "the quiet day (simulated)"}
    return [
        Task(name, title, shipped("recordings") / f"{name}.jsonl.gz", (), "python -m tests.quality")
        for name, title in titles.items()
    ]


def real(shared: Path) -> Task:
    """The real time line, with the labels that came with it and our own of hazards."""
    folder = shared / FOLDER
    return Task(
        REAL,
        "Moltbook (27 to 31 January 2026)",
        folder / "timeline.jsonl.gz",
        (folder, OWN / "hazards_own.jsonl"),
        "python -m tests.quality ../shared",
        tuned=True,
    )


def june(shared: Path) -> Task:
    """The same forum five months later, of which no group is known."""
    folder = shared / JUNE_FOLDER
    return Task(
        JUNE,
        "Moltbook (19 to 30 June 2026)",
        folder / "posts.jsonl",
        (folder / "persona_labels.jsonl", OWN / "hazards_own.jsonl"),
        "python -m tests.quality ../shared",
        tuned=True,
    )


def validated(shared: Path) -> dict[str, Validation]:
    """The persona weights on posts that they have not seen."""
    _, _, validations = fitted_on(months(shared))
    return validations


@click.command()
@click.argument("shared", type=click.Path(path_type=Path, exists=True), required=False)
@click.option("--plateau", "scaled", is_flag=True, help="Scale each number of coordination.")
@click.option("--only", multiple=True, help="With --plateau: only this heuristic.")
@click.option("--blind", is_flag=True, help="With --plateau: names hidden.")
def main(shared: Path | None, scaled: bool, only: tuple[str, ...], blind: bool) -> None:
    """Measure, and write material/quality.toml and the README's section."""
    if scaled:
        click.echo(plateau(real(shared) if shared else bundled()[0], only, blind=blind))
        return
    date = datetime.now(UTC).date().isoformat()
    with ProcessPoolExecutor(PROCESSES) as pool:
        if shared:
            known = pool.submit(validated, shared)
            whole = pool.submit(measure, real(shared), date)
            hidden = pool.submit(measure_blind, real(shared))
            later = pool.submit(measure, june(shared), date)
        running = {task.name: pool.submit(measure, task, date) for task in bundled()}
        sets = {name: each.result() for name, each in running.items()}
        if shared:
            sets[REAL] = msgspec.structs.replace(whole.result(), blind=hidden.result())
            sets[JUNE] = later.result()
            validations = known.result()
        else:  # what was measured on the real data before stays, with its date
            before = measured()
            sets |= {name: before.sets[name] for name in (REAL, JUNE) if name in before.sets}
            validations = before.validations
    save(Measured(sets=sets, validations=validations))
    for name, of in sets.items():
        for kind, choices in of.families.items():
            shown = msgspec.json.encode(choices["all"]).decode()
            click.echo(f"{name} ({of.measured}), {kind}: {shown}")


def save(told: Measured) -> None:
    """Write everything down."""
    QUALITY.write_text(written(told), "utf-8")
    README.write_text(renewed(README.read_text("utf-8"), told), "utf-8")


if __name__ == "__main__":
    main()
