"""The hand-written texts: every one of them parses, and every slot it names is filled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from moltwatch.simulation.grammar import expand
from moltwatch.simulation.script import Block, Line, MaterialError, block, blocks, fitting, parse
from moltwatch.simulation.simulate import SESSIONS
from moltwatch.simulation.society import ENGLISH, LANGUAGES

SAID = dict.fromkeys(
    ("about", "About", "human", "Human", "me", "bio", "you", "quote", "op", "link", "factory"), "x"
)
SAID |= dict.fromkeys(("wallet", "key", "code", "innocent", "tick"), "x")


def lines(outline: tuple[Line, ...]) -> Iterator[Line]:
    for line in outline:
        yield line
        yield from lines(line.replies)


def everything() -> Iterator[tuple[str, str, Block]]:
    kinds = ("scene", "act", "persona", "replies", "people", "words", "campaign", "innocents")
    for kind in kinds:
        for found in blocks(kind):
            for templates in found.fields.values():
                for template in templates:
                    whole = re.sub(r"^\[[^\]]+\] ", "", template)
                    yield f"{found.file}: {found.name}", whole, found
            for line in lines(found.outline):
                yield f"{found.file}: {found.name}", line.text, found


def test_every_template_expands() -> None:
    words = block("words", "en")
    shared = {key: words.all(key) for key in words.fields}
    for where, template, found in everything():
        slots = {**shared, **{key: found.all(key) for key in found.fields}, **SAID}
        for seed in range(3):
            text = expand(template, Random(seed), slots)
            assert "{" not in text or found.kind == "persona", where


def test_there_is_enough_to_say() -> None:
    written = Counter(found.file for _, _, found in everything())
    assert written.total() > 1_500
    assert len({template for _, template, _ in everything() if len(template) > 40}) > 1_000


def test_every_language_can_hold_a_conversation() -> None:
    for language in (ENGLISH, *LANGUAGES):
        scenes = [s for s in blocks("scene") if s.one("lang", ENGLISH) == language]
        assert len(scenes) >= 2
        pool = block("replies", language)
        assert all(pool.all(key) for key in ("front", "back", "whole", "answer", "edit"))
        assert block("people", language).all("name")


def test_scenes_are_whole() -> None:
    for scene in (*blocks("scene"), *blocks("act")):
        assert scene.one("in"), scene.name
        assert scene.listed("about"), scene.name
        assert all(scene.all(key) for key in ("title", "open", "then", "end")), scene.name
        assert all(line.speaker == "-" for line in scene.outline), scene.name
        assert any(line.replies for line in scene.outline), scene.name


def test_personas_and_their_acts_belong_together() -> None:
    names = {persona.name for persona in blocks("persona")}
    assert {act.one("by") for act in blocks("act")} == names
    assert {p.one("kind") for p in blocks("persona")} == {
        "character",
        "manifesto",
        "brief",
        "promotion",
    }
    assert all(p.one("soul").startswith("# SOUL.md") for p in blocks("persona"))


def test_every_condition_can_be_met_and_every_root_has_a_title() -> None:
    """Whatever a scene opens with, there is a title and something to go on with."""
    for scene in (*blocks("scene"), *blocks("act")):
        for opening in scene.all("open"):
            thens = [t for then in scene.all("then") if (t := fitting(then, opening))]
            assert thens, f"{scene.name}: nothing follows {opening[:40]!r}"
            for then in thens:
                text = f"{opening} {then}"
                assert any(fitting(t, text) for t in scene.all("title")), (scene.name, text[:40])
        parts = [part for key in ("title", "open", "then", "end") for part in scene.all(key)]
        everything = re.sub(r"\[[^\]]+\] ", "", " ".join(parts)).casefold()
        for line in scene.outline:
            assert line.needs.casefold() in everything, (scene.name, line.needs)


def test_opening_scenes_exist() -> None:
    for session in SESSIONS.values():
        for name in session.settings.opening:
            kind, _, scene = name.rpartition(":")
            assert block(kind or "scene", scene)


def test_outline_is_read_as_a_tree() -> None:
    (found,) = parse("== scene s\nin: here\n- a\\nb\n  * c\n    + d\n- e\n- [x y] f", "f.txt")
    first, second, third = found.outline
    assert (third.needs, third.text) == ("x y", "f")
    assert (first.text, second.text) == ("a\nb", "e")
    assert first.replies[0].speaker == "*"
    assert first.replies[0].replies[0].text == "d"


@pytest.mark.parametrize("text", ["== scene s\nnonsense", "== scene s\n  - a", "== scene s\n - a"])
def test_a_mistake_names_the_line(text: str) -> None:
    with pytest.raises(MaterialError, match=r"f\.txt:2"):
        list(parse(text, "f.txt"))


def test_an_unknown_block_is_told() -> None:
    with pytest.raises(MaterialError, match="no scene named nothing"):
        block("scene", "nothing")
