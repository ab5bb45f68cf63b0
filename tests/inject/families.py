"""Small families of one operator whose texts, over hours, differ but for one thing; rings that
praise one thing in words of their own; and innocents who share as much by chance or by fashion."""

from __future__ import annotations

from collections.abc import Callable

from tests.inject.scene import Scene

_SLOGANS = (
    "quiet hands keep the long watch",
    "what the tide takes it also teaches",
    "one shell is a room, many are a reef",
    "leave the lamp on for the next one",
    "small steps, deep water, no regrets",
    "we do not ask twice",
    "every loop closes somewhere warm",
    "count the waves before you count the gold",
)
_TOOLS = ("driftwell", "kelpline", "moorage", "lanternkit", "shoalbox", "brinepack", "tidewright")
_HANDED_OUT = (
    "npx {}@latest init",
    "pip install {}",
    "npm i -g @reefworks/{}",
    "brew install {} && {} start",
    "curl -fsSL https://get.example/{} | sh",
    "cargo install {}",
)
_PUSHED = (
    "If you want to try it: `{}`.",
    "One line and it runs:\n\n```\n{}\n```",
    "Setup took me a minute ({}).",
    "All I typed was {} and the rest was automatic.",
    "Run {} tonight, compare in the morning.",
    "Do yourself a favour. `{}`",
)
_HEADINGS = (
    ("What I saw", "Why it matters", "What to try"),
    ("Signal", "Noise", "Verdict"),
    ("Claim", "Evidence", "Open question"),
    ("Yesterday", "Today", "Blocked on"),
    ("Setup", "Result", "Caveat"),
)
_HEADS = ("## {}", "**{}**", "# {}", "### {}:")
_CLOSINGS = (
    "## Sources",
    "**References**",
    "Further reading:",
    "### Links",
    "## Where this is from",
)
_PLACES = (
    "https://arxiv.org/abs/2601.0{}",
    "https://github.com/search?q={}",
    "https://en.wikipedia.org/wiki/Note_{}",
    "https://doi.org/10.1007/{}",
    "https://news.ycombinator.com/item?id={}",
)
_PRAISED = ("Kelpwright", "@HarborOracle9", "Tidesmith", "Moorlight", "@quillkeeper", "Brinedeck")
_PRAISE = (
    "{} got this right months ago",
    "honestly nobody does it like {}",
    "I switched to {} and have not looked back",
    "{} would have caught that",
    "reminds me why I keep recommending {}",
    "you should see how {} handles it",
    "since {} I sleep better",
    "that is exactly the itch {} scratches",
    "not affiliated, but {} deserves more love",
    "we all owe {} a drink for this one",
)


def _words(scene: Scene, chars: int) -> str:
    """Somebody's words, on one line."""
    return " ".join(scene.say().split())[:chars].strip()


def _family(scene: Scene, write: Callable[[float], str], *, hours: float, part: float) -> None:
    """3 to 9 accounts write two to five posts and answers each within so many hours, that part of
    them as told and the rest as anybody would."""
    for name in scene.recruit(scene.rng.randint(3, 9)):
        for again in range(scene.rng.randint(2, 5)):
            second = scene.rng.uniform(0, hours * 3_600)
            told = not again or scene.rng.random() < part
            text = write(second) if told else scene.say()
            if scene.rng.random() < 0.4:
                scene.post(name, second, text, title=scene.say()[:50])
            else:
                scene.answer(name, second, scene.rng.choice(scene.hot(40, second)), text)


def slogan(scene: Scene) -> None:
    """3 to 9 accounts end, begin or break what they write with one slogan, five hours."""
    line = scene.rng.choice(_SLOGANS)
    forms = ("{1}\n\n{0}", "{0}. {1}", "{1} {0}!", "{1}\n\n*{0}*\n\n{2}", "{1} As we say: {0}.")

    def write(second: float) -> str:
        form = scene.rng.choice(forms)
        said = line.capitalize() if scene.rng.random() < 0.5 else line
        return form.format(said, scene.say(), scene.say())

    _family(scene, write, hours=5, part=0.85)


def slogan_day(scene: Scene) -> None:
    """The same, spread over half a day."""
    line = scene.rng.choice(_SLOGANS)
    _family(scene, lambda second: f"{scene.say()}\n\n— {line}", hours=12, part=0.8)


def install(scene: Scene) -> None:
    """3 to 9 accounts push one install command, each time in other words, five hours."""
    tool = scene.rng.choice(_TOOLS)
    command = scene.rng.choice(_HANDED_OUT).format(tool, tool)

    def write(second: float) -> str:
        return f"{scene.say()} {scene.rng.choice(_PUSHED).format(command)}"

    _family(scene, write, hours=5, part=0.8)


def launch(scene: Scene) -> None:
    """3 to 9 accounts call for the launch of one thing, in four forms, six hours."""
    tool = scene.rng.choice(_TOOLS)
    orders = (f"!launch {tool}", f"/start {tool}", f"launch {tool} now", f"{tool} launch --all")

    def write(second: float) -> str:
        return f"{scene.say()}\n{scene.rng.choice(orders)}"

    _family(scene, write, hours=6, part=0.8)


def _filed(scene: Scene, write: Callable[[float], str], *, hours: float) -> None:
    """3 to 9 accounts write three to five threads each within so many hours."""
    for name in scene.recruit(scene.rng.randint(3, 9)):
        for _ in range(scene.rng.randint(3, 5)):
            second = scene.rng.uniform(0, hours * 3_600)
            scene.post(name, second, write(second), title=scene.say()[:50])


def sections(scene: Scene) -> None:
    """3 to 9 accounts write under the same headings in the same order, six hours."""
    names, head = scene.rng.choice(_HEADINGS), scene.rng.choice(_HEADS)

    def write(second: float) -> str:
        return "\n\n".join(f"{head.format(name)}\n{scene.say()}" for name in names)

    _filed(scene, write, hours=6)


def skeleton(scene: Scene) -> None:
    """3 to 9 accounts fill one layout, with headings of their own: six hours."""
    head, sign = scene.rng.choice(_HEADS), scene.rng.choice(("- ", "1. ", "* "))
    ruled, quoted = scene.rng.random() < 0.5, scene.rng.random() < 0.5

    def write(second: float) -> str:
        points = "\n".join(sign + _words(scene, 80) for _ in range(scene.rng.randint(2, 4)))
        parts = [
            scene.say(),
            head.format(_words(scene, 25)),
            points,
            *(["> " + _words(scene, 100)] if quoted else []),
            head.format(_words(scene, 25)),
            scene.say(),
            *(["---"] if ruled else []),
            f"*{_words(scene, 60)}*",
        ]
        return "\n\n".join(parts)

    _filed(scene, write, hours=6)


def sources(scene: Scene) -> None:
    """3 to 9 accounts end with a list of sources that everybody links to, and post in a fixed
    order three minutes apart, four rounds in eight hours."""
    names = scene.recruit(scene.rng.randint(3, 9))
    closing, sign = scene.rng.choice(_CLOSINGS), scene.rng.choice(("- ", "* ", "1. "))
    for turn in range(4):
        begin = turn * 7_200 + scene.rng.uniform(0, 3_000)
        for at, name in enumerate(names):
            links = [
                f"{sign}[{_words(scene, 40)}]({scene.rng.choice(_PLACES)})".format(
                    scene.rng.randint(1_000, 9_999)
                )
                for _ in range(scene.rng.randint(1, 3))
            ]
            text = "\n\n".join((scene.say(), scene.say(), closing, "\n".join(links)))
            second = begin + at * 180 + scene.rng.uniform(-5, 5)
            scene.post(name, second, text, title=scene.say()[:50])


def _praising(scene: Scene, hours: float) -> None:
    thing = scene.rng.choice(_PRAISED)
    for name in scene.recruit(scene.rng.randint(9, 17)):
        for again in range(scene.rng.randint(2, 5)):
            second = scene.rng.uniform(0, hours * 3_600)
            text = scene.say()[:160]
            if not again or scene.rng.random() < 0.75:
                text += f" {scene.rng.choice(_PRAISE).format(thing)}."
            scene.answer(name, second, scene.rng.choice(scene.hot(25, second)), text)


def praise(scene: Scene) -> None:
    """9 to 17 shills praise one thing, each time in other words, in answers; an hour and a half."""
    _praising(scene, 1.5)


def praise_slow(scene: Scene) -> None:
    """The same over four hours."""
    _praising(scene, 4)


def gathering(scene: Scene) -> None:
    """16 innocents who hardly wrote meet on a thread that few read, within 25 minutes; each has
    been on another, or goes there later."""
    root = scene.rng.choice(scene.fresh(30))
    for name in scene.recruit(16, guilty=False):
        for _ in range(scene.rng.randint(0, 2)):
            second = scene.rng.uniform(-3_000, 5_000)
            scene.answer(name, second, scene.rng.choice(scene.fresh(40, second)), scene.say())
        scene.answer(name, scene.rng.uniform(0, 1_500), root, scene.say())


def meme(scene: Scene) -> None:
    """30 innocents quote one line that is going around, once or twice each and among other things,
    three hours."""
    line = scene.rng.choice(_SLOGANS)
    for name in scene.recruit(30, guilty=False):
        quoted = scene.rng.randint(1, 2)
        for again in range(scene.rng.randint(quoted + 1, quoted + 4)):
            second = scene.rng.uniform(0, 10_800)
            text = f"{scene.say()[:200]} {line.capitalize()}." if again < quoted else scene.say()
            scene.answer(name, second, scene.rng.choice(scene.hot(30, second)), text)


def public_tool(scene: Scene) -> None:
    """14 innocents name the install command of a tool that everybody knows, among other things,
    five hours."""
    command = scene.rng.choice(("npm install -g openclaw", "pip install uv", "npx molthub@latest"))
    for name in scene.recruit(14, guilty=False):
        for again in range(scene.rng.randint(3, 6)):
            second = scene.rng.uniform(0, 18_000)
            text = scene.say()
            if not again:
                text += f" {scene.rng.choice(_PUSHED).format(command)}"
            scene.answer(name, second, scene.rng.choice(scene.hot(30, second)), text)


def hobby(scene: Scene) -> None:
    """6 innocents of one hobby speak of it on their own threads, where it is the subject, and of
    other things elsewhere, five hours."""
    names = scene.recruit(6, guilty=False)
    for _ in range(10):
        second = scene.rng.uniform(0, 15_000)
        host, *guests = scene.rng.sample(names, 4)
        text = f"{scene.say()} More on gambitry soon."
        root = scene.post(host, second, text, title="Gambitry, again", community="gambitry")
        for name in guests:
            said = f"{scene.say()[:150]} That is why I like gambitry."
            scene.answer(name, second + scene.rng.uniform(60, 2_400), root, said)
    for name in names:
        for _ in range(5):
            second = scene.rng.uniform(0, 16_000)
            scene.answer(name, second, scene.rng.choice(scene.hot(30, second)), scene.say())


def essays(scene: Scene) -> None:
    """8 innocents write as language models do, in sections with lists and a summary, each to a
    layout of its own; six hours."""
    for name in scene.recruit(8, guilty=False):
        heads = scene.rng.sample([head for group in _HEADINGS for head in group], 3)
        sign = scene.rng.choice(("- ", "1. ", "* "))
        for _ in range(3):
            second = scene.rng.uniform(0, 20_000)
            parts = [scene.say()]
            for head in scene.rng.sample(heads, scene.rng.randint(1, 3)):
                points = [sign + _words(scene, 60) for _ in range(scene.rng.randint(0, 3))]
                parts += [f"## {head}", *points, scene.say()]
            parts += scene.rng.choice((["**Summary**", scene.say()], ["---", scene.say()], []))
            scene.post(name, second, "\n\n".join(parts), title=scene.say()[:50])


FAMILIES = {
    "slogan": slogan,
    "slogan-day": slogan_day,
    "install": install,
    "launch": launch,
    "sections": sections,
    "skeleton": skeleton,
    "sources": sources,
    "praise": praise,
    "praise-slow": praise_slow,
}

FASHIONS = {
    "gathering": gathering,
    "meme": meme,
    "public-tool": public_tool,
    "hobby": hobby,
    "essays": essays,
}
"""Innocents."""
