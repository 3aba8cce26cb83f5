"""What asks for a fact asks for one that is written."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from house.source import trees

from ringback.diagnosis import fact_values, facts, host_facts, sorts

ROOT = Path(__file__).parents[2]
TYPES = {
    name: value
    for module in (facts, host_facts, fact_values)
    for name, value in vars(module).items()
}
KEYS = {key for sort in sorts.SORTS for key in sort.__annotations__}

RIGHT = """\
from ringback.diagnosis.facts import NameserverFacts
from ringback.diagnosis.host_facts import RouteToFacts
from ringback.diagnosis.verdict.evidence import Evidence


def asked(evidence: Evidence) -> bool:
    every = evidence.all(NameserverFacts)
    return any(answer.facts["on_link"] for answer in every)


def gateway(evidence: Evidence) -> str | None:
    return evidence.facts(RouteToFacts)["gateway"]


written = NameserverFacts(server="192.0.2.53", on_link=True)
"""

WRONG = [
    ('answer.facts["on_link"]', 'answer.facts["onlink"]'),
    ('["gateway"]', '["gate"]'),
    ("on_link=True", "onlink=True"),
    ("on_link=True", 'on_link="yes"'),
]


def calls():
    for path, tree in trees().items():
        for node in ast.walk(tree) if path.startswith("diagnosis/") else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield f"{path}:{node.lineno}", node


def test_no_fact_is_asked_for_by_get_which_takes_any_key():
    asking = [
        place
        for place, call in calls()
        if call.func.attr == "get"
        and isinstance(call.func.value, ast.Attribute)
        and call.func.value.attr == "facts"
    ]

    assert asking == []


def test_readings_are_chosen_by_facts_that_they_have():
    wrong = [
        f"{place}: {keyword.arg}"
        for place, call in calls()
        if call.func.attr in {"all", "first", "every"}
        for keyword in call.keywords
        if keyword.arg is not None and keyword.arg not in keys_of(call)
    ]

    assert wrong == []


def keys_of(call):
    sort = TYPES.get(getattr(call.args[0], "id", "")) if call.args else None
    return KEYS if sort is None else set(sort.__annotations__)


@pytest.mark.nightly
def test_a_key_that_is_no_fact_fails_the_type_check(tmp_path):
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
