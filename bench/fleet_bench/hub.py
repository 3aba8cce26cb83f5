"""`ringback up` that notes how late its event loop was.

    RINGBACK_LAG=FILE python bench/fleet_bench/hub.py up …

All else is the program as people run it. The file has a line for each inspection: when, how many
seconds late; and one for each garbage collection that took a millisecond: when, how long, which
generation.
"""

import gc
import os
import time
from collections import deque

from ringback.cli import main
from ringback.monitor import program

MIN_PAUSE = 0.001


class Noted(deque):
    """Lags, each written down."""

    def append(self, late):
        super().append(late)
        note("lag", late)


class Runner(program.Runner):
    """The hub's own."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.health._lags = Noted(maxlen=600)


def note(*what):
    """Write a line."""
    print(time.time(), *what, file=FILE, flush=True)


def pause(phase, about, _begun=[0.0]):  # noqa: B006 - kept from the beginning to the end of one
    """Note a garbage collection."""
    if phase == "start":
        _begun[0] = time.perf_counter()
    elif (took := time.perf_counter() - _begun[0]) > MIN_PAUSE:
        note("gc", took, about["generation"])


if __name__ == "__main__":
    with open(os.environ["RINGBACK_LAG"], "a") as FILE:  # noqa: PTH123 - no Path for one name
        gc.callbacks.append(pause)
        program.Runner = Runner
        main()
