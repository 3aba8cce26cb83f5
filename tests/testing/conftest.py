import subprocess
import sys

import pytest


@pytest.fixture
def ringback():
    """Runs the program in a process of its own."""

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "ringback", *arguments],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )

    return run
