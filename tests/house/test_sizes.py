import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "ringback"
MODULES = sorted(SOURCE.rglob("*.py"))
CEILING = 400
LONGEST_FUNCTION = 60


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_can_be_read_in_one_sitting(path):
    source = path.read_text("utf-8")
    functions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    assert source.count("\n") <= CEILING
    assert [f.name for f in functions if f.end_lineno - f.lineno >= LONGEST_FUNCTION] == []


def test_most_modules_are_small():
    lengths = sorted(path.read_text("utf-8").count("\n") for path in MODULES)

    assert lengths[len(lengths) // 2] <= 150


def test_every_exception_to_a_lint_rule_gives_its_reason():
    bare = [
        f"{path.name}:{number}"
        for path in MODULES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for mark in ("# noqa", "# type: ignore", "# pragma")
        if mark in line
        and " - " not in line.partition(mark)[2]
        and "#" not in line.partition(mark)[2]
    ]

    assert bare == []
