"""What the user said of a session is there again when it is watched again."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.model import Kind, Post
from moltwatch.session import Session
from moltwatch.session.charge import Opinion
from moltwatch.sources.base import Source
from moltwatch.times import MINUTE
from moltwatch.tui import state_file
from moltwatch.tui.state_file import MOST_OPINIONS, MOST_PINS, Changes, Kept, Newer, Unusable
from moltwatch.tui.triage import Triage
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, FakeSource, Forum, script


def again(
    folder: Path, *, live: bool = False, recorded: bool = False
) -> AbstractAsyncContextManager[Watcher]:
    """The screen over the session, with this folder for what is kept."""
    events, findings = script(minutes=6)
    forum = Forum(events, findings, play=START + 6 * MINUTE, live=live, recorded=recorded)
    return watching(forum, kept_in=folder)


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_opinions_and_pins_are_there_again(tmp_path: Path) -> None:
    async with again(tmp_path) as watcher:
        await watcher.press("left_square_bracket", "x")
        dismissed = watcher.main.meant.case
        assert dismissed is not None
        await watcher.press("left_square_bracket", "c", "p")
        pinned = list(watcher.main.triage.pinned)
        said = {(c.charges[0].key, c.opinion) for c in watcher.session.charges.cases if c.opinion}
        assert {opinion for _, opinion in said} == set(Opinion) and len(pinned) == 1
    async with again(tmp_path) as watcher:
        told = {(c.charges[0].key, c.opinion) for c in watcher.session.charges.cases if c.opinion}
        assert told == said
        for case in watcher.session.charges.cases:
            if case.opinion is Opinion.DISMISSED:
                assert {charge.key for charge in case.charges} <= set(watcher.forum.dismissed)
        assert watcher.forum.dismissed, "whoever reads the lines is told as well"
        assert watcher.main.triage.pinned == pinned
        assert watcher.main.threads.view.rows[0].key == pinned[0]
        assert watcher.notice == ""


async def test_what_was_said_while_it_was_recorded_is_there_in_the_recording(
    tmp_path: Path,
) -> None:
    async with again(tmp_path, live=True, recorded=True) as watcher:
        await watcher.press("left_square_bracket", "x", "p")
        pinned = list(watcher.main.triage.pinned)
        said = {(c.charges[0].key, c.opinion) for c in watcher.session.charges.cases if c.opinion}
    for live in (False, True):
        async with again(tmp_path, live=live) as watcher:
            cases = watcher.session.charges.cases
            assert {(c.charges[0].key, c.opinion) for c in cases if c.opinion} == said
            assert watcher.main.triage.pinned == pinned != []


async def test_what_was_taken_back_is_gone(tmp_path: Path) -> None:
    async with again(tmp_path) as watcher:
        await watcher.press("left_square_bracket", "x", "p", "x", "p")
    async with again(tmp_path) as watcher:
        assert not any(case.opinion for case in watcher.session.charges.cases)
        assert watcher.main.triage.pinned == []


async def test_of_the_forum_nothing_is_written_but_ids(tmp_path: Path) -> None:
    async with again(tmp_path) as watcher:
        await watcher.press("left_square_bracket", "x", "p")
        ids = {event.id for event in watcher.forum.events if hasattr(event, "id")}
    (file,) = files(tmp_path)
    held = json.loads(file.read_text())
    words = {"version", "2", "pinned", "marks", "opinions", *Opinion, *Kind}
    assert set(_strings(held)) - words <= ids


def _strings(held: object) -> list[str]:
    if isinstance(held, dict):
        return [*held, *(word for value in held.values() for word in _strings(value))]
    if isinstance(held, list):
        return [word for value in held for word in _strings(value)]
    return [str(held)]


async def test_another_session_knows_nothing_of_it(tmp_path: Path) -> None:
    async with again(tmp_path) as watcher:
        await watcher.press("left_square_bracket", "x", "p")
    async with again(tmp_path, live=True) as watcher:
        assert watcher.main.triage.pinned == []
        await watcher.press("p")
    assert len(files(tmp_path)) == 2


def test_a_session_is_known_by_what_it_is(tmp_path: Path) -> None:
    def file(source: Source, *posts: Post, recorded: bool = False) -> list[Path]:
        session = Session()
        for post in posts:
            session.take(post, [])
        return state_file.places(tmp_path, source, session, recorded=recorded)

    one, other = (
        Post(id=id, thread=id, author="ada", created_at=START, seen_at=START) for id in "ab"
    )
    recording, live, piped = FakeSource([one]), FakeSource([], live=True), FakeSource([], live=True)
    piped.spec = "-"
    assert file(recording) == [], "not before the first post"
    assert file(recording, one) == file(recording, one, other) != file(recording, other, one)
    assert file(live) == file(live, one) != file(recording, one)
    assert file(piped, one) == []
    assert file(live, recorded=True) == [], "not before the first post"
    assert file(live, one, recorded=True) == file(live) + file(recording, one)
    assert file(piped, one, recorded=True) == file(recording, one)


@pytest.mark.parametrize("damaged", [0, 1])
def test_of_two_files_the_whole_one_is_read(tmp_path: Path, damaged: int) -> None:
    session, source = Session(), FakeSource([], live=True)
    session.take(Post(id="a", thread="a", author="ada", created_at=START, seen_at=START), [])
    files = state_file.places(tmp_path, source, session, recorded=True)
    state_file.write(files[1 - damaged], Kept(pinned=["a"]))
    files[damaged].write_bytes(b"{")
    opinions = Triage(tmp_path)
    with pytest.raises(Unusable, match=files[damaged].name):
        opinions.recall(session, source, recorded=True)
    assert opinions.pinned == ["a"]
    opinions.pin("b")
    assert [state_file.read(file).pinned for file in files] == [["a", "b"]] * 2


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"pinned":[7]}', '{"opinions":{"loved":{}}}', "[" * 100_000, "\ud800"],
    ids=["empty", "cut", "list", "number", "opinion", "deep", "bytes"],
)
def test_a_damaged_file_is_unusable(tmp_path: Path, content: str) -> None:
    file = tmp_path / "kept.json"
    file.write_bytes(content.encode(errors="surrogatepass"))
    with pytest.raises(Unusable, match=r"kept\.json cannot be read \(it is damaged\)"):
        state_file.read(file)


async def test_a_damaged_file_is_told_and_replaced(tmp_path: Path) -> None:
    async with again(tmp_path) as watcher:
        await watcher.press("p")
    (file,) = files(tmp_path)
    file.write_text("{")
    async with again(tmp_path) as watcher:
        assert watcher.notice.startswith("opinions, pins and marks of earlier runs are lost: ")
        assert watcher.main.triage.pinned == []
        await watcher.press("p")
        pinned = list(watcher.main.triage.pinned)
    assert state_file.read(file).pinned == pinned != []


async def test_a_folder_that_cannot_be_written_is_told_and_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    async with again(tmp_path / "taken") as watcher:
        await watcher.wait(60)
        await watcher.press("p")
        await watcher.wait(60)
        assert "cannot be written" in watcher.main.notifications.text
        assert len(watcher.main.triage.pinned) == 1


def test_nothing_half_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept.json"
    state_file.write(path, Kept(pinned=["before"]))

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(Unusable, match="No space left on device"):
        state_file.write(path, Kept(pinned=["after"]))
    assert files(tmp_path) == [path]
    assert state_file.read(path).pinned == ["before"]


IDS = st.text(st.characters(), min_size=1, max_size=20)  # half characters as well


@given(
    st.dictionaries(st.tuples(IDS, st.sampled_from(Kind)), st.sampled_from(Opinion)),
    st.lists(IDS),
)
def test_any_id_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    opinions: dict[tuple[str, Kind], Opinion],
    pinned: list[str],
) -> None:
    path = tmp_path_factory.getbasetemp() / "kept.json"
    state_file.write(path, Kept.of(opinions, pinned))
    assert state_file.read(path).by_post() == opinions
    assert state_file.read(path).pinned == pinned


def test_it_stays_small() -> None:
    opinions = {(f"p{n}", Kind.PERSONA): Opinion.DISMISSED for n in range(MOST_OPINIONS + 5)}
    held = Kept.of(opinions, [f"t{n}" for n in range(MOST_PINS + 5)])
    assert len(held.by_post()) == MOST_OPINIONS and ("p0", Kind.PERSONA) not in held.by_post()
    assert len(held.pinned) == MOST_PINS and held.pinned[-1] == f"t{MOST_PINS + 4}"


def test_a_file_that_was_written_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_file, "_LARGEST", 60_000)
    astral = "\U0001f980" * 200
    opinions = {(f"{astral}{n}", Kind.PERSONA): Opinion.DISMISSED for n in range(100)}
    held = Kept.of(opinions, [f"{astral}{n}" for n in range(100)])
    assert len(json.dumps(msgspec.to_builtins(held))) <= 60_000
    assert (f"{astral}99", Kind.PERSONA) in held.by_post() and held.pinned[-1] == f"{astral}99"


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_text(content := '{"version": 3, "stars": []}')
    with pytest.raises(Newer, match="is of a newer moltwatch"):
        state_file.read(path)
    with pytest.raises(Newer):
        state_file.update(path, Changes(pins={"t": True}), Kept())
    assert path.read_text() == content


async def test_beside_a_newer_version_nothing_is_kept(tmp_path: Path) -> None:
    async with again(tmp_path) as watcher:
        await watcher.press("p")
    (file,) = files(tmp_path)
    file.write_text(content := '{"version": 3}')
    async with again(tmp_path) as watcher:
        assert "is of a newer moltwatch" in watcher.notice
        await watcher.press("p")
        assert len(watcher.main.triage.pinned) == 1
    assert file.read_text() == content
