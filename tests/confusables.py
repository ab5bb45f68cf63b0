"""Makes the table of characters that look alike: ``python -m tests.confusables confusables.txt``.

It reads `confusables.txt` of Unicode's security data (UTS #39), the version of which stands in its
head, and writes `moltwatch/text/confusables.txt`: a line for each prototype, with all that look
like it, as code points in hexadecimal. Characters beyond the scripts in use are in it too: whoever
imitates a name takes what there is.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from moltwatch import text
from moltwatch.text.confusables import TABLE

HERE = Path(text.__file__).with_name(TABLE)
_VERSION = re.compile(r"^# Version: ([\d.]+)", re.MULTILINE)
_LINE = re.compile(r"([0-9A-F]{4,6})\s*;\s*((?:[0-9A-F]{4,6}\s*)+);")


def compact(original: str, head: str) -> str:
    """The table, from Unicode's file. ``head`` is the head of the last one, whose licence stays."""
    version = _VERSION.search(original)
    if version is None:
        raise ValueError("no `# Version: …` in it: is it Unicode's confusables.txt?")
    sources: dict[str, list[str]] = {}
    for line in original.splitlines():
        if found := _LINE.match(line):
            prototype = " ".join(f"{int(code, 16):X}" for code in found[2].split())
            sources.setdefault(prototype, []).append(f"{int(found[1], 16):X}")
    lines = [
        f"{prototype};{' '.join(sorted(codes, key=_number))}"
        for prototype, codes in sorted(sources.items(), key=lambda item: _numbers(item[0]))
    ]
    return _VERSION.sub(f"# Version: {version[1]}", head) + "\n".join(lines) + "\n"


def head_of(table: str) -> str:
    """The comment before the lines of a table."""
    return "".join(line for line in table.splitlines(keepends=True) if line.startswith("#"))


def _number(code: str) -> int:
    return int(code, 16)


def _numbers(codes: str) -> list[int]:
    return list(map(_number, codes.split()))


if __name__ == "__main__":
    original = Path(sys.argv[1]).read_text("utf-8-sig")
    HERE.write_text(compact(original, head_of(HERE.read_text("ascii"))), "ascii")
