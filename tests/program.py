"""Runs the command line: within the tests' own process, or as a program in one of its own.

Within this process a call takes milliseconds where a Python of its own takes a good second. What a
process is needed for (signals, pipes that close, a full disk, a terminal, what is imported, how the
interpreter ends) is tested in one.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import traceback
from unittest import mock

from ringback.cli import main

COLUMNS = "80"
"""The width where nothing else is said: that of the developer's terminal does not count."""


def run_in_process(*arguments, stdin="", env=None, cwd=None):
    """Run it here and return what ``subprocess.run`` would; the input is bytes or text."""
    words = [str(argument) for argument in arguments]
    given, out, err = _stream(_bytes(stdin)), _stream(), _stream()
    environment = {"COLUMNS": COLUMNS, **(os.environ if env is None else env)}
    with (
        _signals_kept(),
        contextlib.chdir(cwd or os.curdir),
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch.multiple(sys, stdin=given, stdout=out, stderr=err),
        mock.patch.object(os, "execvpe", _not_here),
    ):
        status = _status(words)
    return subprocess.CompletedProcess(words, status, _text(out), _text(err))


def run_as_process(*arguments, stdin="", env=None, without=None, **options):
    """Run it as a program of its own, in which any warning is an error."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *program_without(without), *map(str, arguments)],
        input=_bytes(stdin),
        capture_output=True,
        timeout=300,
        check=False,
        env=env,
        **options,
    )
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


def program_without(module):
    """The words that have Python run ringback as if a module, if any, were not installed."""
    hidden = f"import sys; sys.modules[{module!r}] = None; from ringback.cli import main; main()"
    return ["-c", hidden] if module else ["-m", "ringback"]


@contextlib.contextmanager
def running_program(command, within=300, **options):
    """A program that runs beside a test: it is killed as the block ends, or after so many seconds.

    So nobody waits for ever for what it does not say, nor for its end where the test has failed.
    """
    with subprocess.Popen(command, **options) as process:
        watchdog = threading.Timer(within, process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def _status(words):
    """The exit status, as the interpreter makes it of what is raised."""
    try:
        main(words)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
    except BaseException:  # noqa: BLE001 - whatever it is, a program would end with it
        traceback.print_exc()
    return 1


def _bytes(text):
    return text.encode() if isinstance(text, str) else text


def _stream(content=b""):
    return io.TextIOWrapper(io.BytesIO(content), "utf-8", newline="\n")


def _text(stream):
    stream.flush()
    return stream.buffer.getvalue().decode()


@contextlib.contextmanager
def _signals_kept():
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _not_here(*_):
    raise AssertionError("it would take the place of the tests: use the fixture `process`")
