"""Evidence with a sentence of one's own, for whoever only passes it on."""

from __future__ import annotations

from collections.abc import Sequence

from moltwatch.model import Act, Evidence, Kind, Mark


def evidence(
    heuristic: str = "h",
    kind: Kind = Kind.COORDINATED,
    score: float = 0.8,
    reason: str = "because",
    *,
    posts: Sequence[str] = (),
    accounts: Sequence[str] = (),
    n: int = 0,
    group: str | None = None,
    family: str | None = None,
) -> Evidence:
    """Evidence as it stands in a flag; ``posts`` are by ``accounts``, one each."""
    return Evidence(
        heuristic=heuristic,
        kind=kind,
        family=family or heuristic,
        weight=score,
        marks=(Mark("{reason}", {"reason": reason}),) if reason else (),
        acts=tuple(Act(*pair, 0) for pair in zip(posts, accounts, strict=False)),
        n=n,
        score=score,
        group=group,
    )


def told(reason: str) -> tuple[Evidence, ...]:
    """The evidence of a group that says this."""
    return (evidence(reason=reason),)
