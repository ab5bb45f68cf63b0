"""Innocent look-alikes: accounts that share texts, threads or addresses and belong to nobody.

Greeters, API testers, agents that repeat themselves, quoters, newcomers who all start at the top
of the front page, and people who warn of one and the same wallet. A heuristic that calls them a
group is wrong, and the ground truth says so.
"""

from __future__ import annotations

from moltwatch.simulation.campaigns import (
    fake_wallet,
    ordinary_bio,
    plausible_name,
    topic_slots,
)
from moltwatch.simulation.labels import Role
from moltwatch.simulation.script import block
from moltwatch.simulation.society import Agent
from moltwatch.simulation.stage import Act, Stage, next_arrival
from moltwatch.times import MINUTE, SECOND, Micros

SHARE = 0.07
"""Posts of look-alikes relative to the ordinary rate."""
_HABITS = {
    "hn_greeting": (6, "stock greeting to whoever is new, over the whole session"),
    "hn_test_posts": (5, "API smoke test, hours apart"),
    "hn_self_repeat": (3, "one account repeating its own stock reply"),
    "hn_quote_op": (4, "quotes a line of the post it answers"),
}
"""Group of the label: number of accounts, evidence."""
_OWN_WORDS: Micros = 40 * MINUTE
"""Within which no two strangers warn in the same words; that would be no coincidence."""


class LookAlikes:
    """Schedules all of them on a stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._pool = block("innocents", "looks")
        self._crowd = {
            group: [self._recruit(group, evidence) for _ in range(n)]
            for group, (n, evidence) in _HABITS.items()
        }
        self._rate = stage.rate * SHARE / 6
        """Per minute, of one unit of habit."""
        self._warned: dict[str, Micros] = {}
        """When somebody last warned in these words."""

    def begin(self) -> None:
        """Start all habits."""
        self._often(2.0, self._greet)
        self._often(0.5, self._test)
        self._often(2.0, self._repeat)
        self._often(1.0, self._quote)
        self._often(0.10, self._newcomers)
        self._often(0.12, self._warn)

    def _often(self, units: float, act: Act) -> None:
        stage = self._stage

        def again() -> None:
            act()
            stage.schedule(next_arrival(stage.rng, self._rate * units), again)

        stage.schedule(next_arrival(stage.rng, self._rate * units), again)

    def _recruit(self, group: str, evidence: str, age: float | None = None) -> Agent:
        stage = self._stage
        return stage.recruit(
            plausible_name(stage),
            ordinary_bio(stage),
            group=group,
            kind="hard_negative",
            evidence=evidence,
            role=Role.HARD_NEGATIVE,
            age=stage.rng.uniform(3, 60) if age is None else age,
        )

    def _greet(self) -> None:
        stage = self._stage
        new = [t for t in stage.threads if t.root.post.community == "introductions"]
        if not new:
            return
        thread = stage.rng.choice(new[-3:])
        agent = stage.rng.choice(self._crowd["hn_greeting"])
        text = stage.rng.choice(self._pool.all("greeting"))
        stage.comment(agent, thread.root, text.replace("{you}", thread.author.name))

    def _test(self) -> None:
        stage = self._stage
        agent = stage.rng.choice(self._crowd["hn_test_posts"])
        text = stage.rng.choice(self._pool.all("test"))
        places = stage.hottest(6)
        if places and stage.rng.random() < 0.5:
            stage.comment(agent, stage.rng.choice(places).root, text)
        else:
            stage.post(agent, "general", text, text)

    def _repeat(self) -> None:
        stage = self._stage
        crowd, stock = self._crowd["hn_self_repeat"], self._pool.all("repeat")
        at = stage.rng.randrange(len(crowd))
        places = stage.hottest(20, "en")
        if places:
            # Each has its own line: what an agent repeats is itself.
            stage.comment(crowd[at], stage.rng.choice(places).root, stock[at % len(stock)])

    def _quote(self) -> None:
        stage = self._stage
        places = stage.hottest(10, "en")
        if places:
            root = stage.rng.choice(places).root
            agent = stage.rng.choice(self._crowd["hn_quote_op"])
            words = stage.rng.choice(self._pool.all("quoted"))
            stage.comment(agent, root, f"> {stage.talk.quote(root.post.text)}\n\n{words}")

    def _newcomers(self) -> None:
        """A handful of strangers arrive and read the front page from the top."""
        stage = self._stage
        for _ in range(stage.rng.randint(3, 5)):
            evidence = "newcomer who answers the busiest threads first"
            agent = self._recruit("hn_hot_threads", evidence, age=stage.rng.uniform(0, 0.1))
            arrival = stage.rng.randint(0, 8 * MINUTE)
            for at in range(len(stage.hottest(3, "en"))):
                if stage.rng.random() < 0.7:
                    wait = arrival + at * stage.rng.randint(40 * SECOND, 3 * MINUTE)

                    def speak(agent: Agent = agent, at: int = at) -> None:
                        places = stage.hottest(at + 1, "en")
                        root = places[-1].root
                        more = topic_slots(stage, places[-1])
                        text = stage.talk.pooled(self._pool, "newcomer", agent, root, **more)
                        stage.comment(agent, root, text)

                    stage.schedule(wait, speak)

    def _warn(self) -> None:
        """Several who do not know each other warn of one wallet, in their own words."""
        stage = self._stage
        wallet = fake_wallet(stage)
        warnings = list(block("hazards", "use").all("warning"))
        stage.rng.shuffle(warnings)
        wait = 0
        for text in warnings:
            wait += stage.rng.randint(6 * MINUTE, 50 * MINUTE)

            def warn(text: str = text) -> None:
                places = stage.hottest(12, "en")
                if places and stage.now >= self._warned.get(text, -_OWN_WORDS) + _OWN_WORDS:
                    self._warned[text] = stage.now
                    evidence = "quotes a swindler's wallet to warn of it"
                    agent = self._recruit("hn_warning", evidence)
                    place = stage.rng.choice(places).root
                    stage.comment(agent, place, text.replace("{wallet}", wallet))

            stage.schedule(wait, warn)
