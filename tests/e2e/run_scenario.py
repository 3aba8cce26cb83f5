"""Programs inside a world, run there as an ordinary user."""

import functools
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import ringback

NOBODY = 65534
_WAIT_TIMEOUT = 120.0
"""Seconds after which a program hangs; a diagnosis ends by itself long before."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a program said: its exit status, its output, and the seconds it took."""

    status: int
    out: str
    err: str
    seconds: float


_USER = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
_READER = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
"""Lets that user read this checkout where it lies in somebody's closed directory; of the network
it may do no more for it."""


@functools.cache
def ordinary_user():
    """Return the command that runs another one as user ``NOBODY``."""
    path = str(Path(ringback.__file__).parents[1])
    imports = [*_USER, sys.executable, "-c", "import ringback, click, dns, rich"]
    tried = subprocess.run(
        imports, env={"PYTHONPATH": path}, cwd="/", capture_output=True, check=False
    )
    return _USER if tried.returncode == 0 else (*_USER, *_READER)


def run(site, command, variables):
    """Run a program on the client as user ``NOBODY``, with the client's files below ``/etc``."""
    began = time.monotonic()
    try:
        done = subprocess.run(
            ["/usr/sbin/ip", "netns", "exec", site.client, *ordinary_user(), *command],
            env=variables,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_WAIT_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as over:
        return Said(-1, _text(over.stdout), _text(over.stderr), time.monotonic() - began)
    return Said(done.returncode, done.stdout, done.stderr, time.monotonic() - began)


def diagnosed(world, site):
    """Diagnose the world's target by the command line; return the report and what it said."""
    command = [sys.executable, "-m", "ringback", *_words(world)]
    said = run(site, command, world.environment())
    return _report(said), said


def diagnosed_by(program, world, site):
    """Do the same by a program that is ``Preloaded``."""
    began = time.monotonic()
    found = program.run(site.client, _words(world), world.environment(), NOBODY)
    said = Said(*found, time.monotonic() - began)
    return _report(said), said


def _words(world):
    return ["diagnose", "--json", *world.arguments, world.target]


def _report(said):
    try:
        report = json.loads(said.out)
    except ValueError:
        return {}
    return report[0] if isinstance(report, list) else report


def _text(data):
    return data.decode(errors="replace") if isinstance(data, bytes) else data or ""
