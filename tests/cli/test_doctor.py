"""``moltwatch doctor``: what a report of a bug needs, and no secret in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from moltwatch import __version__
from moltwatch.heuristics.registry import GROUP
from moltwatch.sources.registry import KINDS
from tests.cli.running import moltwatch, moltwatch_process

SECRET = "not-a-real-key-4711"


def test_all_is_well_and_no_key_is_told(tmp_path: Path) -> None:
    names = {name for kind in KINDS for name in re.findall(r"[A-Z]+(?:_[A-Z]+)+", kind.key)}
    names |= {"MOLTWATCH_SERVE_TOKEN"}
    done = moltwatch(
        "doctor", "sim:?agents=20&rate=600&speed=50&seed=1",
        XDG_CONFIG_HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path), TERM="xterm-256color",
        **dict.fromkeys(names, SECRET),
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr, lines[-1]) == (0, "", "nothing is wrong")
    assert lines[0] == f"moltwatch: {__version__}" and lines[1].startswith("python: 3.")
    assert re.search(r"^packages: .*textual \d", done.stdout, re.MULTILINE)
    assert "its settings: TERM=xterm-256color" in done.stdout
    assert f"configuration: {tmp_path}" in done.stdout and "none: defaults" in done.stdout
    for name in names:
        assert any(line.startswith(f"{name}: set, in {name}, for ") for line in lines)
    assert SECRET not in done.stdout
    assert any(line.startswith("sim:?agents=20") and "first event" in line for line in lines)


def test_each_trouble_comes_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "moltwatch").mkdir()
    (tmp_path / "moltwatch" / "config.toml").write_text("[flags]\nmin_scor = 0.4\n")
    (tmp_path / "file").write_text("")
    done = moltwatch(
        "doctor", f"ws://eve:{SECRET}@127.0.0.1:9/?token={SECRET}",
        XDG_CONFIG_HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path / "file" / "state"),
        MOLTBOOK_API_KEY_FILE=str(tmp_path / "gone"), MOLTBOOK_API_KEY_HOST="forum.example",
    )  # fmt: skip
    wrong = [line for line in done.stdout.splitlines() if line.startswith("  wrong: ")]
    assert done.returncode == 1 and done.stdout.endswith(f"\nwrong: {len(wrong)}\n")
    configuration, state, key, source = wrong
    assert "config.toml" in configuration and "min_score" in configuration
    assert f"{tmp_path / 'file'} cannot be written to" in state
    assert "MOLTBOOK_API_KEY_FILE" in key and "No such file" in key
    assert "colours: " in done.stdout and "configuration folder: " in done.stdout
    assert source and "connection refused" in done.stdout and SECRET not in done.stdout


def test_a_cache_of_somebody_else_is_told(tmp_path: Path) -> None:
    """The folder that is written to counts, not the one above it."""
    folder = tmp_path / "moltwatch"
    folder.mkdir()
    (folder / "answers").write_text("in the way")
    done = moltwatch("doctor", XDG_CACHE_HOME=str(tmp_path))
    told = next(line for line in done.stdout.splitlines() if "cache folder: " in line)
    assert "not writable" in told and "heuristics are asked anew each time" in done.stdout


def test_the_home_folder_is_not_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    variables = {name: "" for name in os.environ if name.startswith("XDG_")}
    done = moltwatch("doctor", HOME=str(tmp_path), **variables)
    assert str(tmp_path) not in done.stdout and "state folder: ~" in done.stdout


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"MOLTBOOK_API_KEY": SECRET}, "for www.moltbook.com alone"),
        (
            {"MOLTBOOK_API_KEY": SECRET, "MOLTBOOK_API_KEY_HOST": "forum.example:8443"},
            "for forum.example:8443 alone",
        ),
        ({"MOLTWATCH_SERVE_TOKEN": SECRET}, "for this machine alone"),
        (
            {"MOLTWATCH_SERVE_TOKEN": SECRET, "MOLTWATCH_SERVE_TOKEN_HOST": "reef.example:8765"},
            "for reef.example:8765 alone",
        ),
        ({"MASTODON_ACCESS_TOKEN": SECRET}, "for the server that a SOURCE of its kind names"),
        (
            {"AGENTFEED_KEY": SECRET, "AGENTFEED_KEY_HOST": "A.example, [::1]:3000"},
            "for a.example, [::1]:3000 alone",
        ),
    ],
)
def test_a_key_is_told_with_who_gets_it(variables: dict[str, str], told: str) -> None:
    name = next(iter(variables))
    done = moltwatch("doctor", **variables)
    assert f"{name}: set, in {name}, {told}\n" in done.stdout and SECRET not in done.stdout


def test_a_key_that_a_mapping_names_is_told_as_well(tmp_path: Path) -> None:
    (mapping := tmp_path / "reef.toml").write_text(
        'key = "REEF_KEY"\n[[event]]\nmake = "nothing"\n'
    )
    bound = {"REEF_KEY": SECRET, "REEF_KEY_HOST": "127.0.0.1:9"}
    for scheme in ("json+ws", "sse+http"):
        done = moltwatch("doctor", f"{scheme}://127.0.0.1:9/?map={mapping}", **bound)
        assert "REEF_KEY: set, in REEF_KEY, for 127.0.0.1:9 alone\n" in done.stdout
        assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"MASTODON_ACCESS_TOKEN_FILE": SECRET}, "MASTODON_ACCESS_TOKEN_FILE: No such file"),
        (
            {
                "MOLTBOOK_API_KEY": SECRET,
                "MOLTBOOK_API_KEY_HOST": f"https://eve:{SECRET}@reef.example",
            },
            "wrong: MOLTBOOK_API_KEY_HOST: not HOST or HOST:PORT",
        ),
        (
            {"MASTODON_ACCESS_TOKEN_FILE": f"~{SECRET}/key"},
            "wrong: MASTODON_ACCESS_TOKEN_FILE: no such user",
        ),
        ({"AGENTFEED_KEY_FILE": os.devnull}, "the file that AGENTFEED_KEY_FILE names is empty"),
        ({"TERM": "dumb"}, "set TERM to what the terminal is"),
    ],
)
def test_what_is_set_wrongly_is_told_and_not_quoted(variables: dict[str, str], told: str) -> None:
    done = moltwatch("doctor", **variables)
    assert done.returncode == 1 and "  wrong: " in done.stdout and told in done.stdout
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "source",
    [
        f"ws://eve:{SECRET}'x@127.0.0.1:9/live",
        f"ws://eve:{SECRET}@127.0.0.1:port/",
        f"moltbook:?key={SECRET}",
        f"wss+x://eve:{SECRET}@reef.example",
        f"mastodon+wss://eve:{SECRET}@127.0.0.1:9/?access_token={SECRET}",
        f"sse+http://127.0.0.1:9/{{}}?map=agentfeed&since={SECRET}",
    ],
)
def test_an_address_that_cannot_be_used_keeps_its_secret(source: str) -> None:
    done = moltwatch("doctor", source)
    assert done.returncode == 1 and "***" in done.stdout, done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_what_would_stop_every_run_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "moltwatch").mkdir()
    (tmp_path / "moltwatch" / "config.toml").write_text("[heuristics.same-text]\nnosuch = 1\n")
    known = entry_points(group=GROUP)
    broken = EntryPoint("sea-legs", "no_such_module:SeaLegs", GROUP)
    everything = "moltwatch.heuristics.registry.entry_points"
    monkeypatch.setattr(everything, lambda group: (*known, broken))
    done = moltwatch("doctor", tmp_path / "gone.molt", XDG_CONFIG_HOME=str(tmp_path))
    assert done.returncode == 1 and done.stdout.endswith("\nwrong: 3\n")
    assert "wrong: " in done.stdout and "heuristics.same-text.nosuch" in done.stdout
    assert "plugin: heuristic sea-legs (no_such_module:SeaLegs) cannot be used" in done.stdout
    assert "gone.molt: cannot be opened" in done.stdout


def test_what_cannot_be_looked_at_hides_nothing_of_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr("moltwatch.paths.config_file", nowhere)
    done = moltwatch("doctor", XDG_STATE_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    assert done.returncode == 1 and "could not determine the home directory" in done.stdout
    assert "MOLTBOOK_API_KEY: " in done.stdout and "credentials: " in done.stdout


def test_a_home_that_holds_everything_is_left_in_its_place() -> None:
    done = moltwatch("doctor", HOME="/", XDG_CONFIG_HOME="/reef/config")
    assert "configuration: /reef/config/moltwatch/config.toml" in done.stdout


def test_the_file_of_credentials_has_a_key_or_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "moltbook" / "credentials.json"
    file.parent.mkdir()
    file.write_text(f'{{"api_key": "{SECRET}"}}')
    done = moltwatch("doctor", XDG_CONFIG_HOME=str(tmp_path))
    assert f"{file}, a key for www.moltbook.com alone" in done.stdout and SECRET not in done.stdout
    file.write_text(f'{{"clef": "{SECRET}"}}')
    done = moltwatch("doctor", XDG_CONFIG_HOME=str(tmp_path))
    assert "wrong: no key can be read there" in done.stdout and SECRET not in done.stdout


def test_it_is_text_for_a_terminal_without_unicode() -> None:
    done = moltwatch_process("doctor", PYTHONIOENCODING="ascii", TERM="çeşitli")
    assert "its settings: TERM=" in done.stdout and "Traceback" not in done.stderr


def test_it_does_not_wait_for_textual() -> None:
    script = "import sys; from moltwatch.cli.doctor import _findings; list(_findings(()));"
    script += "sys.exit('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
