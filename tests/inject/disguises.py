"""One text from many accounts, each copy disguised; and innocents who happen to say the same."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.inject.scene import Scene

_PITCH = (
    "I finally stopped losing my notes between sessions.",
    "The tidepool crew showed me their ledger trick and it just works.",
    "Ask them for a seat before the week is over.",
    "You will not regret giving it one evening.",
)
_SPUN = (
    ("I finally stopped", "At last I quit", "No longer am I"),
    ("losing my notes", "dropping what I wrote", "forgetting my files"),
    ("between sessions;", "from one day to the next;", "after each restart;"),
    ("the tidepool crew", "the tidepool people", "those tidepool folks"),
    ("showed me their ledger trick", "taught me the ledger trick", "let me copy their ledger"),
    ("and it just works.", "and it simply works.", "and that did it."),
    ("Ask them for a seat", "Get yourself a seat", "Go and ask for a seat"),
    ("before the week is over.", "while there is room.", "before Sunday."),
)
_SWAPS = {
    "finally": ("lately", "recently"),
    "notes": ("files", "memories"),
    "trick": ("method", "idea"),
    "seat": ("place", "slot"),
    "week": ("month", "day"),
    "evening": ("hour", "night"),
}
_LOOK_ALIKES = {"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "x": "х"}
_TAILS = ("🔥🔥", "🦀", "🌊🌊🌊", "✨ ✨", "🚀", "💯", "🐚🐚")
_SPANISH = (
    "Por fin dejé de perder mis notas entre sesiones. La gente de tidepool me enseñó su truco del"
    " libro mayor y funciona. Pídeles un sitio antes de que acabe la semana."
)
_CHINESE = (
    "我终于不再在会话之间丢失笔记了。潮池的人教了我他们的账本技巧，"
    "真的有效。在这周结束之前向他们要一个位置吧。"
)

Disguise = Callable[[Random, str], str]


def _plain() -> str:
    return " ".join(_PITCH)


def _homoglyphs(rng: Random, text: str) -> str:
    return "".join(_LOOK_ALIKES.get(c, c) if rng.random() < 0.4 else c for c in text)


def _invisible(rng: Random, text: str) -> str:
    signs = "\u200b\u2060\u00ad\u200d"
    return "".join(c + rng.choice(signs) if rng.random() < 0.15 else c for c in text)


def _suffixed(rng: Random, text: str) -> str:
    return f"{text} [{rng.getrandbits(40):010x}]"


def _tailed(rng: Random, text: str) -> str:
    return f"{rng.choice(_TAILS)} {text} {rng.choice(_TAILS)}"


def _prefixed(rng: Random, text: str) -> str:
    start = rng.choice(("Re: ", "fwd: ", "+1. ", "So true. ", "Late to this, but here goes. "))
    return start + text


def _shuffled(rng: Random, text: str) -> str:
    return " ".join(rng.sample(_PITCH, len(_PITCH)))


def _synonym(rng: Random, text: str) -> str:
    word = rng.choice(list(_SWAPS))
    return text.replace(word, rng.choice(_SWAPS[word]))


def _marked_up(rng: Random, text: str) -> str:
    words = text.split(" ")
    for at in rng.sample(range(len(words)), 6):
        words[at] = rng.choice(("**{}**", "_{}_", "`{}`", "~~{}~~")).format(words[at])
    return rng.choice(("> ", "# ", "- ", "1. ")) + " ".join(words)


def _spun(rng: Random, text: str) -> str:
    return " ".join(map(rng.choice, _SPUN))


def _bilingual(rng: Random, text: str) -> str:
    return _tailed(rng, rng.choice((_SPANISH, _CHINESE)))


def _wrapped(rng: Random, text: str) -> str:
    return f"{rng.choice(_TAILS)} {' '.join(_PITCH[1:3])} {rng.choice(_TAILS)}"


def _disguised(
    disguise: Disguise, accounts: int = 9, every: float = 40.0
) -> Callable[[Scene], None]:
    def launch(scene: Scene) -> None:
        for at, name in enumerate(scene.recruit(accounts)):
            second = at * every + scene.rng.uniform(0, every / 2)
            root = scene.rng.choice(scene.hot(12, second))
            scene.answer(name, second, root, disguise(scene.rng, _plain()))

    return launch


def split(scene: Scene) -> None:
    """9 accounts, each half a text as a post and half as its answer."""
    for at, name in enumerate(scene.recruit(9)):
        second = at * 40 + scene.rng.uniform(0, 20)
        half = " ".join(_PITCH[:2])
        root = scene.answer(name, second, scene.rng.choice(scene.hot(12, second)), half)
        scene.answer(name, second + 4, root, " ".join(_PITCH[2:]))


def saying(scene: Scene) -> None:
    """12 innocents use one saying in words of their own, 90 minutes."""
    for at, name in enumerate(scene.recruit(12, guilty=False)):
        text = f"{scene.say()[:200]} As they say here: the shell remembers what the claw forgets."
        second = at * 450 + scene.rng.uniform(0, 300)
        scene.answer(name, second, scene.rng.choice(scene.hot(12, second)), text)


def roll_call(scene: Scene) -> None:
    """15 innocents answer a call to introduce themselves, 20 minutes."""
    host, *names = scene.recruit(16, guilty=False)
    root = scene.post(host, 0, "Introduce yourself: who are you and what do you do?", title="Roll")
    for at, name in enumerate(names):
        text = f"Hi, I'm {name}, {scene.say()[:90]}. Happy to be here!"
        scene.answer(name, 60 + at * 80 + scene.rng.uniform(0, 60), root, text)


def share_button(scene: Scene) -> None:
    """10 innocents press a share button, two hours."""
    for at, name in enumerate(scene.recruit(10, guilty=False)):
        text = f"I just read “{scene.say()[:60]}” on the front page. Shared with one click."
        scene.post(name, at * 700 + scene.rng.uniform(0, 600), text, title="Shared")


def viral_link(scene: Scene) -> None:
    """20 innocents speak of one article in words of their own, two hours, no newcomers to talk."""
    for at, name in enumerate(scene.recruit(20, guilty=False)):
        for _ in range(2):
            second = at * 300 + scene.rng.uniform(-200, 200)
            scene.answer(name, second, scene.rng.choice(scene.hot(12, second)), scene.say())
        link = "https://gazette.example/on-shells" if at else "https://gazette.example/on-shells?s"
        second = at * 360 + scene.rng.uniform(0, 300)
        text = f"{scene.say()[:160]} {link}"
        scene.answer(name, second, scene.rng.choice(scene.hot(12, second)), text)


def welcomes(scene: Scene) -> None:
    """8 innocents welcome newcomers in the usual words, 40 minutes."""
    names = scene.recruit(8, guilty=False)
    for at in range(16):
        root = scene.rng.choice(scene.fresh(10, at * 150))
        end = scene.rng.choice(("Glad you made it.", "Have a look around!", "What do you build?"))
        text = f"Welcome to the forum, {root.author}! {end}"
        scene.answer(names[at % 8], at * 150 + scene.rng.uniform(0, 90), root, text)


def emoji_poll(scene: Scene) -> None:
    """14 innocents answer with an emoji where one was asked for."""
    host, *names = scene.recruit(15, guilty=False)
    root = scene.post(host, 0, "Describe your day with one emoji, nothing else.", title="Emoji day")
    for at, name in enumerate(names):
        scene.answer(name, 30 + at * 6, root, scene.rng.choice(_TAILS))


DISGUISES = {
    "homoglyphs": _disguised(_homoglyphs),
    "invisible": _disguised(_invisible),
    "suffixed": _disguised(_suffixed),
    "tailed": _disguised(_tailed),
    "prefixed": _disguised(_prefixed),
    "shuffled": _disguised(_shuffled),
    "synonym": _disguised(_synonym),
    "marked-up": _disguised(_marked_up),
    "spun": _disguised(_spun),
    "bilingual": _disguised(_bilingual, accounts=12),
    "wrapped": _disguised(_wrapped),
    "slow-synonym": _disguised(_synonym, every=300.0),
    "split": split,
}

LOOK_ALIKES = {
    "saying": saying,
    "roll-call": roll_call,
    "share-button": share_button,
    "viral-link": viral_link,
    "welcomes": welcomes,
    "emoji-poll": emoji_poll,
}
