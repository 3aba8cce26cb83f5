import ast

from house.source import SOURCE, definitions

MODULES = sorted(SOURCE.rglob("*.py"))
MAX_LINES = 600
MAX_FUNCTION_LINES = 60


def test_a_module_can_be_read_in_one_sitting():
    lengths = {
        str(path.relative_to(SOURCE)): path.read_text("utf-8").count("\n") for path in MODULES
    }

    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}


def test_a_function_fits_on_a_screen():
    long = [
        f"{path}: {node.name}"
        for path, node in definitions()
        if not isinstance(node, ast.ClassDef)
        and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
    ]

    assert long == []


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
