"""The registry: what there is, what it says of itself, and how a configuration is held to it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import indent
from types import ModuleType
from typing import ClassVar

import pytest

from moltwatch.errors import UsageError
from moltwatch.heuristics import registry
from moltwatch.heuristics.base import Evidence, Features, Heuristic, Text
from moltwatch.heuristics.coordination.same_text import SameText
from moltwatch.model import Kind
from moltwatch.testing import check_heuristic
from tests.heuristics.judging import Court, reasons


def test_built_ins_come_by_entry_point_in_order_of_name() -> None:
    names = list(registry.available())
    assert names == sorted(names)
    assert {"same-text", "near-duplicate", "co-reply"} <= set(names)


def test_a_broken_package_is_reported_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = "moltwatch.heuristics.coordination.same_text:SameText"
    entries = [
        EntryPoint("gone", "no.such.module:Thing", registry.GROUP),
        EntryPoint("list", "builtins:list", registry.GROUP),
        EntryPoint("misnamed", ours, registry.GROUP),
        EntryPoint("same-text", ours, registry.GROUP),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: entries)
    complaints: list[str] = []
    assert registry.available(complaints.append) == {"same-text": SameText}
    assert [complaint.split()[1] for complaint in complaints] == ["gone", "list", "misnamed"]


def test_the_example_for_contributors_works(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    ((name, place),) = re.findall(r'^(\S+) = "(\w+:\w+)"$', page, re.MULTILINE)
    package = ModuleType(place.partition(":")[0])
    monkeypatch.setitem(sys.modules, package.__name__, package)
    exec(code, package.__dict__)
    monkeypatch.setattr(registry, "entry_points", lambda group: [EntryPoint(name, place, group)])

    complaints: list[str] = []
    (cls,) = registry.available(complaints.append).values()
    about = registry.describe(cls)
    assert complaints == []
    assert [given.name for given in about.parameters] == ["share"]
    assert all(given.meaning for given in about.parameters) and about.fails_when
    with pytest.raises(UsageError, match="share"):
        registry.build({name: {"share": 2}})
    check_heuristic(cls)
    case = Court(registry.build({})).hear("NOBODY LISTENS " * 3)
    assert reasons(case, name) == "39 of its 39 letters are capitals"
    assert case.score(Kind.PERSONA) >= 0.5

    (reading,) = re.findall(r"```py\n(def read.*?)```", page, re.DOTALL)
    head = "class Asking(Shouting):\n    __doc__, name = Shouting.__doc__, 'asking'\n"
    package.__dict__["Text"] = Text
    exec(head + indent(reading, "    "), package.__dict__)
    check_heuristic(package.Asking)
    court = Court([package.Asking()])
    assert reasons(court.hear("Who? Why?"), "asking") == "asks 2 questions"
    assert reasons(court.hear("Nothing."), "asking") == ""


class Unkind(Heuristic):
    """Does not say what it accuses of."""

    name = "unkind"
    family = "test"

    def observe(self, item: Features) -> Iterator[Evidence]:
        yield from ()


class Puzzling(Unkind):
    """Has a parameter of a type that nobody knows."""

    name = "puzzling"
    kind = Kind.HAZARD

    def __init__(self, riddle: Riddle = 3) -> None:  # type: ignore[name-defined]  # noqa: F821
        self.riddle = riddle


class Idle(Heuristic):
    """Looks at nothing."""

    name = "idle"
    kind = Kind.HAZARD
    family = "test"


@pytest.mark.parametrize("cls", [Unkind, Puzzling, Idle])
def test_half_a_heuristic_is_left_out_too(
    cls: type[Heuristic], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = EntryPoint(cls.name, f"{__name__}:{cls.__name__}", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    complaints: list[str] = []
    assert registry.build({}, complaints.append) == []
    assert len(complaints) == 1


def test_settings_reach_the_constructor() -> None:
    built = registry.build(
        {"same-text": {"window": 60, "accounts": 7}, "template": {"enabled": False}}
    )
    names = [heuristic.name for heuristic in built]
    assert "template" not in names
    found = next(heuristic for heuristic in built if isinstance(heuristic, SameText))
    assert (found.window, found.accounts) == (60.0, 7)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"same-txt": {}}, r"heuristics.same-txt.*did you mean 'same-text'"),
        ({"same-text": {"acounts": 3}}, r"same-text.acounts: .*did you mean 'accounts'"),
        ({"same-text": {"accounts": "three"}}, r"same-text.accounts: Expected int, got str"),
        ({"same-text": {"accounts": 1}}, r"same-text.accounts: .*>= 2"),
        ({"same-text": {"accounts": True}}, r"same-text.accounts: Expected int"),
        ({"same-text": {"window": -1}}, r"same-text.window: .*> 0"),
        ({"same-text": {"enabled": "no"}}, r"same-text.enabled: true or false"),
    ],
)
def test_wrong_settings_name_the_key(settings: dict[str, dict[str, object]], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        registry.build(settings)


def test_a_parameter_that_has_to_be_given_is_asked_for() -> None:
    class Demanding(Unkind):
        def __init__(self, tribute: int) -> None:
            self.tribute = tribute

    with pytest.raises(UsageError, match="tribute"):
        registry.make(Demanding, {})


def test_ranges_are_those_that_the_docstrings_tell() -> None:
    ranged = 0
    for cls in registry.available().values():
        for given in registry.describe(cls).parameters:
            told = re.search(r"([\d.]+) to ([\d.,]+)\)$", given.meaning)
            if told is None:
                continue
            ranged += 1
            exact = int if isinstance(given.default, int) else float
            least, most = exact(told[1]), exact(told[2].replace(",", ""))
            for allowed in (least, most):
                registry.make(cls, {given.name: allowed})
            for beyond in (least - 1, most + 1):
                with pytest.raises(UsageError):
                    registry.make(cls, {given.name: beyond})
    assert ranged > 10


def test_a_constructor_may_refuse() -> None:
    class Picky(Heuristic):
        """Refuses."""

        name: ClassVar[str] = "picky"
        kind: ClassVar[Kind] = Kind.COORDINATED
        family: ClassVar[str] = "none"

        def __init__(self, low: int = 0) -> None:
            if low > 3:
                raise ValueError("low must not be high")

        def observe(self, item: Features) -> Iterator[Evidence]:
            yield from ()

    with pytest.raises(UsageError, match=r"heuristics.picky: low must not be high"):
        registry.make(Picky, {"low": 4})


def test_description_comes_from_docstring_and_signature() -> None:
    told = registry.describe(SameText)
    assert told.summary == "Several accounts post the same text within a short time."
    window = told.parameters[0]
    assert (window.name, window.type, window.default) == ("window", "number", 3_600.0)
    assert "seconds" in window.meaning
    assert "rewrites each copy" in told.fails_when
    assert "Parameters" not in told.detail
