"""The benches that have rows start, so that a change of the product cannot break them unseen."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.nightly
@pytest.mark.parametrize("bench", ["client", "monitor"])
def test_it_lists_its_rows(bench):
    command = [sys.executable, str(ROOT / "bench" / f"{bench}.py"), "--list"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert ran.returncode == 0, ran.stderr
    names = [line.split()[0] for line in ran.stdout.splitlines()]
    assert len(names) > 5
    assert len(names) == len(set(names))


SUBJECTS = (
    "🟩 Blog Page is up (200 in 120 ms) [skip ci] [upptime]",
    "🟥 Blog Page is down (503 in 80 ms) [skip ci] [upptime]",
    "🟥 Blog Page is down (503 in 90 ms) [skip ci] [upptime]",
    ":bento: Update graphs [skip ci]",
    "🟥 API (v2) is down (0 in 0 ms) [skip ci] [upptime]",
    "🟨 Blog Page has degraded performance (200 in 9000 ms) [skip ci] [upptime]",
)


def test_a_history_of_upptime_is_an_outage_log(tmp_path):
    def git(*words, at=0):
        dates = {"GIT_AUTHOR_DATE": f"{at} +0000", "GIT_COMMITTER_DATE": f"{at} +0000"}
        who = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in NAMED}
        command = ["git", "-C", str(tmp_path), *words]
        subprocess.run(command, check=True, capture_output=True, env=os.environ | who | dates)

    git("init", "--quiet")
    for number, subject in enumerate(SUBJECTS):
        git("commit", "--allow-empty", "-m", subject, at=1_700_000_000 + 300 * number)

    command = [sys.executable, str(ROOT / "bench" / "upptime.py"), str(tmp_path), "--log"]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=180)
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [
        {"at": 1_700_000_300, "endpoint": "blog-page", "up": False, "code": "503"},
        {"at": 1_700_001_200, "endpoint": "api-v2", "up": False},
        {"at": 1_700_001_500, "endpoint": "blog-page", "up": True},
    ]


NAMED = ("NAME", "EMAIL")
