"""The names of the kinds as a type: a misspelt one does not pass the type checker."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from ringback.failure.kinds import KINDS
from ringback.failure.names import KindGroup, KindName

ROOT = Path(__file__).parents[2]

RIGHT = """\
from ringback.diagnosis.model import Reading, Verdict
from ringback.failure import Failure
from ringback.failure.clue import SPECIFIC, TIMEOUT, Clue
from ringback.failure.codes import KIND_OF_STATUS
from ringback.failure.text.rule import says

failure = Failure("tcp.refused", via="tcp.reset")
clues = [Clue("dns.timed_out", SPECIFIC), Clue(TIMEOUT), Clue(None)]
rules = says("http.response.timed_out")("it took too long")
reading = Reading(layer="tcp", what="connect", kind="tcp.refused")
healthy = Verdict(kind="healthy", cause="", layer="none", where="", confidence=1.0, summary="")
is_refused = failure.kind == "tcp.refused"
KIND_OF_STATUS[599] = "http.error"
"""

WRONG = [
    ('"tcp.refused", via', '"tcp.refsued", via'),
    ('via="tcp.reset"', 'via="tcp.rst"'),
    ('"dns.timed_out"', '"dns.timeout"'),
    ('"http.response.timed_out"', '"http.response.timeout"'),
    ('kind="tcp.refused"', 'kind="tcp"'),
    ('kind="healthy"', 'kind="well"'),
    ('== "tcp.refused"', '== "tcp.refusd"'),
    ('= "http.error"', '= "http.status"'),
]


def test_the_names_are_those_of_the_table() -> None:
    assert set(get_args(KindName)) == set(KINDS)
    groups = {name.rsplit(".", cut)[0] for name in KINDS for cut in range(1, name.count(".") + 1)}
    assert set(get_args(KindGroup)) == groups - set(KINDS)


@pytest.mark.nightly
def test_a_misspelt_kind_fails_the_type_check(tmp_path: Path) -> None:
    lines = RIGHT.splitlines()
    wrong = {}
    for right, misspelt in WRONG:
        [number] = [number for number, line in enumerate(lines, 1) if right in line]
        copy = tmp_path / f"wrong_{len(wrong)}.py"
        copy.write_text(RIGHT.replace(right, misspelt), encoding="utf-8")
        wrong[copy.name] = number
    (tmp_path / "right.py").write_text(RIGHT, encoding="utf-8")

    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file="),
            *(f"--cache-dir={tmp_path / 'cache'}", "right.py", *wrong),
        ],
        cwd=tmp_path,
        env={"MYPYPATH": str(ROOT / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert {tuple(error.split(":")[:2]) for error in errors} == {
        (name, str(number)) for name, number in wrong.items()
    }, done.stdout + done.stderr
