"""One run of a suite in one form."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from environment import copied, variables
from outcome import Result, outcomes
from suite import Form

TEST_SECONDS = 120
"""A test that takes longer has failed: the slowest takes 20 s in plain requests."""

_OPTIONS = ("-p", "no:cacheprovider", "-p", "no:ringback", "-q", "--timeout", str(TEST_SECONDS))


def execute(
    form: Form, python: Path, checkout: Path, entrance: Sequence[str], words: Sequence[str]
) -> Result:
    """Run a suite and return how its tests ended.

    Args:
        form: In which form.
        python: Interpreter of the suite's environment.
        checkout: The library's source; the tests run in a copy.
        entrance: What starts a program in a network of its own.
        words: Further arguments of pytest.
    """
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        record, home = directory / "record", directory / "home"
        record.touch()
        home.mkdir()
        chosen = [word for plugin in ("swap.record", *form.plugins) for word in ("-p", plugin)]
        began = time.monotonic()
        done = subprocess.run(
            [*entrance, python, "-m", "pytest", *_OPTIONS, *chosen, *words],
            cwd=copied(checkout, directory / "checkout"),
            env=variables(home, CONFORMANCE_RECORD=str(record), **form.environment),
            stdout=sys.stderr,
            check=False,
        )
        seconds = time.monotonic() - began
        tests = outcomes(record.read_text("utf-8").splitlines())
    return Result(form.name, form.judged, seconds, done.returncode, tests)
