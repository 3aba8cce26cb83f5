import socket
import subprocess
import sys
import traceback

import pytest


@pytest.fixture
def ringback():
    """Runs the program in a process of its own; the input is bytes or text."""

    def run(*arguments, stdin="", env=None, **options):
        given = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "ringback", *map(str, arguments)],
            input=given,
            capture_output=True,
            timeout=180,
            check=False,
            env=env,
            **options,
        )
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done

    return run


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
