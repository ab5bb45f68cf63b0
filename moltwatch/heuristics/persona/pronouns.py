"""Who speaks to whom: the pronouns of a text."""

from __future__ import annotations

from collections.abc import Mapping

from moltwatch.heuristics.material import read_material
from moltwatch.heuristics.memory.texts import Text


def persons(text: Text) -> str:
    """An ``i``, ``w`` or ``y`` for each word of a text that is a form of I, we or you."""
    return text.once(_persons)


def _persons(text: Text) -> str:
    return "".join(filter(None, map(_PERSON.get, text.words)))


def _forms() -> Mapping[str, str]:
    forms: dict[str, str] = {}
    for name, words in read_material("pronouns").items():
        for word in words:
            forms[word] = forms.get(word, "") + name[0]
    return forms


_PERSON = _forms()
