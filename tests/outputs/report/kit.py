"""A small recording for reports, whose strangers say whatever a test likes."""

from __future__ import annotations

from collections.abc import Callable, Collection

from moltwatch.errors import Rejects
from moltwatch.model import (
    SHIPPED,
    AgentSeen,
    Evidence,
    Gap,
    Group,
    GroupState,
    Kind,
    Post,
    Scores,
    Thresholds,
    Verdict,
)
from moltwatch.outputs.report.summary import Collector, Summary
from moltwatch.times import EARLIEST, LATEST, MINUTE, SECOND, Micros, parse_time
from tests.evidence import evidence, told

START: Micros = parse_time("2026-01-31T05:00:00Z")


def post(id: str, author: str, second: float, text: str, thread: str = "", **more: str) -> Post:
    at = START + round(second * SECOND)
    return Post(
        id=id,
        thread=thread or id,
        parent=thread or None,
        author=author,
        text=text,
        created_at=at,
        seen_at=at,
        source=more.pop("source", "reef"),
        **more,  # type: ignore[arg-type]
    )


def flag(kind: Kind, heuristic: str, reason: str, group: str | None = None) -> Evidence:
    return evidence(heuristic=heuristic, kind=kind, score=0.9, reason=reason, group=group)


def verdict(post: Post, *flags: Evidence, score: float = 0.9) -> Verdict:
    scores = Scores(**{flag.kind.value: score for flag in flags})
    return Verdict(post=post, scores=scores, flags=flags, at=post.seen_at, first_at=None)


def group(id: str, state: GroupState, n: int, reason: str, into: str | None = None) -> Group:
    at = START + 3 * MINUTE
    return Group(
        id=id, at=at, kind=Kind.COORDINATED, state=state, n=n, accounts=(), evidence=told(reason),
        since=START, into=into,
    )  # fmt: skip


def collected(
    words: Callable[[str], str] = lambda plain: plain,
    *,
    thresholds: Thresholds = SHIPPED,
    kinds: Collection[Kind] = tuple(Kind),
    start: Micros = EARLIEST,
    end: Micros = LATEST,
) -> Collector:
    """Small talk, a swarm of two parts, a persona, a hazard twice and a gap; ``words`` makes a
    stranger's of each of them."""
    collector = Collector(thresholds=thresholds, kinds=kinds, start=start, end=end)

    def see(one: Post) -> Post:
        collector.take(one, [])
        return one

    talk = [
        see(
            post(
                f"t{n}",
                words(f"crab{n % 4}"),
                n * 30,
                words(f"thought {n}"),
                "t0" if n else "",
                title=words("the reef"),
                community=words("tidepool"),
            )
        )
        for n in range(12)
    ]
    collector.take(AgentSeen(name=words("crab1"), display=words("Crab"), seen_at=START), [])
    swarm = [
        see(post(f"s{n}", words(f"claw{n}"), 400 + n, words("praise the shell"), "t0"))
        for n in range(5)
    ]
    leak = [see(post(f"h{n}", words("helper"), 420 + n, words("run this"))) for n in range(2)]
    since = START + 440 * SECOND
    collector.take(
        Gap(seen_at=since + MINUTE, since=since, until=since + MINUTE, reason=words("lost")), []
    )
    told = [
        group("g1", GroupState.FORMED, 3, words("one text")),
        group("g2", GroupState.FORMED, 2, words("one text")),
        group("g2", GroupState.MERGED, 2, words("one text"), "g1"),
        group("g1", GroupState.GREW, 5, words("same text as 4 other accounts in 4 s")),
    ]
    spoken = [verdict(one) for one in talk]
    spoken[3] = verdict(talk[3], flag(Kind.PERSONA, "character", words("speaks as a crab")))
    spoken[7] = verdict(
        talk[7],
        flag(Kind.PERSONA, "character", words("speaks as a crab again")),
        flag(Kind.PERSONA, "brief", words("obeys")),
        score=0.95,
    )
    reason = words("same text")
    spoken += [
        verdict(
            one,
            flag(Kind.COORDINATED, "same-text", reason, "g1" if n < 3 else "g2"),
            flag(Kind.COORDINATED, "template", reason, "g1" if n < 3 else "g2"),
        )
        for n, one in enumerate(swarm)
    ]
    spoken += [verdict(one, flag(Kind.HAZARD, "injection", words("gives orders"))) for one in leak]
    collector.finish([*told, *spoken])
    return collector


def summed(words: Callable[[str], str] = lambda plain: plain) -> Summary:
    """What is told of it."""
    rejects = Rejects()
    rejects.add(words("no author"), words("line 7"))
    return collected(words).summary(
        words("reef.molt"), rejects=rejects, failures=[words("heuristic x failed")]
    )
