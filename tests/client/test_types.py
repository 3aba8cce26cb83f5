"""What a type checker knows of a session, of what it returns and of what it calls."""

import subprocess
import sys

import pytest
from requires import requires

PROGRAM = """\
import ringback


def alert(alert: ringback.Alert) -> None:
    print(alert.endpoint)


def recovered(recovery: ringback.Recovery) -> None:
    print(recovery)


session = ringback.Session(errors="return", on_alert=alert, on_recovery=recovered)
found = session.get("http://localhost", timeout=3, headers={"a": "b"}, json={})
for found in (session.post("/", b"x"), session.put("/", b"x"), session.delete("/")):
    if found.failure is not None:
        print(found.failure.kind, found.failure.delivered, found.status_code)
"""

WRONG = """\
import ringback

print(ringback.Session().get("/").failure.kind)
ringback.Session().get("/", timout=3)
ringback.Session(on_alert=len)
"""


def checked(folder, text):
    (folder / "program.py").write_text(text)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "program.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.mark.nightly
def test_a_program_that_reads_why_a_call_failed_is_typed(tmp_path):
    requires("mypy")
    assert "Success" in checked(tmp_path, PROGRAM)


@pytest.mark.nightly
def test_what_is_wrong_is_told(tmp_path):
    requires("mypy")
    said = checked(tmp_path, WRONG)
    assert 'Item "None" of "Failure | None" has no attribute "kind"' in said
    assert 'did you mean "timeout"?' in said
    assert 'Argument "on_alert"' in said
    assert "Found 3 errors" in said
