"""What the user thinks of posts and cases, what they pinned, and which moments they marked.

It is kept while the screen is up, since going back in time opens the source again, and in a file
from one run to the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.charge import Charge, Opinion
from moltwatch.session.charges import Case
from moltwatch.sources.base import Source
from moltwatch.times import SECOND, Micros
from moltwatch.tui import state_file
from moltwatch.wording import count

MOST_UNDONE = 100
"""Judgements that can be undone, the latest first."""

Key = tuple[str, Kind]
Dismiss = Callable[[str, Kind], None]
"""Is told of a post and the kind of a verdict on it that the user takes back."""


def _nobody(post: str, kind: Kind) -> None:
    """Nobody else wants to know."""


class Triage:
    """Opinions by post and kind, pinned threads, marked moments. Nothing is kept beyond the run
    without a ``folder`` for it.

    What is said of a post is said of it alone at first; said again, it is said of the whole case,
    and once more takes it back. What is said of a case is said of the whole case.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.pinned: list[str] = []
        self.marks: set[Micros] = set()
        """Stream times."""
        self.folder = folder
        self._files: list[Path] = []
        """What is recorded while it is watched has two: it will be watched again as either."""
        self._of: dict[Key, Opinion] = {}
        self._unkept = state_file.Changes()
        self._session: Session | None = None
        self._version = -1
        """Of its charges, when they were looked at last."""
        self._said: deque[dict[Key, Opinion | None]] = deque(maxlen=MOST_UNDONE)
        """What was judged, with what was said of it before."""
        self.last: Key | None = None
        """The charge that was judged last, if it was a single one."""

    def judge(
        self,
        session: Session,
        charges: Sequence[Charge],
        opinion: Opinion | None,
        dismiss: Dismiss = _nobody,
    ) -> None:
        """The user has made up their mind, or changed it to None. Raises Unusable."""
        self._said.append({charge.key: charge.opinion for charge in charges})
        self._change(session, {charge.key: opinion for charge in charges}, dismiss)

    def judge_one(
        self, session: Session, charge: Charge, opinion: Opinion, dismiss: Dismiss = _nobody
    ) -> str:
        """The same of a charge; again: of its case; once more: take it back. Tells what was done.
        Raises Unusable."""
        judged = _open_to_judgement(charge.case)
        if charge not in judged and not charge.retracted:
            judged.append(charge)  # no list has it any more, but its post
        if charge.opinion is opinion or len(judged) < 2:
            return self._judge_all(session, judged, opinion, dismiss)
        self.last = charge.key
        self.judge(session, [charge], opinion, dismiss)
        again = f"{_KEYS[opinion]} again for {covered(judged)}"
        return f"{opinion}: this post alone; {again}; u undoes"

    def judge_case(
        self, session: Session, case: Case, opinion: Opinion, dismiss: Dismiss = _nobody
    ) -> str:
        """The same of a case; again: take it back. Tells what was done. Raises Unusable."""
        return self._judge_all(session, _open_to_judgement(case), opinion, dismiss)

    def _judge_all(
        self, session: Session, judged: Sequence[Charge], opinion: Opinion, dismiss: Dismiss
    ) -> str:
        if not judged:
            return "nothing is held against it any more"
        if all(charge.opinion is opinion for charge in judged):
            self.judge(session, judged, None, dismiss)
            return f"{opinion}, taken back: {covered(judged)}; u undoes"
        rest = [charge for charge in judged if charge.opinion is not opinion]
        self.judge(session, rest, opinion, dismiss)
        return f"{opinion}: {covered(judged)}; u undoes"

    def undo(self, session: Session, dismiss: Dismiss = _nobody) -> str:
        """Take back what was judged last. Tells what was done. Raises Unusable."""
        if not self._said:
            return "nothing was judged yet that could be undone"
        before = self._said.pop()
        self._change(session, before, dismiss)
        kept = [charge for key in before if (charge := session.charge(*key))]
        if not kept:
            return (
                f"undone: {count(len(before), 'judgement')} of what is not here yet, or no longer"
            )
        opinions = set(before.values())
        now = next(iter(opinions)) if len(opinions) == 1 else None
        return f"undone: {covered(kept)} {now or 'open'} again"

    def _change(
        self, session: Session, opinions: dict[Key, Opinion | None], dismiss: Dismiss
    ) -> None:
        by_opinion: dict[Opinion | None, list[Charge]] = {}
        for key, opinion in opinions.items():
            self._unkept.opinions[key] = opinion
            if charge := session.charge(*key):
                by_opinion.setdefault(opinion, []).append(charge)
        for opinion, charges in by_opinion.items():
            self._apply(session, charges, opinion, dismiss)
        self._keep()

    def pin(self, thread: str) -> None:
        """Pin a thread, or let go of it. Raises Unusable."""
        self._unkept.pins[thread] = thread not in self.pinned
        self._keep()

    def mark(self, at: Micros) -> bool:
        """Mark a moment, or take the marks of its second away. Tells whether it is marked now.
        Raises Unusable."""
        here = [marked for marked in self.marks if marked // SECOND == at // SECOND]
        self._unkept.marks |= dict.fromkeys(here, False) if here else {at: True}
        self._keep()
        return not here

    def recall(
        self,
        session: Session,
        source: Source,
        dismiss: Dismiss = _nobody,
        *,
        recorded: bool = False,
    ) -> None:
        """Apply what was said of posts in another session, or run, to the same posts in this one.
        Raises Unusable, once, if the file of earlier runs is."""
        self._find_files(session, source, recorded)
        if session is not self._session:
            self._session, self._version = session, -1
        charges = session.charges
        if not self._of or charges.version == self._version:
            return
        for case in list(charges.changed_since(self._version)):
            said: dict[Opinion, list[Charge]] = {}
            for charge in case.charges:
                opinion = self._of.get(charge.key)
                if opinion is not None and charge.opinion is None:
                    said.setdefault(opinion, []).append(charge)
            for opinion, judged in said.items():
                self._apply(session, judged, opinion, dismiss)
        self._version = charges.version

    def _apply(
        self,
        session: Session,
        charges: Sequence[Charge],
        opinion: Opinion | None,
        dismiss: Dismiss,
    ) -> None:
        session.judge(charges, opinion)
        for charge in charges if opinion is Opinion.DISMISSED else ():
            if not charge.retracted:
                dismiss(charge.post, charge.kind)

    def _find_files(self, session: Session, source: Source, recorded: bool) -> None:
        if self.folder is None or self._files:
            return
        files = state_file.places(self.folder, source, session, recorded=recorded)
        damaged: state_file.Unusable | None = None
        for file in files:
            try:
                earlier = state_file.read(file)
            except state_file.Newer:
                self.folder = None
                raise
            except state_file.Unusable as error:
                damaged = error
                continue
            self._of |= earlier.by_post()
            self.pinned += [thread for thread in earlier.pinned if thread not in self.pinned]
            self.marks |= set(earlier.marks)
        self._files = files
        self._unkept.apply(self._of, self.pinned, self.marks)
        if damaged:
            raise damaged

    def _keep(self) -> None:
        self._unkept.apply(self._of, self.pinned, self.marks)
        kept = state_file.Kept.of(self._of, self.pinned, self.marks)
        for file in self._files:
            state_file.update(file, self._unkept, kept)
        if self._files:
            self._unkept = state_file.Changes()


_KEYS = {Opinion.CONFIRMED: "c", Opinion.DISMISSED: "x"}


def _open_to_judgement(case: Case) -> list[Charge]:
    """What of a case the heuristics have not taken back."""
    return [charge for charge in case.charges if not charge.retracted]


def covered(charges: Sequence[Charge]) -> str:
    """What a judgement covers, in words."""
    accounts = len({charge.author for charge in charges})
    return f"{count(len(charges), 'post')} of {count(accounts, 'account')}"
