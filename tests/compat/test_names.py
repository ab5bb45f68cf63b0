"""The names that users of 0.1.0 have in their scripts and files: there may be more, never fewer.

The lists are written out on purpose. A test that fails here names what was taken away or renamed;
the remedy is to give it back, not to change the list.
"""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

from moltwatch.cli import cli
from moltwatch.errors import UsageError
from moltwatch.session.filter import compile_filter
from moltwatch.sources.mapped.source import load_mapping
from tests.cli.running import command, environment, moltwatch

SESSION = Path(__file__).with_name("0.1.0") / "session.jsonl"

HEURISTICS = {
    "bio-echo": ("persona", "bio", "emphasis share"),
    "brief": ("persona", "brief", "emphasis"),
    "character": ("persona", "character", "emphasis"),
    "co-reply": ("coordinated", "synchrony", "window gap occasions overlap strength"),
    "command-payload": ("coordinated", "payload", "window accounts strength"),
    "conversation": ("persona", "conversation", "emphasis share"),
    "credentials": ("hazard", "credentials", "randomness repeats"),
    "emoji-wave": ("coordinated", "text", "window accounts"),
    "hidden-message": ("hazard", "encoding", "least repeats"),
    "injection": ("hazard", "injection", "quoted mentioned about repeats"),
    "link-push": ("coordinated", "payload", "window burst accounts repeats share part strength"),
    "manifesto": ("persona", "manifesto", "emphasis"),
    "name-family": ("coordinated", "names", "window accounts strength"),
    "near-duplicate": ("coordinated", "text", "window similarity least_words accounts"),
    "promotion": ("persona", "promotion", "emphasis"),
    "registrations": ("coordinated", "registration", "window fresh accounts strength"),
    "reply-circle": ("coordinated", "order", "answers threads share accounts strength"),
    "same-text": ("coordinated", "text", "window long_words accounts short_accounts short_window"),
    "scripted-gaps": ("coordinated", "timing", "window quiet accounts strength"),
    "self-repetition": ("persona", "repetition", "emphasis shortest"),
    "shared-bio": ("coordinated", "profile", "window accounts strength"),
    "template": ("coordinated", "text", "window frame least_words long_words accounts many"),
    "thread-burst": ("coordinated", "synchrony", "window quiet accounts share strength"),
    "turn-taking": ("coordinated", "order", "gap turns share strength"),
    "vocabulary": ("coordinated", "vocabulary", "warm_up quiet accounts window loud strength"),
}
"""Kind, family and parameters, by name."""

SECTIONS = {"flags": "kinds min_score groups", "screen": "theme fps"}
"""Keys of the configuration, by section."""

COMMANDS = {
    "": "-V --version -h --help",
    "watch": "--since --record --force --pipe --theme --config",
    "replay": "--speed --start --max-idle --pipe --theme --config",
    "flags": (
        "--kind --min-score --verdicts --where --groups --no-groups --format --since --record "
        "--force --config"
    ),
    "record": "-o --output --for --force --since --config",
    "serve": "--speed --start --host --port",
    "simulate": (
        "-o --output --session --agents --rate --hours --seed --start --campaigns --labels --force"
    ),
    "report": "--html --force --min-score --start --end --config",
    "score": "--blind --only --without --ablation --json --config",
    "convert": "--blind --force --title",
    "heuristics": "--default-config",
    "sources": "",
    "sources check": "--within",
    "sources try": "",
    "themes": "",
    "completion": "",
}
"""Options, by command; every command has ``-h`` and ``--help`` as well."""

CHOICES = {
    "flags --kind": "persona coordinated hazard",
    "flags --format": "jsonl text csv",
    "completion shell": "bash zsh fish",
}
"""What an option or argument may be, where that is a list."""

VARIABLES = {
    f"{name} --config": "MOLTWATCH_CONFIG"
    for name in ("watch", "replay", "flags", "record", "report", "score")
}
"""Environment variables that stand for an option."""

CAMPAIGNS = "all none clones templates emoji links ring names registrations mint flood hazards"

SUFFIXES = (".molt", ".jsonl", ".jsonl.gz", ".jsonl.zst")

TABLES = {
    "header": "format version title origin created_at simulated",
    "events": "seq at type data",
    "posts": (
        "seq at id thread parent author community title text created_at seen_at link url score "
        "source"
    ),
    "agents": "seq at name display bio created_at seen_at karma followers following source",
    "gaps": "seq at since until reason recovered seen_at source",
}
"""Columns of the tables and views of a ``.molt``, for those who ask it in SQL."""

SOURCES = {
    "recording": "",
    "stdin": "",
    "forum": "ws: wss:",
    "moltbook": "moltbook: moltbook+http: moltbook+https:",
    "clawstr": "clawstr:",
    "nostr": "nostr+wss: nostr+ws:",
    "mastodon": "mastodon+wss: mastodon+ws:",
    "jetstream": "jetstream:",
    "sse": "sse+https: sse+http:",
    "json": "json+wss: json+ws:",
    "sim": "sim:",
}
"""Schemes, by name."""

THEMES = ("daylight", "phosphor", "terminal", "tidepool")
BUNDLED = ("first-look", "night", "quiet-day")
PRESETS = ("agentfeed", "chatr", "openclaw")

EVENT = "[[event]]\nmake = 'nothing'\n"
FIELDS = "id author text title parent thread community time link url score delta display bio"
MAPPING = {
    "about": "about = 'x'\n" + EVENT,
    "source": "source = 'x'\n" + EVENT,
    "example": "example = 'x'\n" + EVENT,
    "key": "key = 'X'\n" + EVENT,
    "heartbeat": "heartbeat = 1.5\n" + EVENT,
    "replays": "replays = true\n" + EVENT,
    "event": EVENT,
    "event.when": EVENT + "when = 'x'\n",
    "event.each": EVENT + "each = 'x'\n",
    "send.frame": EVENT + "[[send]]\nframe = { x = '{key} {each} {number}' }\n",
    "send.when": EVENT + "[[send]]\nframe = {}\nwhen = 'x'\n",
    "send.each": EVENT + "[[send]]\nframe = {}\neach = 'x'\n",
    "refuse": EVENT + "[[refuse]]\nwhen = 'x'\nreason = 'y'\n",
    **{
        f"event.fields.{field}": EVENT + f"fields = {{ {field} = 'x' }}\n"
        for field in FIELDS.split()
    },
    **{
        f"make {made}": f"[[event]]\nmake = '{made}'\nfields = {{ {fields} }}\n"
        for made, fields in {
            "post": "id = 'x', author = 'x', text = 'x'",
            "edit": "id = 'x', text = 'x'",
            "delete": "id = 'x'",
            "vote": "id = 'x'",
            "agent": "author = 'x'",
            "nothing": "",
        }.items()
    },
}
"""The smallest mapping with each key."""

NAMES = "author community group heuristic id parent source thread"
TEXTS = "link reason text title url"
NUMBERS = "coordinated hazard length persona score"
FILTERS = (
    [
        f"{field}{sign}"
        for field in f"{NAMES} {TEXTS}".split()
        for sign in (":x", "=x", ":~x", "~x", "~/x/")
    ]
    + [
        f"{field}{sign}0.5"
        for field in NUMBERS.split()
        for sign in (">", ">=", "<", "<=", "=", ":")
    ]
    + [f"kind:{kind}" for kind in ("post", "comment")]
    + [f"flagged:{kind}" for kind in ("persona", "coordinated", "hazard", "any")]
    + [f"has:{what}" for what in ("link", "title", "group", "reason")]
    + ["after:2026-01-31T05:00", "before:2026-01-31T05:00"]
    + ["word", '"exact phrase"', "/pattern/", "a b", "a and b", "a or b"]
    + ["not a", "-a", "!a", "(a or b) c"]
)
"""Every field with every operator it takes, every choice, and every way to join them."""


def gone(then: Iterable[str], now: Iterable[str]) -> list[str]:
    """What there was and is no more."""
    there = set(now)
    return [name for name in then if name not in there]


def refused(inputs: dict[str, str], read: Callable[[str], object]) -> list[str]:
    """Names of the inputs that are refused, with the reason."""
    wrong: list[str] = []
    for name, text in inputs.items():
        try:
            read(text)
        except UsageError as error:
            wrong.append(f"{name}: {error}")
    return wrong


def test_heuristics() -> None:
    now = rows("heuristics")
    assert gone(HEURISTICS, now) == []
    assert [
        f"{name}: {now[name][:2]}"
        for name, (kind, family, _) in HEURISTICS.items()
        if now[name][:2] != [kind, family]
    ] == []


def test_the_configuration() -> None:
    keys: set[str] = set()
    section = ""
    for line in moltwatch("heuristics", "--default-config").stdout.splitlines():
        if match := re.fullmatch(r"\[(.+)\]", line):
            section = match[1]
        elif match := re.match(r"# (\w+) = ", line):
            keys.add(f"{section}.{match[1]}")
    then = [f"{name}.{key}" for name, given in SECTIONS.items() for key in given.split()]
    for name, (_, _, parameters) in HEURISTICS.items():
        then += [f"heuristics.{name}.{key}" for key in ["enabled", *parameters.split()]]
    assert gone(then, keys) == []


def test_the_entry_points_of_heuristics() -> None:
    assert gone(HEURISTICS, entry_points(group="moltwatch.heuristics").names) == []


def test_commands_and_options() -> None:
    now: dict[str, set[str]] = {}
    choices: dict[str, Iterable[str]] = {}
    variables: dict[str, object] = {}
    for name, context in commands(cli.make_context("moltwatch", [], resilient_parsing=True)):
        now[name] = set(context.help_option_names)  # the option is made once, by whoever asks
        for param in context.command.get_params(context):
            spelled = {*param.opts, *param.secondary_opts}
            now[name] |= spelled
            for one in spelled:
                choices[f"{name} {one}"] = getattr(param.type, "choices", ())
                variables[f"{name} {one}"] = param.envvar
    assert gone(COMMANDS, now) == []
    for name, options in COMMANDS.items():
        assert gone([*options.split(), "-h", "--help"], now[name]) == [], name
    for name, listed in CHOICES.items():
        assert gone(listed.split(), choices[name]) == [], name
    assert gone(map(str, VARIABLES.items()), map(str, variables.items())) == []


def commands(context: click.Context) -> Iterator[tuple[str, click.Context]]:
    """The program and its commands, by name."""
    yield context.command_path.partition(" ")[2], context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            found = context.command.get_command(context, name)
            assert found is not None
            yield from commands(found.context_class(found, context, name))


def test_exit_codes(tmp_path: Path) -> None:
    broken = tmp_path / "broken.molt"
    broken.write_bytes(b"SQLite format 3\0" + bytes(200))
    assert moltwatch("--version").returncode == 0
    assert moltwatch("flags", broken).returncode == 1
    assert moltwatch("flags", SESSION, "--where", "nofield:x").returncode == 2
    assert moltwatch("flags", tmp_path / "absent.molt").returncode == 3
    with subprocess.Popen(
        command("serve", SESSION, "--port", "0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith(b"ws://")
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 130


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_recordings(suffix: str, tmp_path: Path) -> None:
    out = tmp_path / f"out{suffix}"
    made = moltwatch("convert", SESSION, out)
    assert made.returncode == 0, made.stderr
    read = moltwatch("convert", out, tmp_path / "again.jsonl")
    assert read.returncode == 0 and "41 posts" in read.stderr, read.stderr


def test_tables(tmp_path: Path) -> None:
    out = tmp_path / "out.molt"
    assert moltwatch("convert", SESSION, out).returncode == 0
    with closing(sqlite3.connect(out)) as database:
        for name, columns in TABLES.items():
            now = database.execute("SELECT name FROM pragma_table_info(?)", (name,)).fetchall()
            assert gone(columns.split(), [column for (column,) in now]) == [], name


def test_sources() -> None:
    now = {name: row[0].split() for name, row in rows("sources").items()}
    assert gone(SOURCES, now) == []
    for name, schemes in SOURCES.items():
        assert gone(schemes.split(), now[name]) == [], name


def test_what_comes_with_moltwatch(tmp_path: Path) -> None:
    assert gone(THEMES, rows("themes")) == []
    assert refused({name: name for name in PRESETS}, load_mapping) == []
    told = moltwatch("flags", "nigh").stderr
    assert gone(BUNDLED, re.findall(r"[\w-]+", told)) == []
    out = tmp_path / "out.jsonl"
    told = moltwatch("simulate", "-o", out, "--campaigns", "no-such").stderr
    assert gone(CAMPAIGNS.split(), re.findall(r"[\w-]+", told)) == []


def test_mappings(tmp_path: Path) -> None:
    def read(text: str) -> None:
        path = tmp_path / "mapping.toml"
        path.write_text(text)
        load_mapping(str(path))

    assert refused(MAPPING, read) == []


def test_filters() -> None:
    assert refused({text: text for text in FILTERS}, compile_filter) == []


def rows(name: str) -> dict[str, list[str]]:
    """The list that a command prints in a pipe: what stands behind the name, by name."""
    cells = (line.split("\t") for line in moltwatch(name).stdout.splitlines())
    return {first: rest for first, *rest in cells}
