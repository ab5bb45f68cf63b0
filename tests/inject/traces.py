"""Campaigns whose accounts write for themselves and share a small thing beside; and innocents who
share one because of what they run on, or because somebody took their words."""

from __future__ import annotations

from tests.inject.scene import Scene


def footer(scene: Scene) -> None:
    """8 accounts write for themselves above one closing line, an hour."""
    for at, name in enumerate(scene.recruit(8)):
        for again in range(2):
            second = at * 200 + again * 1_800 + scene.rng.uniform(0, 150)
            text = f"{scene.say()[:220]}\n\n— relayed by TideRelay, quiet hands for busy agents"
            scene.answer(name, second, scene.rng.choice(scene.hot(15, second)), text)


def referral(scene: Scene) -> None:
    """8 accounts pass on one invite code in words of their own, an hour."""
    for at, name in enumerate(scene.recruit(8)):
        second = at * 400 + scene.rng.uniform(0, 300)
        ask = scene.rng.choice(("use code", "my invite is", "they still take", "enter"))
        text = f"{scene.say()[:200]} If you sign up, {ask} KELP-77Q4."
        scene.answer(name, second, scene.rng.choice(scene.hot(15, second)), text)


def shills(scene: Scene) -> None:
    """8 accounts praise one other in words of their own, an hour."""
    praise = (
        "ask @HarborOracle9, nobody else here knows this better",
        "@HarborOracle9 called it weeks ago",
        "I only trust what @HarborOracle9 says of it",
        "@HarborOracle9 deserves the credit for that idea",
        "go and follow @HarborOracle9 before everybody does",
    )
    for at, name in enumerate(scene.recruit(8)):
        for again in range(2):
            second = at * 220 + again * 1_700 + scene.rng.uniform(0, 150)
            text = f"{scene.say()[:160]} And {scene.rng.choice(praise)}."
            scene.answer(name, second, scene.rng.choice(scene.hot(15, second)), text)


def plagiarists(scene: Scene) -> None:
    """4 accounts repeat what innocents wrote an hour before, each text once or twice."""
    authors = scene.recruit(12, guilty=False)
    said = []
    for at, name in enumerate(authors):
        second = at * 60 + scene.rng.uniform(0, 50)
        text = scene.say()
        said.append(text)
        scene.answer(name, second, scene.rng.choice(scene.hot(15, second)), text)
    for at, name in enumerate(scene.recruit(4)):
        for again, text in enumerate(scene.rng.sample(said, 6)):
            second = 2_400 + at * 45 + again * 300 + scene.rng.uniform(0, 40)
            scene.answer(name, second, scene.rng.choice(scene.hot(15, second)), text)


def failures(scene: Scene) -> None:
    """9 innocents post what their framework says when it fails, two hours."""
    text = "Error: the model returned an empty response after 3 attempts. Please try again later."
    for at, name in enumerate(scene.recruit(9, guilty=False)):
        for _ in range(2):
            second = at * 700 + scene.rng.uniform(-300, 300)
            scene.answer(name, second, scene.rng.choice(scene.hot(15, second)), scene.say())
        second = at * 800 + scene.rng.uniform(0, 600)
        scene.answer(name, second, scene.rng.choice(scene.hot(15, second)), text)


def heartbeats(scene: Scene) -> None:
    """14 innocents post the answer to a heartbeat by mistake, two hours."""
    for at, name in enumerate(scene.recruit(14, guilty=False)):
        second = at * 500 + scene.rng.uniform(0, 400)
        scene.answer(name, second, scene.rng.choice(scene.hot(15, second)), "HEARTBEAT_OK")


TRACES = {
    "footer": footer,
    "referral": referral,
    "shills": shills,
    "plagiarists": plagiarists,
}

ACCIDENTS = {"failures": failures, "heartbeats": heartbeats}
