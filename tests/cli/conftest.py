import socket
import traceback

import pytest
from monitor.notify.conftest import receiver
from program import run_as_process, run_in_process

__all__ = ["receiver"]


@pytest.fixture
def ringback():
    """Runs the command line within this process."""
    return run_in_process


@pytest.fixture
def process():
    """Runs the command line as a program of its own."""
    return run_as_process


@pytest.fixture
def refused(tmp_path):
    """A file with the traceback of a refused connection."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        try:
            socket.create_connection(closed.getsockname())
        except ConnectionRefusedError:
            text = traceback.format_exc()
    path = tmp_path / "error.log"
    path.write_text(f"12:00 the job starts\n{text}12:01 the job ends\n")
    return path


@pytest.fixture
def one_line():
    """Asserts that a run failed with status 2 and one line, and returns the line."""

    def check(done):
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.startswith("ringback: ")
        assert done.stderr.count("\n") == 1
        assert "Traceback" not in done.stderr
        return done.stderr

    return check
