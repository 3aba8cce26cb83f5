"""Good endpoints beside hostile ones, as bench/hostile.py measures them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench/hostile.py"


@pytest.mark.full
def test_twenty_hostile_targets_beside_200_good_ones():
    run = [sys.executable, str(BENCH), "--good", "200", "--every", "2", "--seconds", "10"]
    done = subprocess.run(run, capture_output=True, check=True, timeout=120)
    found = json.loads(done.stdout)

    assert found["checks"] > 200
    assert (found["discarded"], found["failed"], found["late"]) == (0, 0, 0), found
