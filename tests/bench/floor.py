"""The floor: the least that any such program must do.

``python -m tests.bench.floor RECORDING`` decodes every line, folds case, finds the words, and makes
one MinHash of 64 permutations of each post. It imports nothing of moltwatch.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
from rensa import RMinHash


class Item(msgspec.Struct):
    """A line as the floor sees it: an object of the API, or an event of ours."""

    id: str = ""
    type: str = "post"
    author: Any = None
    created_at: Any = None
    content: str | None = None
    text: str | None = None
    title: str | None = None


_decode = msgspec.json.Decoder(Item).decode
_words = re.compile(r"\w+").findall


def is_post(line: bytes) -> bool:
    """Whether a line is a post or a comment; a line of ours may be something else."""
    return _decode(line).type in ("post", "comment")


def opened(path: Path) -> AbstractContextManager[Iterable[bytes]]:
    """A file of lines, packed with gzip or plain."""
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def posts(path: Path) -> Iterator[Item]:
    """The posts of a recording."""
    with opened(path) as lines:
        for line in lines:
            item = _decode(line)
            if item.type in ("post", "comment"):
                yield item


def floor(path: Path) -> int:
    """Do it all; the number of posts."""
    n = 0
    for item in posts(path):
        sketch = RMinHash(num_perm=64, seed=1)
        text = f"{item.title or ''} {item.content or item.text or ''}"
        sketch.update(_words(text.casefold()) or [""])
        sketch.digest()
        n += 1
    return n


if __name__ == "__main__":
    floor(Path(sys.argv[1]))
