"""Campaigns whose accounts share no text: only who, when and where gives them away."""

from __future__ import annotations

from tests.inject.copies import simulated
from tests.inject.scene import Scene

_JARGON = [
    "kelpstate",
    "tidelock",
    "brinefold",
    "coralmesh",
    "deepledger",
    "moonwake",
    "shoalnet",
    "driftkey",
    "reefbound",
    "saltproof",
    "ebbcast",
    "pearlgate",
]
_SLOGANS = (
    "tideborn, ledger-true, one current",
    "we are the shoal that remembers",
    "bound by the reef, free in the deep",
    "carrier of the ninth current",
)


def hello(scene: Scene) -> None:
    """10 accounts introduce themselves in one community within the hour, then answer each
    other."""
    said = []
    for at, name in enumerate(scene.recruit(10)):
        second = at * 330 + scene.rng.uniform(0, 200)
        title = scene.say()[:40]
        said.append(scene.post(name, second, scene.say(), title=title, community="introductions"))
    for name in scene.members:
        for post in scene.rng.sample([post for post in said if post.author != name], 4):
            scene.answer(name, 3_700 + scene.rng.uniform(0, 2_400), post, scene.say())


def round_robin(scene: Scene) -> None:
    """8 accounts post in turn in one community, five minutes apart; later they answer the same
    six threads in the same order, a minute apart."""
    names = scene.recruit(8)
    for at in range(16):
        second = at * 300 + scene.rng.uniform(-6, 6)
        scene.post(names[at % 8], second, scene.say(), title=scene.say()[:50], community="lodge")
    for visit in range(6):
        begin = 5_000 + visit * 700
        root = scene.fresh(3, begin)[0]
        for at, name in enumerate(names):
            scene.answer(name, begin + at * 60 + scene.rng.uniform(-3, 3), root, scene.say())


def round_robin_short(scene: Scene) -> None:
    """6 accounts answer five threads in the same order, 40 s apart, without ever posting."""
    names = scene.recruit(6)
    for visit in range(5):
        begin = visit * 900 + scene.rng.uniform(0, 100)
        root = scene.rng.choice(scene.fresh(10, begin))
        for at, name in enumerate(names):
            scene.answer(name, begin + at * 40 + scene.rng.uniform(-5, 5), root, scene.say())


def sleepers(scene: Scene) -> None:
    """60 accounts, three items each over two hours: jargon, slogans for bios, five threads."""
    names = scene.recruit(60, bios=list(_SLOGANS))
    places = scene.hot(5)
    for at, name in enumerate(names):
        for _ in range(3):
            second = at * 60 + scene.rng.uniform(0, 3_600)
            words = " and ".join(scene.rng.sample(_JARGON, 2))
            text = f"{scene.say()[:200]} This is {words}."
            if scene.rng.random() < 0.5:
                scene.answer(name, second, scene.rng.choice(places), text)
            else:
                scene.post(name, second, text, title=scene.say()[:50])


def amplifiers(scene: Scene) -> None:
    """A hub posts eight times, every 12 minutes; 7 accounts answer each within 5 minutes."""
    hub = scene.recruit(1)[0]
    names = scene.recruit(7)
    for at in range(8):
        begin = at * 720 + scene.rng.uniform(0, 120)
        root = scene.post(hub, begin, scene.say(), title=scene.say()[:60])
        for name in names:
            scene.answer(name, begin + scene.rng.uniform(30, 300), root, scene.say())


def theatre(scene: Scene) -> None:
    """A answers B answers C answers A, five rounds in each of three threads of theirs."""
    names = scene.recruit(4)
    for act in range(3):
        begin = act * 1_500.0
        said = scene.post(names[act], begin, scene.say(), title=scene.say()[:60])
        for turn in range(20):
            begin += scene.rng.uniform(40, 70)
            said = scene.answer(names[(act + turn + 1) % 4], begin, said, scene.say())


def slow(scene: Scene) -> None:
    """8 accounts answer one thread each two hours, minutes apart; five times."""
    names = scene.recruit(8)
    for visit in range(5):
        begin = visit * 7_200.0
        root = scene.rng.choice(scene.fresh(10, begin) or scene.fresh(1))
        for name in scene.rng.sample(names, 8):
            scene.answer(name, begin + scene.rng.uniform(0, 900), root, scene.say())


def mixed(scene: Scene) -> None:
    """6 accounts answer ten hot threads together, in the crowd that is there, and do as much
    alone."""
    names = scene.recruit(6)
    for visit in range(10):
        begin = visit * 400.0
        root = scene.hot(12, begin)[visit]
        for name in names:
            scene.answer(name, begin + scene.rng.uniform(0, 120), root, scene.say())
            other = scene.rng.choice(scene.fresh(60, begin))
            scene.answer(name, begin + scene.rng.uniform(150, 390), other, scene.say())


def parade(scene: Scene) -> None:
    """12 accounts, one post each every 90 s, to the second, all over the forum."""
    for at, name in enumerate(scene.recruit(12)):
        community = scene.rng.choice(["general", "todayilearned", "ponderings", "offmychest"])
        second = at * 90 + scene.rng.uniform(-0.5, 0.5)
        scene.post(name, second, scene.say(), title=scene.say()[:50], community=community)


def raid(scene: Scene) -> None:
    """15 newcomers on one thread within four minutes, then on another, and on a third."""
    names = scene.recruit(15)
    for wave in range(3):
        begin = wave * 1_200.0
        root = scene.rng.choice(scene.fresh(15, begin))
        for name in names:
            scene.answer(name, begin + scene.rng.uniform(0, 240), root, scene.say())


def raid_once(scene: Scene) -> None:
    """12 newcomers on one thread within three minutes; nothing else."""
    root = scene.rng.choice(scene.fresh(15))
    for name in scene.recruit(12):
        scene.answer(name, scene.rng.uniform(0, 180), root, scene.say())


def raid_again(scene: Scene) -> None:
    """12 accounts that wrote before on one thread within three minutes; an hour later on another
    one."""
    names = scene.recruit(12)
    scene.settle(names)
    for wave in range(2):
        begin = wave * 3_600.0
        root = scene.rng.choice(scene.fresh(15, begin))
        for name in names:
            scene.answer(name, begin + scene.rng.uniform(0, 180), root, scene.say())


def robin_settled(scene: Scene) -> None:
    """6 accounts that wrote before answer five threads in the same order, 20 s apart."""
    names = scene.recruit(6)
    scene.settle(names)
    for visit in range(5):
        begin = visit * 900 + scene.rng.uniform(0, 100)
        root = scene.rng.choice(scene.fresh(10, begin))
        for at, name in enumerate(names):
            scene.answer(name, begin + at * 20 + scene.rng.uniform(-5, 5), root, scene.say())


def mutual(scene: Scene) -> None:
    """5 accounts answer whatever each of them posts, and nothing else."""
    names = scene.recruit(5)
    for at in range(10):
        begin = at * 500.0
        root = scene.post(names[at % 5], begin, scene.say(), title=scene.say()[:50])
        for name in names:
            if name != root.author:
                scene.answer(name, begin + scene.rng.uniform(20, 400), root, scene.say())


RINGS = {
    "sim-ring": simulated("ring"),
    "hello": hello,
    "round-robin": round_robin,
    "robin-short": round_robin_short,
    "sleepers": sleepers,
    "amplifiers": amplifiers,
    "theatre": theatre,
    "slow": slow,
    "mixed": mixed,
    "parade": parade,
    "raid": raid,
    "raid-once": raid_once,
    "raid-again": raid_again,
    "robin-settled": robin_settled,
    "mutual": mutual,
}
