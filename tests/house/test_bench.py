"""The benches that have rows start, so that a change of the product cannot break them unseen."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["client", "monitor"])
def test_it_lists_its_rows(name):
    command = [sys.executable, BENCH / f"{name}.py", "--list"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert ran.returncode == 0, ran.stderr
    rows = [line.split()[0] for line in ran.stdout.splitlines()]
    assert len(rows) == len(set(rows)) > 5
