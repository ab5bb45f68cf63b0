"""The hand-written texts: every one of them parses, and every slot it names is filled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from moltwatch.simulation.grammar import expand
from moltwatch.simulation.script import Block, Line, MaterialError, block, blocks, parse
from moltwatch.simulation.sessions import SESSIONS
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
                    yield f"{found.file}: {found.name}", template, found
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


def test_opening_scenes_exist() -> None:
    for session in SESSIONS.values():
        for name in session.settings.opening:
            kind, _, scene = name.rpartition(":")
            assert block(kind or "scene", scene)


def test_outline_is_read_as_a_tree() -> None:
    (found,) = parse("== scene s\nin: here\n- a\\nb\n  * c\n    + d\n- e", "f.txt")
    first, second = found.outline
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
