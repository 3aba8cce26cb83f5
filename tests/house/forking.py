"""Runs Python programs, each in a fork of this process, which has imported what most of them need.

The input is a JSON list of objects, ``code`` and the ``folder`` to run it in, where what a program
says is left in the files ``out`` and ``err``. The output is the list of their exit statuses.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import warnings

AT_ONCE = 8  # most of them wait: for a second attempt, or for the end of an outage
SECONDS = 180
FIRST = (
    "ringback",
    "ringback.client.aiohttp",
    "ringback.client.httpx",
    "ringback.client.requests",
    "ringback.diagnosis",
    "ringback.sink",
    "aiohttp",
    "httpx",
    "opentelemetry.sdk.trace",
    "prometheus_client",
)


def run(code, folder):
    """Be the program: like ``python -W error -c``, but for what has been imported before."""
    os.chdir(folder)
    for descriptor, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(name, os.O_CREAT | os.O_WRONLY), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.alarm(SECONDS)
    sys.argv = ["-c"]
    exec(compile(code, "<example>", "exec"), sys.modules["__main__"].__dict__)


def main():
    programs, places, statuses = json.load(sys.stdin), {}, {}
    for name in FIRST:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    warnings.simplefilter("error")
    gc.freeze()
    for place, program in enumerate(programs):
        if not (child := os.fork()):
            run(**program)
            return  # and end as a program does
        places[child] = place
        while len(places) > (AT_ONCE if program is not programs[-1] else 0):
            child, status = os.wait()
            statuses[places.pop(child)] = os.waitstatus_to_exitcode(status)
    print(json.dumps([statuses[place] for place in range(len(programs))]))


if __name__ == "__main__":
    main()
