"""Reading ground truth: which accounts belong together, which posts act out a persona or are
dangerous.

Files are told by what they hold; the simulator writes the same formats as the labels made by hand:
coordination as CSV (``author,group``, and where known ``kind,role,confidence,first_ts``), persona
and hazards as JSON lines (``id``, ``label`` 1, 0 or null, ``kind``, and where known the item
itself).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path

import msgspec
from msgspec import Struct, field

from moltwatch.errors import UsageError
from moltwatch.times import Micros, parse_time

PERSONA_KINDS = frozenset(("character", "manifesto", "brief", "promotion"))
_HEADER = {"author", "group"}
_FORMATS = (
    "coordination is CSV with the columns author and group, persona and hazards are JSON lines "
    "with id and label; see `moltwatch score --help`"
)
_PACKED = (".gz", ".zst")
_RECORDED = (".jsonl", ".molt", ".csv", ".json")


class Truth(StrEnum):
    """How an account counts."""

    POSITIVE = "positive"
    """Coordinated, with medium or high confidence."""
    LOOK_ALIKE = "look-alike"
    """Innocent, and looks guilty."""
    INNOCENT = "innocent"
    """Not listed."""
    IGNORED = "ignored"
    """Neither right nor wrong: pairs, floods of one account, low confidence, unlabelled."""


class Account(Struct, frozen=True, kw_only=True):
    """One row of the coordination labels."""

    author: str
    truth: Truth
    group: str
    kind: str
    since: Micros | None
    """When the campaign began to show; None if not told."""


class ItemLabel(Struct, frozen=True, kw_only=True):
    """One post judged by a reader."""

    id: str
    label: float | None
    """1 or 0; None where readers were not sure, which is left out."""
    kind: str | None = None
    type: str = ""
    author: str = ""
    bio: str | None = None
    title: str | None = None
    content: str | None = None
    in_reply_to: str | None = None
    sample: str = ""
    """How it came to be read: ``random``, ``doubtful``, …"""
    stratum: str = ""
    """The same by another name, under which some files have it."""

    def __post_init__(self) -> None:
        if not self.sample:
            msgspec.structs.force_setattr(self, "sample", self.stratum)


class Labels(Struct, kw_only=True):
    """All that is known to be true."""

    accounts: dict[str, Account] = field(default_factory=dict)
    personas: dict[str, ItemLabel] = field(default_factory=dict)
    hazards: dict[str, ItemLabel] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)

    def truth(self, author: str) -> Truth:
        """How an account counts; one that is not listed is innocent."""
        account = self.accounts.get(author)
        return account.truth if account else Truth.INNOCENT

    def blinded(
        self,
        pseudonym: Callable[[str], str],
        text: Callable[[str], str],
        ident: Callable[[str], str],
    ) -> Labels:
        """The same under other names, in texts and in ids too."""

        def hide(item: ItemLabel) -> ItemLabel:
            return msgspec.structs.replace(
                item,
                id=ident(item.id),
                author=pseudonym(item.author),
                bio=item.bio and text(item.bio),
                title=item.title and text(item.title),
                content=item.content and text(item.content),
                in_reply_to=item.in_reply_to and text(item.in_reply_to),
            )

        return Labels(
            accounts={
                pseudonym(name): msgspec.structs.replace(account, author=pseudonym(name))
                for name, account in self.accounts.items()
            },
            personas={ident(id): hide(item) for id, item in self.personas.items()},
            hazards={ident(id): hide(item) for id, item in self.hazards.items()},
            files=self.files,
        )


def read_labels(paths: Iterable[Path], recording: str) -> Labels:
    """Read label files; a folder or the beginning of a name stands for all label files there, and
    nothing for those beside the recording.

    Raises UsageError if there are none, or if one cannot be understood.
    """
    labels = Labels()
    for path in list(paths) or [_stem(Path(recording))]:
        if path.is_file():
            if not _read(path, labels):
                raise UsageError(f"{path}: not a file of labels: {_FORMATS}")
            continue
        around = path.iterdir() if path.is_dir() else path.parent.glob(f"{_literal(path.name)}*")
        found = [
            file
            for file in sorted(around)
            if file.suffix in (".csv", ".jsonl") and file.is_file() and _read(file, labels)
        ]
        if not found:
            raise UsageError(f"{path}: no labels there: {_FORMATS}")
    return labels


def _stem(recording: Path) -> Path:
    name = recording.name
    for suffix in (*_PACKED, *_RECORDED):
        name = name.removesuffix(suffix)
    return recording.with_name(f"{name}.")


def _literal(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)


def _read(path: Path, labels: Labels) -> bool:
    """Add a file's labels; tell whether it held any."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            head = lines.readline()
            lines.seek(0)
            if _HEADER.issubset(next(csv.reader([head]), [])):
                labels.accounts.update(_accounts(lines))
            elif '"label"' in head:
                _sort_items(path, list(_items(lines)), labels)
            else:
                return False
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise UsageError(f"{path}: labels cannot be read ({error})") from None
    labels.files.append(path)
    return True


def _accounts(lines: Iterable[str]) -> dict[str, Account]:
    accounts: dict[str, Account] = {}
    for row in csv.DictReader(lines):
        if not row["author"]:
            continue
        since = (row.get("first_ts") or "").strip()
        accounts[row["author"]] = Account(
            author=row["author"],
            truth=_truth(row.get("role", "positive") or "", row.get("confidence") or "high"),
            group=row["group"] or "",
            kind=row.get("kind") or "",
            since=parse_time(since) if since else None,
        )
    return accounts


def _truth(role: str, confidence: str) -> Truth:
    if role == "hard_negative":
        return Truth.LOOK_ALIKE
    if role == "positive" and confidence in ("medium", "high"):
        return Truth.POSITIVE
    return Truth.IGNORED


def _items(lines: Iterable[str]) -> Iterable[ItemLabel]:
    decode = msgspec.json.Decoder(ItemLabel).decode
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield decode(line)
            except msgspec.MsgspecError as error:
                raise ValueError(f"line {number}: {error}") from None


def _sort_items(path: Path, items: list[ItemLabel], labels: Labels) -> None:
    strange = {item.kind for item in items if item.kind} - PERSONA_KINDS
    hazardous = bool(strange) or "hazard" in path.name
    (labels.hazards if hazardous else labels.personas).update((item.id, item) for item in items)
