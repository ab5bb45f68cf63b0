"""Gives every parser worse and worse inputs, for as long as one likes."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from random import Random
from time import monotonic
from typing import NamedTuple

import click

from tests.fuzz.mutate import mutated
from tests.fuzz.targets import Target, targets

AT_ONCE = 50
"""Inputs of one parser before it is the next one's turn."""


class Failure(NamedTuple):
    """An input, and what it led to."""

    data: bytes
    error: Exception


def fuzz(target: Target, rng: Random, cases: int) -> Iterator[Failure]:
    """Run so many inputs; those at which it fails in a way that it does not tell of."""
    seeds = target.seeds()
    for _ in range(cases):
        data = mutated(rng.choice(seeds), rng, seeds)
        try:
            target.run(data)
        except target.may_raise:
            continue
        except Exception as error:
            yield Failure(data, error)


@click.command()
@click.option("--minutes", type=float, default=1.0, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the inputs.")
@click.option("--only", metavar="NAME", multiple=True, help="Of the parsers; may be repeated.")
@click.option(
    "--keep",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where inputs are kept at which one fails.",
)
def main(minutes: float, seed: int, only: tuple[str, ...], keep: Path | None) -> None:
    """Give every parser worse inputs, and print where one fails.

    \b
    Examples:
      python -m tests.fuzz --minutes 10 --seed 7
      python -m tests.fuzz --only nostr --only lines --keep found
    """
    chosen = [target for target in targets() if not only or target.name in only]
    rng, until, cases, known = Random(seed), monotonic() + 60 * minutes, 0, set[str]()
    while chosen and monotonic() < until:
        for target in chosen:
            for failure in fuzz(target, rng, AT_ONCE):
                frames = traceback.extract_tb(failure.error.__traceback__)
                place = f"{target.name}: {failure.error!r:.200} in {frames[-1].name}"
                if place in known:
                    continue
                known.add(place)
                click.echo(place)
                if keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    name = blake2b(failure.data, digest_size=6).hexdigest()
                    (keep / f"{target.name}-{name}").write_bytes(failure.data)
            cases += AT_ONCE
    click.echo(f"{cases:,} inputs of seed {seed}, {len(known)} failures")
    sys.exit(bool(known))


if __name__ == "__main__":
    main()
