"""Playing the scenes, and checking that each went as expected; an interruption takes all down."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from ringback.testing.demo.monitor import UnseenError
from ringback.testing.demo.scenes import SCENES, DemoScene, incidents
from ringback.testing.demo.stage import Record, Stage
from ringback.testing.demo.world import World
from ringback.testing.lab import Lab

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextlib.contextmanager
def orderly() -> Iterator[None]:
    """Have SIGTERM and a terminal that is closed end the block as Ctrl-C does.

    On the way out ``leave_alone`` is called first, so that no second signal cuts short the rest.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are not for this thread
        return
    with contextlib.ExitStack() as restored:
        for number in _SIGNALS:
            restored.callback(signal.signal, number, signal.getsignal(number))
            if number != signal.SIGINT:
                signal.signal(number, _end)
        yield


def leave_alone() -> None:
    """Let no signal disturb the process from now on, within ``orderly``."""
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)


Tell = Callable[[Record], None]


def play(
    tell: Tell, scenes: Iterable[DemoScene] = SCENES, *, watched: bool = False, keep: bool = False
) -> bool:
    """Play the scenes; return whether each went as expected."""
    began = time.monotonic()
    with contextlib.ExitStack() as opened:
        opened.enter_context(orderly())
        lab = opened.enter_context(Lab())
        # It starts while the first scenes are played.
        world = opened.enter_context(contextlib.closing(World(lab))) if watched else None
        opened.callback(leave_alone)
        kept = [_play(scene, lab, tell) for scene in scenes]
        if world is not None:
            kept += _watch(world, lab, tell)
        seconds = time.monotonic() - began
        tell({"event": "end", "kept": sum(kept), "scenes": len(kept), "seconds": seconds})
        if world is not None and keep:
            tell({"event": "page", "url": world.monitor.url})
            world.monitor.outlast()
    return all(kept)


def _play(scene: DemoScene, lab: Lab, tell: Tell) -> bool:
    tell({"event": "scene", "scene": scene.name, "title": scene.title})
    stage = Stage(lab, tell)
    try:
        scene.play(stage)
    except UnseenError as error:
        stage.steps.append(str(error))
    kept = tuple(stage.steps) == scene.promised
    check = {"event": "check", "scene": scene.name, "kept": kept}
    tell({**check, "promised": list(scene.promised), "seen": stage.steps})
    return kept


def _watch(world: World, lab: Lab, tell: Tell) -> list[bool]:
    scenes = incidents(world)
    try:
        tell({"event": "page", "url": world.begin()})
    except UnseenError as error:
        check = {"event": "check", "scene": "monitor", "kept": False}
        tell({**check, "promised": ["the monitor starts"], "seen": [str(error)]})
        return [False] * len(scenes)
    return [_play(scene, lab, tell) for scene in scenes]
