"""A place in a JSON document: ``a.b[0].c``."""

import json
import re
from functools import lru_cache
from typing import Any

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(-?\d{1,9})\]|\[['\"]([^'\"\]]+)['\"]\]")


class PathMissing(LookupError):  # noqa: N818 - named for what was found out
    """There is nothing at a path."""


def at_path(document: Any, path: str) -> str:
    """Return what is at a path, as text: a string itself, everything else as JSON.

    Args:
        document: As ``json.loads`` returned it.
        path: Names joined by dots, indices in brackets; a leading ``$`` means the document.

    Raises:
        PathMissing: There is nothing.
    """
    found = document
    for step in steps_of(path):
        try:
            found = found[step]
        except (LookupError, TypeError):
            raise PathMissing(path) from None
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


@lru_cache(maxsize=1024)
def steps_of(path: str) -> tuple[str | int, ...]:
    """Return the names and indices of a path.

    Args:
        path: As ``at_path`` takes it.

    Raises:
        ValueError: It is none.
    """
    rest = path.removeprefix("$")
    steps: list[str | int] = []
    while rest:
        match = _STEP.match(rest)
        if match is None:
            raise ValueError(f"not a JSON path: {path!r}")
        name, index, quoted = match.groups()
        steps.append(int(index) if index is not None else name if name is not None else quoted)
        rest = rest[match.end() :]
    return tuple(steps)
