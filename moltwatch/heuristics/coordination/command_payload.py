"""The same command, handed to a bot or a chain by several accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.crowd import Crowds
from moltwatch.heuristics.parameters import Accounts, Fraction, Seconds
from moltwatch.model import Kind
from moltwatch.text import as_written
from moltwatch.times import HOUR, SECOND

_SAYS = "{who} gave one command for “{what}” in {span}"


class CommandPayload(Heuristic):
    """Several accounts give one command with one object: mint the same token, pay the same wallet.

    A command is a JSON object with an operation, one after a ``!word``, or a line like ``/mint
    CLAW``. An address that is only mentioned is no command, so those who quote an attacker's wallet
    to warn others are not meant, and those who launch tokens of their own do not share one.

    Parameters
    window: how long a command waits for the next account that gives it (seconds)
    accounts: accounts from which it is telling
    strength: how telling it is

    Fails when
    a command is popular for honest reasons: a faucet, a poll, a game run by a bot.
    """

    name: ClassVar[str] = "command-payload"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "payload"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts had given this command within {window:seconds} of each "
        "other"
    )

    def __init__(
        self, window: Seconds = 3_600.0, accounts: Accounts = 3, strength: Fraction = 0.95
    ) -> None:
        self.window = window
        self.accounts = accounts
        self.strength = strength
        self._crowds = Crowds(round(window * SECOND), 12 * HOUR, most=20_000)

    def observe(self, item: Features) -> Iterable[Evidence]:
        given = item.text.commands
        return self._look_at(item, given) if given else ()

    def _look_at(self, item: Features, given: tuple[str, ...]) -> Iterator[Evidence]:
        answered, text = item.above(), item.text
        for command in given:
            what = command.partition(" ")[2]
            if what in answered:
                continue  # answering with what one was shown
            crowd = self._crowds.add(command, item)
            if crowd and (crowd.told or crowd.n >= self.accounts):
                at = text.folded.find(what)
                written = what
                if at >= 0:
                    written = as_written(text.body, text.folded, at, at + len(what))
                acts = self._crowds.tell(crowd, self.strength)
                yield self.evidence(crowd.weight, _SAYS, cluster=command, acts=acts, what=written)
