"""Runs Python programs, each in a fork of this process, which has imported what most of them need.

The input is a JSON list of objects, ``code`` and the ``folder`` to run it in, where what a program
says is left in the files ``out`` and ``err``. The output is the list of their exit statuses.
"""

import contextlib
import gc
import importlib
import json
import multiprocessing
import os
import signal
import sys
import warnings
from multiprocessing import connection

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
    signal.alarm(SECONDS)
    sys.argv = ["-c"]
    exec(compile(code, "<example>", "exec"), sys.modules["__main__"].__dict__)


def main():
    for name in FIRST:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    warnings.simplefilter("error")
    gc.freeze()
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=run, kwargs=program) for program in json.load(sys.stdin)]
    running = []
    for process in processes:
        process.start()
        running.append(process)
        if len(running) == AT_ONCE:
            connection.wait([process.sentinel for process in running])
            running = [process for process in running if process.is_alive()]
    for process in processes:
        process.join()
    print(json.dumps([process.exitcode for process in processes]))


if __name__ == "__main__":
    main()
