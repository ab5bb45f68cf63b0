"""The table of promises in CONTRIBUTING.md names tests that there are, for every line of the
README's section on security."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_promise_names_tests_that_there_are() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    table = text[text.index("| promise | tests |") : text.index("## Adding things\n")]
    rows = [line.split(" | ")[1] for line in table.splitlines()[2:] if line.startswith("|")]
    named = [re.findall(r"`((?:[\w/]+\.py)?(?:::\w+)?)`", row) for row in rows]
    readme = (ROOT / "README.md").read_text()
    promised = readme[readme.index("## Security\n") : readme.index("Not promised:")]
    assert len(named) >= len(re.findall(r"^- \*\*", promised, re.MULTILINE)) and all(named)
    for tests in named:
        file = ""
        for name in tests:
            path, _, test = name.partition("::")
            file = path or file
            code = (ROOT / "tests" / file).read_text()
            assert not test or re.search(rf"^(?:async )?def {test}\(", code, re.MULTILINE), name
