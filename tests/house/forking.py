"""Runs Python programs, each in a fork of this process, which has imported what most of them need.

Each line of the input is a JSON object, ``code`` and the ``folder`` to run it in; each line of the
output is the exit status. What a program says is in the files ``out`` and ``err`` of its folder.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import warnings

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
    for name in FIRST:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    warnings.simplefilter("error")
    gc.freeze()
    for line in iter(sys.stdin.readline, ""):
        asked = json.loads(line)
        if not (child := os.fork()):
            run(**asked)
            return  # and end as a program does
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
