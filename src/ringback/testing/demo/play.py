"""Playing the scenes, and checking that each went as promised."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable

from ringback.testing.demo.incidents import incidents
from ringback.testing.demo.interrupts import leave_alone, orderly
from ringback.testing.demo.monitor import UnseenError
from ringback.testing.demo.scenes import SCENES, Scene
from ringback.testing.demo.stage import Record, Stage
from ringback.testing.demo.world import World
from ringback.testing.lab import Lab

Tell = Callable[[Record], None]


def play(
    tell: Tell, scenes: Iterable[Scene] = SCENES, *, watched: bool = False, keep: bool = False
) -> bool:
    """Play the scenes; return whether each went as promised.

    Args:
        tell: Is told of everything as it happens, see ``record``.
        scenes: What to play without a monitor.
        watched: Whether the scenes with a monitor follow.
        keep: Whether that monitor and its services then stay, until Ctrl-C or the monitor's end.
    """
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


def _play(scene: Scene, lab: Lab, tell: Tell) -> bool:
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
