"""Playing the scenes, and checking that each went as expected; an interruption takes all down."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from ringback.testing.demo.monitor import UnseenError
from ringback.testing.demo.places import Hosts, Loopback, ManyPlaces
from ringback.testing.demo.scenes import SCENES, DemoScene, incidents, seen_from
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
        places = (
            opened.enter_context(contextlib.closing(ManyPlaces(Loopback(lab)))) if watched else None
        )
        opened.callback(leave_alone)
        kept = [_play(scene, lab, tell) for scene in scenes]
        if world is not None and places is not None:
            kept += _watch(world, places, lab, tell)
        _end_of(tell, kept, began)
        if world is not None and keep:
            tell({"event": "page", "url": world.monitor.url})
            world.monitor.outlast()
    return all(kept)


def play_places(tell: Tell, count: int) -> bool:
    """Play the scene of many places, each on a host of its own; return whether it went so."""
    began = time.monotonic()
    with contextlib.ExitStack() as opened:
        opened.enter_context(orderly())
        lab = opened.enter_context(Lab())
        setup = Hosts(lab, count)
        places = opened.enter_context(contextlib.closing(ManyPlaces(setup)))
        opened.callback(leave_alone)
        kept = [_begins(places.begin, tell)]
        if all(kept):
            tell({"event": "places", "agents": list(setup.agents), "url": places.hub.url})
            kept = [_play(seen_from(places), lab, tell)]
        _end_of(tell, kept, began)
    return all(kept)


def _end_of(tell: Tell, kept: list[bool], began: float) -> None:
    seconds = time.monotonic() - began
    tell({"event": "end", "kept": sum(kept), "scenes": len(kept), "seconds": seconds})


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


def _watch(world: World, places: ManyPlaces, lab: Lab, tell: Tell) -> list[bool]:
    scenes = incidents(world)

    def begin() -> None:
        tell({"event": "page", "url": world.begin()})
        places.begin()  # the agents start while the scenes are played

    if not _begins(begin, tell):
        return [False] * (len(scenes) + 1)
    return [_play(scene, lab, tell) for scene in (*scenes, seen_from(places))]


def _begins(begin: Callable[[], None], tell: Tell) -> bool:
    try:
        begin()
    except UnseenError as error:
        check = {"event": "check", "scene": "monitor", "kept": False}
        tell({**check, "promised": ["the monitor starts"], "seen": [str(error)]})
        return False
    return True
