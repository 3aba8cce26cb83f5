"""The benches that have rows start, so that a change of the product cannot break them unseen."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.full
@pytest.mark.parametrize("bench", ["client", "monitor"])
def test_it_lists_its_rows(bench):
    command = [sys.executable, str(ROOT / "bench" / f"{bench}.py"), "--list"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert ran.returncode == 0, ran.stderr
    names = [line.split()[0] for line in ran.stdout.splitlines()]
    assert len(names) > 5
    assert len(names) == len(set(names))
