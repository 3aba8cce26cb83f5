"""One word for one thing: what docs/glossary.md says of names holds in the source."""

import ast
import re
from collections import defaultdict
from pathlib import Path

from house.source import definitions, trees

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "glossary.md").read_text("utf-8")
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

# A name that means the same wherever it is defined, and why it is defined more than once.
FORM = "one thing, for each of the libraries that have a form of it"
SHAPE = "the value, and its JSON in the API: pydantic names the OpenAPI component by the class"
ENGINE = "what each engine has of its own: its tables, as `Schema` says, and its errors"
SAME = {
    "AsyncTransport": FORM,
    "Response": FORM,
    "Transport": FORM,
    "Check": SHAPE,
    "Discovered": SHAPE,
    "Endpoint": SHAPE + "; the lab's is one as well: what is called",
    "Incident": SHAPE,
    "RollupBucket": SHAPE,
    "Silence": SHAPE,
    "TimelineEntry": SHAPE,
    **dict.fromkeys(
        (
            "create_tables",
            "failed_table",
            "migrate",
            "open_table",
            "problem_of",
            "put_new",
            "rollup_table",
            "table_names",
            "upgrade",
            "upgrade_tables",
        ),
        ENGINE,
    ),
}
# Classes called by a word that the glossary has against something else, and why they may be.
OTHERWISE_MEANT = {
    "Identity": "of a host that the lab makes: certificate and key, as TLS libraries call it",
    "Listener": "of the lab: a listening socket",
    "Operation": "of the API, as OpenAPI calls it",
    "Tally": "public",
    "Waits": "public",
}


def modules_of_names():
    """Each public class and function at module level, with the modules that define it.

    The generated `*_sync.py` is the text of its `*_async.py`, and what both import has a form for
    each: they count as one.
    """
    found = defaultdict(set)
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, DEFINITIONS) and not node.name.startswith("_"):
                found[node.name].add(re.sub(r"_a?sync\.py$", ".py", path))
    return found


def test_a_name_means_one_thing():
    twice = {name: sorted(m) for name, m in modules_of_names().items() if len(m) > 1}

    assert {name: twice[name] for name in sorted(set(twice) - set(SAME))} == {}
    assert set(SAME) <= set(twice), "what is no longer defined twice needs no reason"


def column(row_matches, index):
    """The words of one column of the glossary's tables; one in brackets limits where it holds."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.splitlines()
        if line.startswith("| ") and row_matches(line)
    ]
    cells = [cell[index] for cell in rows if len(cell) > index]
    return {word.strip(" `…") for cell in cells for word in cell.split(",") if "(" not in word}


def test_a_constant_is_named_as_the_field_names_it():
    words = column(lambda line: line.startswith(("| a bound", "| a wait", "| a period")), 2)

    assert {"MOST", "LONGEST", "ENOUGH", "PATIENCE", "GOODBYE", "HUSH"} <= words
    assert [
        f"{path}: {name}"
        for path, tree in trees().items()
        for name in constants(tree)
        if name.rpartition("_")[2] in words
    ] == []
    assigned = re.compile(rf"^\w*(?:{'|'.join(words)})(?:: \w+)? = ", re.MULTILINE)
    others = [path for folder in ("tests", "bench") for path in (ROOT / folder).rglob("*.py")]
    assert [path.name for path in others if assigned.search(path.read_text("utf-8"))] == []


def constants(tree):
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (n for target in targets for n in ast.walk(target) if isinstance(n, ast.Name))
            yield from (name.id for name in names if name.id.isupper())


def test_a_class_is_not_called_by_a_word_that_stands_for_something_else():
    used, against = column(lambda line: "---" not in line, 0), column(lambda line: True, 3)
    called = {
        node.name
        for _, node in definitions()
        if isinstance(node, ast.ClassDef) and node.name.strip("_").lower() in against - used
    }

    assert len(against) > 50
    assert called == set(OTHERWISE_MEANT)


def test_the_item_of_a_loop_is_named():
    loop = re.compile(r"\bfor (?:one|each) in\b")
    written = [
        path
        for folder in ("src", "tests", "bench", "conformance", "docs", "scripts")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html"}
    ]

    assert len(written) > 1000
    assert [str(path) for path in written if loop.search(path.read_text("utf-8"))] == []
