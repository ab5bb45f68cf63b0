"""The heuristics on the screen: who flags how much, and who has failed."""

from __future__ import annotations

from moltwatch.heuristics.asking import MOST_FAILURES, Health
from moltwatch.heuristics.coordination.near_duplicate import NearDuplicate
from moltwatch.heuristics.persona.bio_echo import BioEcho
from moltwatch.heuristics.persona.brief import Brief
from moltwatch.heuristics.persona.character import Character
from moltwatch.model import Kind
from tests.tui.driving import Watcher, watching
from tests.tui.forum import Forum, script

RUNNING = (BioEcho(), Brief(), Character(), NearDuplicate())


def evening() -> Forum:
    return Forum(*script())


def install(watcher: Watcher) -> None:
    """Let heuristics run; what they find stands in the script."""
    engine = watcher.forum.runs[-1].pipeline.engine
    engine.heuristics.extend(RUNNING)
    engine.health.update({heuristic.name: Health() for heuristic in RUNNING})


def listed(watcher: Watcher) -> list[str]:
    """What stands at the side, below the title."""
    lines = [" ".join(line[83:].split()) for line in watcher.text.splitlines()[2:-4]]
    return [line for line in lines if line]


async def test_they_stand_by_how_many_flags_they_are_behind() -> None:
    async with watching(evening()) as watcher:
        install(watcher)
        await watcher.press("5")
        persona = watcher.session.charges.standing[Kind.PERSONA]
        assert persona != 23
        counts = {"character": persona, "bio-echo": persona, "near-duplicate": 23, "brief": 0}
        order = sorted(counts, key=lambda name: (-counts[name], name))
        signs = {"near-duplicate": "❖"}
        assert listed(watcher) == [
            f"{signs.get(name, '◆')} {name} {counts[name]} flags" for name in order
        ]


async def test_a_flag_that_is_dismissed_is_not_counted() -> None:
    async with watching(evening()) as watcher:
        install(watcher)
        await watcher.press("5")
        assert "❖ near-duplicate 23 flags" in listed(watcher)
        main = watcher.main
        swarm = next(case for case in watcher.session.charges.cases if case.group)
        main.panes.show_side("flags")
        await watcher.frames()
        main.flags.view.focus()
        main.flags.show_case(swarm)
        await watcher.press("x", "5")
        await watcher.frames(40)
        assert "❖ near-duplicate 0 flags" in listed(watcher)


async def test_whoever_failed_says_so() -> None:
    async with watching(evening()) as watcher:
        install(watcher)
        health = watcher.forum.runs[-1].pipeline.engine.health
        health["brief"].failed(ValueError("no \x1b[31mwords"))
        await watcher.press("5")
        told = " ".join(listed(watcher))
        assert told.endswith("brief 0 flags failed 1 time, goes on: ValueError: no ␛[31mwords")
        assert "✗ 1 failed" in watcher.text
        for _ in range(1, MOST_FAILURES):
            health["brief"].failed(ValueError("no words"))
        await watcher.frames(40)
        told = " ".join(listed(watcher))
        assert told.endswith("failed 3 times, switched off: ValueError: no words")
