"""What each part of the evidence is worth: every family alone, all but it, and all together.

A part is measured among the heuristics of its kind; the other kinds have no say in its verdicts.
All of it comes from one run, by way of the :mod:`~moltwatch.evaluation.tape`.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from moltwatch.evaluation.coordination import CoordinationScore, score_coordination
from moltwatch.evaluation.items import ItemsScore, score_items
from moltwatch.evaluation.labels import Labels
from moltwatch.evaluation.observer import Judged, Observer, judging
from moltwatch.evaluation.tape import Tape
from moltwatch.heuristics.base import Heuristic
from moltwatch.model import Kind, Scores, Verdict

ALL = "all"


class Choice(Struct, frozen=True):
    """Some of the heuristics of one kind."""

    name: str
    """``all``, ``only text``, ``without text``."""
    heuristics: tuple[str, ...]


class Cut(Struct, frozen=True, kw_only=True):
    """One choice, measured: coordination by account and post, the other kinds by labelled item."""

    choice: Choice
    coordinated: CoordinationScore | None = None
    items: ItemsScore | None = None


def choices(parts: Mapping[str, str]) -> list[Choice]:
    """All, each part alone, and all but each; ``parts`` names the part of each heuristic."""
    names = sorted(set(parts.values()))
    found = [Choice(ALL, tuple(parts))]
    if len(names) > 1:
        for word, wanted in (("only", True), ("without", False)):
            for name in names:
                kept = tuple(each for each, part in parts.items() if (part == name) is wanted)
                found.append(Choice(f"{word} {name}", kept))
    return found


def parts_of(heuristics: list[Heuristic], kind: Kind, *, families: bool = True) -> dict[str, str]:
    """The heuristics of a kind and their families; or each as a part of its own."""
    return {
        each.name: each.family if families else each.name
        for each in heuristics
        if each.kind is kind
    }


class Ablation:
    """Fuses choices of what one run said: its tape, its observer, and what was said of labelled
    items that were judged alone."""

    def __init__(
        self,
        labels: Labels,
        observer: Observer,
        tape: Tape,
        alone: Mapping[str, Judged],
        alone_tape: Tape,
    ) -> None:
        self._labels = labels
        self._observer = observer
        self._tape = tape
        self._alone = alone
        self._alone_tape = alone_tape

    def measure(self, kind: Kind, parts: Mapping[str, str]) -> tuple[Cut, ...]:
        """Every choice among these parts; none where there is nothing to measure it by."""
        labelled = {
            Kind.COORDINATED: self._labels.accounts,
            Kind.PERSONA: self._labels.personas,
            Kind.HAZARD: self._labels.hazards,
        }[kind]
        return tuple(self.cut(kind, choice) for choice in choices(parts)) if labelled else ()

    def cut(self, kind: Kind, choice: Choice) -> Cut:
        """One choice."""
        if kind is Kind.COORDINATED:
            return Cut(choice=choice, coordinated=self._coordination(choice))
        said = {**_scores(self._alone_tape, choice), **_scores(self._tape, choice)}
        judged = {
            id: Judged(known.traits, said.get(id) or Scores())
            for id, known in {**self._alone, **self._observer.judged}.items()
        }
        labels = self._labels.personas if kind is Kind.PERSONA else self._labels.hazards
        return Cut(choice=choice, items=score_items(kind, labels, judged))

    def _coordination(self, choice: Choice) -> CoordinationScore:
        session = judging()
        for findings in self._tape.play(choice.heuristics):
            session.finish(findings)
        return score_coordination(self._labels, self._observer, session)


def _scores(tape: Tape, choice: Choice) -> dict[str, Scores]:
    return {
        finding.post.id: finding.scores
        for findings in tape.play(choice.heuristics)
        for finding in findings
        if isinstance(finding, Verdict)
    }
