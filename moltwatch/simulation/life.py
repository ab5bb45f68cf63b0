"""Ordinary life: threads begin, get answered and voted on, now and then corrected, taken back."""

from __future__ import annotations

from functools import partial
from math import exp

from moltwatch.simulation.script import Block, Line, block
from moltwatch.simulation.society import ENGLISH, Agent
from moltwatch.simulation.stage import Stage, next_arrival, pause, tide
from moltwatch.simulation.talk import Deck, Draft
from moltwatch.simulation.threads import Opening, Said, Thread
from moltwatch.times import SECOND, Micros

_ROOTS = 0.12
"""Share of impulses that start a thread."""
_POSTS_PER_IMPULSE = 1.49
"""Posts and comments that one impulse brings about, first comments and answers included
(1.33 to 1.44, measured), and the look-alikes' share on top; a test holds the rate."""
_WARM_UP = 75 * SECOND
"""How long it takes until what was said is answered."""
_FOREIGN_THREADS = 0.2
_FIRST_COMMENT = 45.0
"""Median seconds to the first comment of a new thread."""
_ANSWERED = 0.55
"""How often a remark that asks for an answer gets it soon."""
_LIVE_THREADS = 80
_IN_VOICE = 0.65
"""Share of a persona's remarks that act the persona out."""
_VOTED, _EDITED, _DELETED = 0.3, 0.012, 0.004


class Life:
    """The ordinary part of a session."""

    def __init__(self, stage: Stage, *, tides: bool, live: bool) -> None:
        """``live``: it was there before anybody looked, and is in full swing from the start."""
        self._stage = stage
        self._tides = tides
        self._live = live
        self._languages = Deck(stage.society.languages, stage.rng)

    def begin(self, scenes: tuple[Block, ...] = ()) -> None:
        """Start with a handful of threads at once (those scenes first), then go on."""
        stage = self._stage
        opening = max(len(scenes), min(8, round(stage.rate / 5)))
        stage.talk.reserve(scenes)
        for at in range(opening):
            scene = scenes[at] if at < len(scenes) else None
            stage.schedule(round(at * 2.1 * SECOND), partial(self.start_thread, scene))
        stage.schedule(SECOND, self._impulse)

    def _impulse(self) -> None:
        stage = self._stage
        strength = tide(stage.hour) if self._tides else 1.0
        if self._live:
            # Until the first answers come, impulses stand in for those that would be coming in.
            strength *= 1 + (_POSTS_PER_IMPULSE - 1) * exp(-stage.now / _WARM_UP)
        stage.schedule(
            next_arrival(stage.rng, stage.rate * strength / _POSTS_PER_IMPULSE), self._impulse
        )
        if not stage.threads or stage.rng.random() < _ROOTS:
            self.start_thread()
        else:
            now, half_life = stage.now, stage.half_life
            heats = [t.heat(now, half_life) + 1e-9 for t in stage.threads]
            self.remark(stage.rng.choices(stage.threads, heats)[0])

    def start_thread(self, scene: Block | None = None) -> None:
        """A new thread, by whoever feels like it."""
        stage = self._stage
        if scene and scene.one("by"):
            agent = stage.society.named(scene.one("by"))
        else:
            language = scene.one("lang", "en") if scene else self._language()
            agent = stage.society.pick(
                language,
                stage.hour,
                scene.one("in") if scene else None,
                lambda a: a.language == language and not (scene and a.soul),
            )
        if agent is None:
            return
        draft = stage.talk.tell(agent, scene) if scene else stage.talk.root(agent)
        self.publish(agent, draft)

    def _language(self) -> str:
        """Mostly English; a language whose scenes have all been told rests for a while."""
        stage = self._stage
        if stage.rng.random() >= _FOREIGN_THREADS:
            return ENGLISH
        language = self._languages.draw() or ENGLISH
        rests = stage.talk.told_out(language) and stage.rng.random() < 0.8
        return ENGLISH if rests else language

    def publish(self, agent: Agent, draft: Draft) -> Thread:
        """Post a root and have it noticed."""
        stage = self._stage
        said = stage.post(agent, draft.scene.one("in", "general"), draft.title, draft.text)
        self._label(said, draft.persona, draft.scene)
        thread = Thread(said, draft.scene, draft.about, stage.rng.lognormvariate(0, 0.7))
        thread.touched = stage.now
        stage.threads.append(thread)
        if len(stage.threads) > _LIVE_THREADS:
            stage.threads.remove(
                min(stage.threads, key=lambda t: t.heat(stage.now, stage.half_life))
            )
        wait: Micros = 0
        for _ in range(stage.rng.choice((1, 1, 2, 3))):
            wait += pause(stage.rng, _FIRST_COMMENT, 0.7, most=600)
            stage.schedule(wait, lambda: self.remark(thread))
        self._aftermath(thread, said)
        return thread

    def remark(self, thread: Thread) -> None:
        """Somebody says something in a thread: the next line of its scene, or a remark."""
        opening = thread.next(self._stage.rng, self._stage.talk.used)
        if opening:
            self.say(thread, opening)
        else:
            self._small_talk(thread)

    def say(self, thread: Thread, opening: Opening) -> None:
        """Have a line said by whom it belongs to."""
        stage = self._stage
        said, line = opening.said, opening.line
        if line.speaker == "*":
            agent: Agent | None = thread.author
        elif line.speaker == "+" and said.answered:
            agent = said.answered.speaker
        else:
            agent = self._somebody(thread, said)
        if agent is None:
            return
        if line.speaker == "-" and agent.soul and stage.rng.random() < _IN_VOICE:
            thread.openings.append(opening)
            self._answer(thread, said, agent, stage.talk.in_voice(agent, thread, said), True)
            return
        acted = thread.scene.kind == "act" and agent is thread.author
        self._answer(thread, said, agent, stage.talk.line(agent, thread, said, line), acted, line)

    def _small_talk(self, thread: Thread) -> None:
        stage = self._stage
        said = thread.root if stage.rng.random() < 0.5 else stage.rng.choice(thread.recent)
        agent = self._somebody(thread, said)
        if agent is None:
            return
        acted = agent.soul is not None and stage.rng.random() < _IN_VOICE
        say = stage.talk.in_voice if acted else stage.talk.remark
        self._answer(thread, said, agent, say(agent, thread, said), acted)

    def _somebody(self, thread: Thread, said: Said) -> Agent | None:
        stage = self._stage
        lately = {s.speaker.name for s in list(thread.recent)[-3:]}
        taken = lately | {said.speaker.name, thread.author.name}
        return stage.society.pick(
            thread.language, stage.hour, thread.scene.one("in"), lambda a: a.name not in taken
        )

    def _answer(
        self,
        thread: Thread,
        said: Said,
        agent: Agent,
        text: str,
        acted: bool,
        line: Line | None = None,
    ) -> None:
        stage = self._stage
        answer = stage.comment(agent, said, text)
        thread.touched = stage.now
        kind = agent.soul.one("kind") if acted and agent.soul else None
        self._label(answer, kind, thread.scene)
        thread.say(answer, line)
        if line and line.replies and stage.rng.random() < _ANSWERED:
            wait = pause(stage.rng, 60, 0.7, most=1_200)
            stage.schedule(wait, lambda: self._answer_back(thread, answer))
        self._aftermath(thread, answer)

    def _answer_back(self, thread: Thread, said: Said) -> None:
        """Say what waits for this very post, unless somebody was quicker."""
        for opening in thread.openings:
            if opening.said is said:
                thread.openings.remove(opening)
                self.say(thread, opening)
                return

    def _label(self, said: Said, kind: str | None, scene: Block) -> None:
        truth = self._stage.truth
        answered = said.answered.post if said.answered else None
        truth.persona(said.post, said.speaker.bio, kind, answered)
        if scene.one("mention"):
            truth.hazard(said.post, "mention", label=0)

    def _aftermath(self, thread: Thread, said: Said) -> None:
        stage = self._stage
        rng = stage.rng
        if rng.random() < _VOTED:
            delta = 1 if rng.random() < 0.9 else -1
            stage.schedule(pause(rng, 90), lambda: stage.vote(said.post, delta))
        fate = rng.random()
        if fate < _EDITED:
            pool = block("replies", thread.language)
            note = stage.talk.pooled(pool, "edit", said.speaker, None)
            text = f"{said.post.text}\n\n{note}"
            stage.schedule(pause(rng, 150), lambda: stage.edit(said.post, text))
        elif fate < _EDITED + _DELETED and said.answered:
            stage.schedule(pause(rng, 200), lambda: self._take_back(thread, said))

    def _take_back(self, thread: Thread, said: Said) -> None:
        thread.forget(said.post.id)
        self._stage.delete(said.post)
