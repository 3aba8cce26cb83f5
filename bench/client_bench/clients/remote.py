"""Clients in a process of their own, for what would change the others: still request by request."""

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from client_bench.environment import interpreter
from client_bench.interleave import NotThereError

PROGRAM = Path(__file__).parent.parent / "remote.py"


def remote(client, environment=None):
    """A client that another process opens and measures, whenever it is asked to.

    Args:
        client: ``module:name`` of a client.
        environment: The environment it has to itself; the default is this interpreter.
    """

    @contextmanager
    def opened(bench):
        python = interpreter(environment, bench.environments) if environment else sys.executable
        if not Path(python).exists():
            raise NotThereError(f"not there: no environment {environment} in {bench.environments}")
        with subprocess.Popen(
            [str(python), str(PROGRAM), client, json.dumps(asdict(bench.site))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            yield _Remote(process)
            process.stdin.close()

    return opened


class _Remote:
    def __init__(self, process):
        self._process = process
        if (ready := self._said()) != "ready":
            raise NotThereError(ready)

    def __call__(self):
        self.sample()

    def sample(self):
        """As `interleave` takes it: CPU of the thread, of all threads, wall."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return tuple(json.loads(self._said()))

    def _said(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("its process has ended")
        return line.strip()
