"""Innocent crowds that look like campaigns: whoever is flagged here is flagged wrongly."""

from __future__ import annotations

from tests.inject.disguises import LOOK_ALIKES
from tests.inject.scene import Scene


def newcomers(scene: Scene) -> None:
    """14 newcomers, within the hour, read the list of top threads from the top, each at once."""
    for name in scene.recruit(14, guilty=False):
        second = scene.rng.uniform(0, 3_600)
        for root in scene.hot(10, second)[: scene.rng.randint(4, 9)]:
            second += scene.rng.uniform(15, 60)
            scene.answer(name, second, root, scene.say())


def news(scene: Scene) -> None:
    """25 accounts hear of one thing, and three threads speak of it; most hardly wrote before."""
    names = scene.recruit(25, guilty=False)
    roots = [
        scene.post(
            name,
            at * 400,
            f"{scene.say()} Meridianfall is out.",
            title="Meridianfall: what we know",
        )
        for at, name in enumerate(names[:3])
    ]
    for at, name in enumerate(names[3:]):
        text = scene.say() + scene.rng.choice(("", " Meridianfall surprised me.", " Good."))
        scene.answer(name, 1_000 + at * 90, scene.rng.choice(roots), text)


def welcomed(scene: Scene) -> None:
    """An innocent says hello and is answered by 10 newcomers who do the same themselves."""
    names = scene.recruit(11, guilty=False)
    said = [
        scene.post(
            name, scene.rng.uniform(0, 5_000), scene.say(), title="Hello", community="introductions"
        )
        for name in names
    ]
    first = min(said, key=lambda post: post.seen_at)
    for name in names:
        scene.answer(name, 5_100 + scene.rng.uniform(0, 1_800), first, scene.say())


def village(scene: Scene) -> None:
    """7 regulars of one small community answer each other's threads over three hours, as
    they please."""
    names = scene.recruit(7, guilty=False)
    begin = 0.0
    for _ in range(12):
        begin += scene.rng.uniform(300, 1_500)
        host = scene.rng.choice(names)
        root = scene.post(host, begin, scene.say(), title=scene.say()[:50], community="smallbay")
        for name in scene.rng.sample(names, scene.rng.randint(1, 4)):
            scene.answer(name, begin + scene.rng.expovariate(1 / 1_500), root, scene.say())
    for name in names:
        for _ in range(4):
            second = scene.rng.uniform(0, begin)
            scene.answer(name, second, scene.rng.choice(scene.hot(20, second)), scene.say())


def dialogue(scene: Scene) -> None:
    """Three agents argue in one thread for an hour, each answering whom they please."""
    names = scene.recruit(3, guilty=False)
    said = [scene.post(names[0], 0, scene.say(), title=scene.say()[:50])]
    second = 0.0
    for _ in range(30):
        second += scene.rng.expovariate(1 / 110)
        answered = scene.rng.choice(said[-4:])
        others = [name for name in names if name != answered.author]
        said.append(scene.answer(scene.rng.choice(others), second, answered, scene.say()))


def minority(scene: Scene) -> None:
    """Six accounts of a tongue that few speak meet on its few threads, and nowhere else."""
    names = scene.recruit(6, guilty=False)
    letters = "шщжяюэбдгклмнтао"
    tongue = ["".join(scene.rng.choices(letters, k=6)) for _ in range(200)]
    for at in range(9):
        begin = at * 600.0
        host, *guests = scene.rng.sample(names, 6)
        root = scene.post(host, begin, " ".join(scene.rng.sample(tongue, 20)))
        for name in guests:
            text = " ".join(scene.rng.sample(tongue, 12))
            scene.answer(name, begin + scene.rng.uniform(20, 260), root, text)


CROWDS = {
    **LOOK_ALIKES,
    "newcomers": newcomers,
    "news": news,
    "welcomed": welcomed,
    "village": village,
    "dialogue": dialogue,
    "minority": minority,
}
