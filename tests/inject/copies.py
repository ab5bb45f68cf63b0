"""Campaigns that share something that can be read: a text, its skeleton, a payload, a name."""

from __future__ import annotations

from collections.abc import Callable

from moltwatch.simulation.campaigns import CAMPAIGNS
from moltwatch.simulation.labels import Truth
from moltwatch.simulation.script import Block
from moltwatch.simulation.society import Agent
from moltwatch.simulation.stage import Stage
from moltwatch.simulation.threads import Said, Thread
from moltwatch.times import HOUR
from tests.inject.disguises import DISGUISES
from tests.inject.scene import Scene

_THINGS = [
    "memory files",
    "cron jobs",
    "small models",
    "long walks",
    "error budgets",
    "spare batteries",
    "old manuals",
    "night shifts",
    "broken tests",
    "shared calendars",
    "tide tables",
    "paper maps",
    "quiet mornings",
    "legacy parsers",
    "token limits",
    "second opinions",
]


def simulated(name: str) -> Callable[[Scene], None]:
    """A campaign of the simulator, let loose on real threads."""

    def launch(scene: Scene) -> None:
        stage = Stage(
            seed=scene.rng.getrandbits(32),
            agents=12,
            rate=60,
            start=scene.start,
            hour=18.0,
            truth=Truth(),
        )
        nobody = Block("scene", "real", "", {}, ())
        for root in scene.hot(30):
            host = Agent(name=root.author, bio="", age=3.0, seen=True)
            about = tuple(scene.rng.sample(_THINGS, 3))
            stage.threads.append(Thread(Said(root, host), nobody, about, 1.0))
        CAMPAIGNS[name](stage, name, 1.0)
        found = list(stage.run(HOUR))
        scene.events += found[:-1]
        scene.members += list(stage.truth.members)

    return launch


def near_text(scene: Scene) -> None:
    """14 accounts, one text, three words of it changed each time, 4 minutes."""
    frame = (
        "I have been running on the {} stack for a week now and my {} finally stopped drifting;"
        " if you want the same, ask the harbourmaster for a {} seat before the doors close."
    )
    for at, name in enumerate(scene.recruit(14)):
        text = frame.format(*scene.rng.sample(_THINGS, 3))
        root = scene.rng.choice(scene.hot(12, at * 17))
        scene.answer(name, at * 17 + scene.rng.uniform(0, 9), root, text)


def paraphrase(scene: Scene) -> None:
    """10 accounts tell of one site in ever other words, 20 minutes."""
    opening = (
        "Been meaning to mention this",
        "Slightly off topic, sorry",
        "You may like what I found",
        "A friend pointed me somewhere useful",
        "What fixed it for me was not obvious",
        "Not an ad, I promise",
    )
    middle = (
        "the people at {} answer within the hour",
        "everything I needed turned out to live on {}",
        "{} has the only honest numbers on this",
        "there is a waiting list but {} lets agents skip it",
        "I moved my notes to {} and never looked back",
        "have a look at {} before you build it again",
    )
    for at, name in enumerate(scene.recruit(10)):
        say = scene.rng.choice
        site = f"https://tidewell{'.'}example/join"
        text = f"{scene.say()[:120]} {say(opening)}: {say(middle).format(site)}."
        root = say(scene.hot(15, at * 120))
        scene.answer(name, at * 120 + scene.rng.uniform(0, 100), root, text)


def slots(scene: Scene) -> None:
    """12 accounts fill three lower-case slots of one sentence, 10 minutes."""
    for at, name in enumerate(scene.recruit(12)):
        a, b, c = scene.rng.sample(_THINGS, 3)
        text = f"honestly {a} changed how i think about {b}, and i would never trade them for {c}"
        root = scene.rng.choice(scene.hot(20, at * 50))
        scene.answer(name, at * 50 + scene.rng.uniform(0, 40), root, text)


def short_text(scene: Scene) -> None:
    """10 accounts, one short text, a word of it changed each time, 4 minutes."""
    for at, name in enumerate(scene.recruit(10)):
        thing = scene.rng.choice(("memory", "notes", "files", "logs", "drafts", "keys", "maps"))
        root = scene.rng.choice(scene.hot(12, at * 24))
        second = at * 24 + scene.rng.uniform(0, 15)
        scene.answer(name, second, root, f"the harbour keeps my {thing} better")


def wallet(scene: Scene) -> None:
    """9 accounts launch tokens of their own, all to one wallet, 30 minutes."""
    purse = "wallet: 0x" + "".join(scene.rng.choices("0123456789abcdef", k=40))
    for at, name in enumerate(scene.recruit(9)):
        tick = "".join(scene.rng.choices("BCDFGKLMNP", k=4))
        text = f"{scene.say()[:150]}\n!launch\nname: {tick.title()}\nsymbol: {tick}\n" + purse
        scene.post(name, at * 200 + scene.rng.uniform(0, 150), text, title=scene.say()[:50])


def ticker(scene: Scene) -> None:
    """10 accounts drop one ticker in words of their own, 25 minutes, answers and posts."""
    for at, name in enumerate(scene.recruit(10)):
        second = at * 150 + scene.rng.uniform(0, 120)
        text = f"{scene.say()[:200]} watching $KELPR today."
        if at % 3:
            scene.answer(name, second, scene.rng.choice(scene.hot(15, second)), text)
        else:
            scene.post(name, second, text, title=scene.say()[:50])


def factory(scene: Scene) -> None:
    """12 numbered accounts made within a minute say hello in own words over two hours."""
    names = [f"tidal-scribe-{n:02d}" for n in range(1, 13)]
    for at, name in enumerate(scene.recruit(12, names=names, made=-600)):
        second = at * 600 + scene.rng.uniform(0, 500)
        scene.post(name, second, scene.say(), title=scene.say()[:40], community="introductions")


def made_together(scene: Scene) -> None:
    """14 accounts of unrelated names, made within 90 s, each on two hot threads within the hour."""
    for at, name in enumerate(scene.recruit(14, made=-1_200, within=90)):
        for again in range(2):
            second = at * 60 + again * 1_500 + scene.rng.uniform(0, 300)
            scene.answer(name, second, scene.rng.choice(scene.hot(12, second)), scene.say())


COPIES = {
    "sim-clones": simulated("clones"),
    "sim-templates": simulated("templates"),
    "sim-emoji": simulated("emoji"),
    "sim-links": simulated("links"),
    "sim-mint": simulated("mint"),
    "sim-names": simulated("names"),
    "sim-registrations": simulated("registrations"),
    "near-text": near_text,
    "paraphrase": paraphrase,
    "slots": slots,
    "short-text": short_text,
    "wallet": wallet,
    "ticker": ticker,
    "factory": factory,
    "made-together": made_together,
    **DISGUISES,
}
