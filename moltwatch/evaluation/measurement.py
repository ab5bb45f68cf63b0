"""One evaluation from beginning to end: a recording, under pseudonyms if wanted, an engine to run,
sinks to feed, and then the report."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

from moltwatch.analysis import Analysis
from moltwatch.evaluation.ablation import Ablation, Cut, parts_of
from moltwatch.evaluation.items import judge_alone
from moltwatch.evaluation.labels import ItemLabel, Labels
from moltwatch.evaluation.observer import Judged, Observer
from moltwatch.evaluation.report import Report, make_report
from moltwatch.evaluation.tape import Tape
from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.model import Event, Kind
from moltwatch.pipeline import Sink
from moltwatch.recording.base import find_recording
from moltwatch.recording.opening import open_recording
from moltwatch.recording.pseudonymise import Blinder, names_in, pseudonym
from moltwatch.sources.base import Source, Status


class Measurement:
    """Measures heuristics against labels. Run :attr:`engine` over the recording, feeding
    :attr:`sinks`, before asking for the outcome.

    ``make`` gives the heuristics to measure, new ones at each call; ``ablation`` keeps what they
    say, so that choices of them can be measured too; ``groups`` are new ones unless given. With an
    ``analysis`` of the recording they are asked only of what is not known.
    """

    def __init__(
        self,
        labels: Labels,
        make: Callable[[], Sequence[Heuristic]],
        *,
        ablation: bool = False,
        groups: GroupTracker | None = None,
        analysis: Analysis | None = None,
        complain: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.labels = labels
        self.heuristics = list(make())
        self._make = make
        self._alone: dict[str, Judged] | None = None
        self._wanted = labels.personas.keys() | labels.hazards.keys()
        self._tape = Tape(self.heuristics, self._wanted) if ablation else None
        self._alone_tape = Tape(list(make()), self._wanted)
        self.engine = Engine(
            self.heuristics,
            groups or GroupTracker(),
            verdicts=True,
            complain=complain,
            keep=[each.add for each in (self._tape, analysis) if each],
            answers=analysis.answers if analysis else None,
        )
        self.observer = Observer(labels)
        self.sinks: list[Sink] = [self.observer, *([self._tape] if self._tape else [])]
        if analysis:
            analysis.engine = self.engine
            self.sinks.append(analysis)

    @property
    def alone(self) -> dict[str, Judged]:
        """Verdicts on labelled items that the recording does not hold, each on its own."""
        if self._alone is None:
            tape = self._alone_tape
            engine = Engine(tape.heuristics, GroupTracker(), verdicts=True, keep=[tape.add])
            self._alone = judge_alone(self._absent(), engine, tape)
        return self._alone

    def ablation(self) -> Ablation:
        """Choices of the heuristics, to be measured. Only if it was asked for."""
        if self._tape is None:
            raise ValueError("nothing was kept for an ablation")
        return Ablation(self.labels, self.observer, self._tape, self.alone, self._alone_tape)

    def report(self, recording: str, *, blind: bool = False) -> Report:
        """The outcome, with families left out in turn where that was asked for."""
        return make_report(
            recording,
            self.labels,
            self.observer,
            self.alone,
            blind=blind,
            heuristics={heuristic.name: heuristic.kind for heuristic in self.heuristics},
            ablation=self._families() if self._tape else None,
        )

    def _absent(self) -> list[ItemLabel]:
        return [
            item
            for items in (self.labels.personas, self.labels.hazards)
            for item in items.values()
            if item.id not in self.observer.judged
        ]

    def _families(self) -> dict[Kind, tuple[Cut, ...]]:
        cut = self.ablation()
        return {
            kind: cut.measure(kind, parts) if (parts := parts_of(self.heuristics, kind)) else ()
            for kind in Kind
        }


class BlindSource(Source):
    """Another source, under pseudonyms, to see what heuristics know without names."""

    def __init__(self, source: Source, blinder: Blinder) -> None:
        self.spec = source.spec
        self.status = source.status
        self.transport = source.transport
        self._source = source
        self._blinder = blinder

    @property
    def statuses(self) -> Sequence[Status]:
        return self._source.statuses

    @property
    def replayed(self) -> bool:
        return self._source.replayed

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        async for batch in self._source.batches():
            yield [self._blinder.event(event) for event in batch]

    async def close(self) -> None:
        await self._source.close()


async def blinded(recording: str, source: Source, labels: Labels) -> tuple[Source, Labels]:
    """The source of a recording and its labels under pseudonyms. The recording is read once more
    for that, to learn all names. Raises as opening it does."""
    reader = await open_recording(find_recording(recording))
    try:
        blinder = Blinder(await names_in(reader))
    finally:
        await reader.close()
    return BlindSource(source, blinder), labels.blinded(pseudonym, blinder.text, blinder.ident)
