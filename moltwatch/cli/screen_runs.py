"""The runs behind a screen: one after the other over the same sources, each opened where it is
wanted, as near as what is kept of the recording allows."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec import structs

from moltwatch.analysis import Key, answers_folder, made
from moltwatch.cli.analyse import Ahead, worth_it
from moltwatch.cli.options import LeastScore, least_scores
from moltwatch.cli.wiring import Run, build_heuristics, open_known_run, open_run
from moltwatch.config import Config
from moltwatch.errors import MoltwatchError, UsageError
from moltwatch.heuristics.base import Heuristic
from moltwatch.known import Known
from moltwatch.model import SHIPPED, Kind, Thresholds
from moltwatch.moments import Moment
from moltwatch.outputs.stdout import PipeSink
from moltwatch.session import Session
from moltwatch.sources.grammar import recordings_among
from moltwatch.sources.registry import Opening
from moltwatch.tui import player
from moltwatch.tui.player import Goal

_log = logging.getLogger(__name__)


def screen_thresholds(min_scores: Sequence[LeastScore]) -> tuple[Thresholds, Thresholds]:
    """The scores from which a screen knows of posts, and those from which it shows them at first.
    What is weaker than that is a key away."""
    wanted = SHIPPED.but(least_scores(min_scores))
    return wanted.but({kind: min(wanted.of(kind), SHIPPED.of(kind)) for kind in Kind}), wanted


class ScreenRuns:
    """Opens the runs of one screen, and sends somebody ahead through a recording that is long."""

    def __init__(
        self,
        sources: Sequence[str],
        opening: Opening,
        config: Config,
        config_path: Path | None,
        *,
        min_scores: Sequence[LeastScore] = (),
        record: Path | None = None,
        force: bool = False,
        fresh: bool = False,
        lines: PipeSink | None = None,
    ) -> None:
        self._sources = sources
        self._opening = opening
        self._config = config
        self._config_path = config_path
        self._min_scores = min_scores
        self._thresholds = screen_thresholds(min_scores)
        self._record = record
        self._force = force
        self._fresh = fresh
        self._lines = lines
        self._rewinds = lines is None and record is None
        """A run may be opened again."""
        self._ahead: Ahead | None = None
        self._key: Key | None = None
        self._known: Known | None = None
        self._sought = False
        """It was looked whether all is known; somebody who is ahead may change that."""
        self._unasked: list[Heuristic] | None = None
        """Heuristics that nobody has asked yet."""
        self._complaints: list[str] = []
        """What was wrong with them."""
        self._heuristics: list[Heuristic] | None = None
        """Those of runs over what is known, which ask none."""

    async def open(self, goal: Goal | None) -> player.Run:
        """A fresh run; see :data:`.player.OpenRun`."""
        at = goal.at if goal and goal.n is None else None
        opening = structs.replace(self._opening, start=at)
        if known := await self._look_for_known():
            moment = known.moments.before(*(goal or Goal(0)))
            try:
                return await self._open_known(known, moment, opening)
            except UsageError:
                raise
            except MoltwatchError as error:
                _log.info("%s", error)
                self._known = None
        return await self._open(opening)

    def shortcut(self, goal: Goal) -> int:
        """See :class:`.player.Run`."""
        known = self._find_known()
        return known.moments.before(*goal).n if known else 0

    def outlook(self) -> Session | None:
        """See :class:`.player.Run`."""
        known = self._find_known()
        try:
            return known.moments.outlook() if known else None
        except MoltwatchError as error:
            _log.info("%s", error)
            self._known = None
            return None

    def stop(self) -> None:
        """End whoever is still ahead."""
        if self._ahead:
            self._ahead.stop()

    async def _open(self, opening: Opening) -> player.Run:
        session = Session()
        lowest, wanted = self._thresholds
        run = await open_run(
            self._sources,
            opening,
            config=self._config,
            sinks=[session, self._lines] if self._lines else [session],
            record=self._record,
            force=self._force,
            fresh=self._asks_anew,
            thresholds=lowest,
            higher=wanted,
            heuristics=self._unasked,
            key=self._key,
            complain=session.note,
        )
        self._unasked = None
        self._key = run.key
        while self._complaints:
            session.note(self._complaints.pop(0))
        if (
            self._ahead is None
            and run.key
            and self._rewinds
            and worth_it(recordings_among(self._sources))
            and not self._find_known()
        ):
            try:
                self._ahead = Ahead(
                    self._sources, self._config_path, self._min_scores, fresh=self._fresh
                )
            except OSError as error:
                _log.info("nobody goes on ahead: %s", error)
            self._sought = False
        return self._shown(run, session)

    async def _open_known(self, known: Known, moment: Moment, opening: Opening) -> player.Run:
        if self._heuristics is None:
            self._heuristics = self._unasked or build_heuristics(self._config)
            self._unasked = None
        lowest, wanted = self._thresholds
        run, session = await open_known_run(
            known,
            moment,
            self._sources[0],
            opening,
            heuristics=self._heuristics,
            thresholds=lowest,
            higher=wanted,
        )
        return self._shown(run, session)

    def _shown(self, run: Run, session: Session) -> player.Run:
        def dismiss(post: str, kind: Kind) -> None:
            retracted = run.engine.dismiss(post, kind)
            if self._lines:
                self._lines.say(retracted)

        return player.Run(
            run.source,
            session,
            run.pipeline,
            dismiss,
            recorded=self._record is not None,
            rewinds=self._rewinds,
            ahead=self._ahead,
            shortcut=self.shortcut,
            outlook=self.outlook,
        )

    # --- what is known ----------------------------------------------------------------------------

    @property
    def _asks_anew(self) -> bool:
        """What was kept before is not to be used; what somebody keeps in our name is."""
        return self._fresh and not (self._ahead and self._ahead.succeeded)

    async def _look_for_known(self) -> Known | None:
        """All that is kept of the recording, even if none was opened yet."""
        if (
            self._key is None
            and self._rewinds
            and not self._asks_anew
            and self._config.cache.megabytes
        ):
            paths = recordings_among(self._sources)
            if len(paths) == len(self._sources) == 1:
                self._unasked = build_heuristics(self._config, complain=self._complaints.append)
                with suppress(OSError):  # reading the recording will tell of it
                    self._key = await made(
                        partial(Key, paths, self._unasked, self._config.heuristics)
                    )
        return self._find_known()

    def _find_known(self) -> Known | None:
        if self._key is None or not self._rewinds or self._asks_anew:
            return None
        if not self._key.holds:
            self._key = self._known = None
            self._sought = False
        elif not self._sought and not (self._ahead and self._ahead.running):
            self._sought = True
            self._known = Known.find(answers_folder(), self._key, self._thresholds)
        elif self._known and not self._known.is_there:
            self._known = None
        return self._known
