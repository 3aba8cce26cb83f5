"""Playing the scenes, and checking that each went as promised."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ringback.testing.demo.scenes import SCENES, Scene
from ringback.testing.demo.stage import Record, Stage
from ringback.testing.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def play(tell: Callable[[Record], None], scenes: Iterable[Scene] = SCENES) -> bool:
    """Play the scenes; return whether each went as promised.

    Args:
        tell: Is told of everything as it happens, see ``record``.
        scenes: What to play.
    """
    began = time.monotonic()
    with Lab() as lab:
        kept = [_play(scene, lab, tell) for scene in scenes]
    seconds = time.monotonic() - began
    tell({"event": "end", "kept": sum(kept), "scenes": len(kept), "seconds": seconds})
    return all(kept)


def _play(scene: Scene, lab: Lab, tell: Callable[[Record], None]) -> bool:
    tell({"event": "scene", "scene": scene.name, "title": scene.title})
    stage = Stage(lab, tell)
    scene.play(stage)
    kept = tuple(stage.steps) == scene.promised
    check = {"event": "check", "scene": scene.name, "kept": kept}
    tell({**check, "promised": list(scene.promised), "seen": stage.steps})
    return kept
