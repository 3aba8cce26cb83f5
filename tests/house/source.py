"""The source of the package, parsed once for all tests that look at it."""

import ast
import functools
import gc
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "ringback"


@functools.cache
def trees():
    """The syntax tree of each module, by its path below the package."""
    found = {
        path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
    }
    gc.freeze()  # half a million nodes, which no other test's collection has to look at
    return found


@functools.cache
def definitions():
    """Each class and function, also within others, with the path of its module."""
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return [
        (path, node)
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, kinds)
    ]
