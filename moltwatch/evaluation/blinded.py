"""A recording with every account name replaced, to see what heuristics know without names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from moltwatch.evaluation.labels import Labels
from moltwatch.model import Event
from moltwatch.recording.base import find_recording
from moltwatch.recording.opening import open_recording
from moltwatch.recording.pseudonymise import Blinder, names_in, pseudonym
from moltwatch.sources.base import Source, Status


class BlindSource(Source):
    """Another source, under pseudonyms."""

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
