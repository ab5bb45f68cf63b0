"""Lays campaigns over a recording, one after the other, and prints what was found of each."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from msgspec import Struct

from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.heuristics.registry import build
from moltwatch.model import Event, FlaggedPost, Group, GroupState, Kind, Post
from moltwatch.recording.pseudonymise import Blinder, pseudonym
from moltwatch.times import HOUR, MINUTE, SECOND, Micros, parse_time
from tests.inject.background import Background, read
from tests.inject.copies import COPIES
from tests.inject.crowds import CROWDS
from tests.inject.families import FAMILIES, FASHIONS
from tests.inject.rings import RINGS
from tests.inject.scene import Scene
from tests.inject.traces import ACCIDENTS, TRACES

KINDS: dict[str, Callable[[Scene], None]] = {
    "none": lambda scene: None,
    **COPIES,
    **RINGS,
    **TRACES,
    **FAMILIES,
    **CROWDS,
    **FASHIONS,
    **ACCIDENTS,
}

AFTER: Micros = 10 * MINUTE
"""How long a run goes on after a campaign's last act."""


class Result(Struct):
    """What was made of one campaign."""

    kind: str
    members: int
    found: int
    seconds: float | None
    """From the third member's act to the first flag."""
    innocent: list[str]
    """Others that were flagged after the campaign began, those it made up first; but for the kind
    ``none``, not those who are flagged without the campaign too."""
    groups: list[str]
    """Reasons of the groups formed after it began."""


class Lab:
    """A warm engine, and the campaigns to try on it."""

    def __init__(
        self, background: Background, only: Sequence[str], without: Sequence[str], hashed: bool
    ) -> None:
        self.background = background
        chosen = [
            heuristic
            for heuristic in build({})
            if heuristic.kind is Kind.COORDINATED
            and (not only or heuristic.name in only)
            and heuristic.name not in without
        ]
        self.engine = Engine(chosen, GroupTracker(), complain=click.echo)
        self._warm: Micros = 0
        """Until when the engine has seen the background."""
        names = {profile.name for profile in background.profiles}
        self._blinder = Blinder(names) if hashed else None

    def warm(self, until: Micros) -> None:
        self._warm = until
        for event in (*self.background.profiles, *self.background.events):
            if not isinstance(event, Post) or event.seen_at < until:
                self.engine.feed(self._hidden(event))

    def lay(self, kind: str, start: Micros, seed: int) -> Result:
        """One campaign over the rest of the slice. Changes the engine: fork first."""
        scene = Scene(self.background, start, seed)
        KINDS[kind](scene)
        last = max((event.seen_at for event in scene.events), default=self.background.end)
        rest = [e for e in self.background.events if self._warm <= e.seen_at < last + AFTER]
        flagged: dict[str, Micros] = {}
        groups = []
        acts: dict[str, Micros] = {}
        members = {self._name(name) for name in scene.members}
        for event in sorted((*rest, *scene.events), key=lambda event: event.seen_at):
            event = self._hidden(event)
            if isinstance(event, Post) and event.author in members and event.seen_at >= scene.start:
                acts.setdefault(event.author, event.seen_at)
            for finding in self.engine.feed(event):
                if isinstance(finding, FlaggedPost) and finding.kind is Kind.COORDINATED:
                    flagged.setdefault(finding.post.author, finding.at)
                elif isinstance(finding, Group) and finding.state is GroupState.FORMED:
                    groups.append(f"{finding.n}: {finding.reason}")
        hits = [flagged[name] for name in members if name in flagged]
        third = sorted(acts.values())[min(2, len(acts) - 1)] if acts else 0
        seconds = (min(hits) - third) / SECOND if hits else None
        made_up = {self._name(name) for name in scene.extras}
        innocent = sorted(flagged.keys() - members, key=lambda name: (name not in made_up, name))
        return Result(kind, len(members), len(hits), seconds, innocent, groups)

    def _hidden(self, event: Event) -> Event:
        return self._blinder.event(event) if self._blinder else event

    def _name(self, name: str) -> str:
        return pseudonym(name) if self._blinder else name


_lab: Lab


def _try(job: tuple[str, Micros, int]) -> Result:
    return _lab.lay(*job)


@click.command()
@click.argument("recording", type=click.Path(exists=True, path_type=Path))
@click.option("--kind", "kinds", default="", help="Kinds, separated by commas; else all.")
@click.option("--seed", default=1, show_default=True)
@click.option("--slice", "span", default="2026-01-30T17:00..2026-01-30T20:50", show_default=True)
@click.option("--warm", default=1.5, show_default=True, help="Hours before campaigns begin.")
@click.option("--compress", default=1.0, help="Make the background so many times as dense.")
@click.option("--hash-names", is_flag=True, help="Without what names tell.")
@click.option("--only", default="", help="Heuristics, separated by commas.")
@click.option("--without", default="", help="The same.")
@click.option("--jobs", default=1, show_default=True, help="Processes.")
@click.option("-v", "--verbose", is_flag=True, help="Reasons of groups, names of innocents.")
def inject(
    recording: Path,
    kinds: str,
    seed: int,
    span: str,
    warm: float,
    compress: float,
    hash_names: bool,
    only: str,
    without: str,
    jobs: int,
    verbose: bool,
) -> None:
    """Print for each kind: accounts found, seconds to the first flag, innocents, groups."""
    global _lab
    begin, end = (parse_time(time) for time in span.split(".."))
    background = Background(asyncio.run(read(recording)), begin, end, compress=compress)
    start = background.begin + round(warm * HOUR / compress)
    chosen = _listed(kinds) or list(KINDS)[1:]
    _lab = Lab(background, _listed(only), _listed(without), hash_names)
    _lab.warm(start)
    click.echo(f"{'kind':18} {'found':>9} {'first':>8} {'innocent':>9} {'groups':>7}")
    work = [(kind, start + (seed * 37 % 11) * MINUTE, seed) for kind in chosen]
    alone: Result | None = None
    # A process for each: what one campaign does to the engine dies with it.
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        for result in pool.imap(_try, [("none", start, seed), *work], chunksize=1):
            if alone:
                usual = set(alone.innocent)
                result.innocent = [name for name in result.innocent if name not in usual]
            alone = alone or result
            _print(result, verbose)


def _print(result: Result, verbose: bool) -> None:
    first = "never" if result.seconds is None else f"{result.seconds:.0f} s"
    if not result.members:
        first = ""
    found = f"{result.found}/{result.members}" if result.members else ""
    click.echo(
        f"{result.kind:18} {found:>9} {first:>8} {len(result.innocent):9} {len(result.groups):7}"
    )
    if verbose:
        for reason in result.groups:
            click.echo(f"    group of {reason}")
        if result.innocent:
            click.echo(f"    innocent: {', '.join(result.innocent[:12])}")


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


if __name__ == "__main__":
    inject()
