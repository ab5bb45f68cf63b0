"""Where a recording is written: one recorder writes there, and what it writes stays there."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from moltwatch.errors import RecordingError
from moltwatch.model import Event, Heartbeat
from moltwatch.recording.base import Writer
from moltwatch.recording.opening import SUFFIXES, PlannedRecording, create_recording, whole
from moltwatch.recording.place import Claim, lock_of
from moltwatch.times import SECOND
from tests.recording.files import HEADER, names, read

BEATS: list[Event] = [Heartbeat(seen_at=n * SECOND) for n in range(1, 4)]


async def writing(path: Path) -> Writer:
    """A recording of two beats that goes on."""
    writer = await create_recording(path, HEADER)
    for beat in BEATS[:2]:
        await writer.write([beat])
    return writer


def deleted(path: Path) -> None:
    path.unlink()


def moved(path: Path) -> None:
    path.rename(path.with_name(f"moved-{path.name}"))


def replaced(path: Path) -> None:
    moved(path)
    path.write_bytes(b"something else")


def folder_moved(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


TROUBLES: dict[Callable[[Path], None], str] = {
    deleted: "was deleted or moved away",
    moved: "was deleted or moved away",
    replaced: "was replaced by another file",
    folder_moved: "was deleted or moved away",
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("at_the_end", [False, True])
async def test_a_file_that_is_gone_stops_the_recording(
    tmp_path: Path, suffix: str, trouble: Callable[[Path], None], at_the_end: bool
) -> None:
    (tmp_path / "kept").mkdir()
    path = tmp_path / "kept" / f"night{suffix}"
    writer = await writing(path)
    trouble(path)
    with pytest.raises(RecordingError, match=f"night{suffix} {TROUBLES[trouble]} while it was"):
        await (writer.close() if at_the_end else writer.write(BEATS[2:]))
    await writer.close()  # which has been told, and is not told twice
    if trouble is deleted:
        return
    left = names(tmp_path if trouble is folder_moved else path.parent)
    if trouble is replaced:
        assert path.read_bytes() == b"something else"
        left.remove(path.name)
    assert len(left) == 1, "nothing of ours is left beside"
    now = path.with_name(left[0]) if trouble is not folder_moved else tmp_path / left[0] / path.name
    events, rejects = await read(now)
    assert (events, rejects.total) == (BEATS[:2], 0)


@pytest.mark.parametrize("part", ["-wal", "-shm"])
async def test_what_sqlite_keeps_beside_belongs_to_the_recording(tmp_path: Path, part: str) -> None:
    path = tmp_path / "night.molt"
    writer = await writing(path)
    path.with_name(path.name + part).unlink()
    said = rf"night\.molt{part}, a part of .*night\.molt, was deleted or moved away"
    with pytest.raises(RecordingError, match=said):
        await writer.write(BEATS[2:])
    await writer.close()
    assert (await read(path))[0] == BEATS[:2]


@pytest.mark.parametrize("suffix", SUFFIXES)
async def test_a_file_that_is_emptied_stops_the_recording(tmp_path: Path, suffix: str) -> None:
    """It is the same file, but what was in it is lost, and the rest would stand behind a hole."""
    path = tmp_path / f"night{suffix}"
    writer = await writing(path)
    os.truncate(path, 20)
    with pytest.raises(RecordingError, match="was cut short by another program"):
        await writer.write(BEATS[2:])
    await writer.close()
    if suffix != ".molt":  # whose pages SQLite may write once more
        assert path.stat().st_size < 200


async def test_a_copy_and_a_link_are_no_trouble(tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        path = tmp_path / f"night{suffix}"
        writer = await writing(path)
        shutil.copy(path, tmp_path / f"copy{suffix}")
        (tmp_path / f"link{suffix}").hardlink_to(path)
        await writer.write(BEATS[2:])
        await writer.close()
        assert (await read(path))[0] == BEATS


@pytest.mark.parametrize("suffix", SUFFIXES)
async def test_two_recorders_cannot_write_one_file(tmp_path: Path, suffix: str) -> None:
    """Neither by another way to it, nor by force, nor before anything came."""
    (tmp_path / "way").symlink_to(tmp_path)
    path = tmp_path / f"night{suffix}"
    first = PlannedRecording(path, HEADER)
    said = f"night{suffix} is being written by process {os.getpid()}: end that, or name another"
    for other in (path, tmp_path / "way" / path.name):
        with pytest.raises(RecordingError, match=said):
            PlannedRecording(other, HEADER, overwrite=True)
    await first.write(BEATS[:1])
    with pytest.raises(RecordingError, match=said):
        PlannedRecording(path, HEADER, overwrite=True)
    with pytest.raises(RecordingError, match=said), whole(path, overwrite=True):
        raise AssertionError("not to be written to")
    await first.write(BEATS[1:])
    await first.close()
    assert (await read(path))[0] == BEATS
    second = PlannedRecording(path, HEADER, overwrite=True)
    await second.write(BEATS[:1])
    await second.close()
    assert (await read(path))[0] == BEATS[:1]
    assert names(tmp_path) == sorted([path.name, "way"])


def test_a_lock_that_was_left_by_a_process_is_none(tmp_path: Path) -> None:
    path = tmp_path / "night.jsonl"
    lock_of(path).write_text("4711\n")
    Claim(path).release()
    assert names(tmp_path) == []


def test_a_claim_that_is_given_up_this_moment_is_not_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between opening the file and locking it, whoever had it has taken it away: what is locked
    then has no name, and keeps nobody away."""
    path = tmp_path / "night.jsonl"
    lock_of(path).touch()
    opened: list[int] = []
    real = os.open

    def open_as_it_goes(name: Path, flags: int, mode: int) -> int:
        file = real(name, flags, mode)
        if not opened:
            lock_of(path).unlink()
        opened.append(file)
        return file

    monkeypatch.setattr(os, "open", open_as_it_goes)
    claim = Claim(path)
    assert len(opened) == 2
    with pytest.raises(RecordingError, match="is being written"):
        Claim(path)
    claim.release()


async def test_where_files_cannot_be_locked_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    said: list[str] = []
    path = tmp_path / "night.jsonl"
    recording = PlannedRecording(path, HEADER, complain=said.append)
    await recording.write(BEATS)
    await recording.close()
    assert said == [
        f"{path}: files cannot be locked here: see to it that nothing else records to this one"
    ]
    assert (await read(path))[0] == BEATS
    assert names(tmp_path) == ["night.jsonl"]


@pytest.mark.parametrize("suffix", SUFFIXES[1:])
async def test_a_file_cut_short_after_the_last_write_is_told_at_the_end(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"night{suffix}"
    writer = await create_recording(path, HEADER)
    await writer.write(BEATS[:1])
    size = path.stat().st_size
    await writer.write(BEATS[1:])
    os.truncate(path, size)
    with pytest.raises(RecordingError, match="was cut short by another program"):
        await writer.close()


async def test_a_new_recording_that_could_not_be_finished_does_not_pass_for_whole(
    tmp_path: Path,
) -> None:
    path = tmp_path / "night.molt"
    path.write_bytes(b"the old one")
    with (
        pytest.raises(
            RecordingError, match=r"cannot write .*night\.molt: it could not be finished"
        ),
        whole(path, overwrite=True) as part,
    ):
        writer = await create_recording(part, HEADER)
        await writer.write(BEATS[:1])
        reading = sqlite3.connect(part)
        reading.execute("BEGIN")
        reading.execute("SELECT * FROM events").fetchall()
        await writer.write(BEATS[1:])
        await writer.close()
    reading.close()
    assert path.read_bytes() == b"the old one"
    assert names(tmp_path) == ["night.molt"]


async def test_a_log_cut_short_before_it_is_folded_into_the_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "night.molt"
    writer = await create_recording(path, HEADER)
    await writer.write(BEATS)
    os.truncate(tmp_path / "night.molt-wal", 0)
    with pytest.raises(RecordingError, match=r"cannot finish .*night\.molt: .* may be lost"):
        await writer.close()


async def test_a_lock_that_another_user_left_locks_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "night.molt"
    lock_of(path).write_text("1\n")
    opened = os.open

    def as_another_user(name: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(name, flags, mode)

    monkeypatch.setattr(os, "open", as_another_user)
    claim = Claim(path)
    with pytest.raises(RecordingError, match="is being written by process 1: end that"):
        Claim(path)
    claim.release()
    with pytest.raises(RecordingError, match=r"\.night\.molt\.lock: Permission denied"):
        Claim(path)  # it is gone, and no other can be made


async def test_what_is_whole_only_with_its_log_says_so(tmp_path: Path) -> None:
    path = tmp_path / "night.molt"
    writer = await create_recording(path, HEADER)
    await writer.write([Heartbeat(seen_at=n * SECOND) for n in range(1, 2_001)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(size, 1), limits[1]))
    try:
        with pytest.raises(RecordingError, match=r"whole only together with night\.molt-wal"):
            await writer.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    events, rejects = await read(path)
    assert (len(events), rejects.total) == (2_000, 0)
