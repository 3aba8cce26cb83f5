"""Further attempts at an address that does not answer: a port that works now and then is seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.tcp.attempt import Attempt, attempt
from ringback.diagnosis.layer.tunnel.server import authority
from ringback.diagnosis.scene import together

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tcp.watch import Watch
    from ringback.diagnosis.scene import Scene

ENDS = 4.7
"""Seconds after the first attempt when all others are over."""

_APART = 1.1
"""Seconds between them: each sends its SYN twice, at other moments than the first."""

_BEGUN = 1.2


def worth_repeating(scene: Scene, silent: Sequence[str]) -> list[tuple[str, int]]:
    """Return which addresses are to be tried again and how often, and count the attempts."""
    times = 2 if len(silent) == 1 else 1
    firsts = [next((a for a in silent if (":" in a) is six), "") for six in (False, True)]
    chosen: list[tuple[str, int]] = []
    for address in filter(None, firsts):
        allowed = sum(scene.may_connect(address, scene.asked.port) for _ in range(times))
        if allowed:
            chosen.append((address, allowed))
    return chosen


def again(
    scene: Scene, watch: Watch, address: str, count: int, use: Callable[[Attempt], None]
) -> None:
    """Try an address again and tell how many of all attempts opened, the first among them.

    Nothing is told, nor waited for, where the first is answered with an error after all.
    """
    began = scene.now()
    left = ENDS - _BEGUN
    port = scene.asked.port

    def needless() -> bool:
        first = watch.of(address, 0)
        return first is not None and first.outcome not in {"timeout", "open"}

    def repeat(number: int) -> Attempt:
        time.sleep(scene.left(number * _APART))
        seconds = scene.left(left - number * _APART)
        made = attempt(address, port, seconds, needless=needless)
        use(made)
        return made

    made = together(scene, [partial(repeat, number) for number in range(count)])
    first = watch.of(address, scene.left(ENDS))
    outcomes = [one.outcome for one in (first, *made) if one is not None]
    opened = outcomes.count("open")
    if needless() and not opened:
        return
    scene.tell(
        "tcp",
        "again",
        authority(address, port),
        result=f"{opened} of {len(outcomes)} attempts opened",
        since=began,
        facts={
            "address": address,
            "port": port,
            "attempts": len(outcomes),
            "opened": opened,
            "outcomes": outcomes,
        },
    )
