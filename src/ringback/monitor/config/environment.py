"""``${NAME}`` in a configuration: what the environment says instead."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ringback.monitor.config.position import KeyPath

_REFERENCE = re.compile(r"\$(\$\{)|\$\{([^}]*)\}")


@dataclass(slots=True)
class Filled:
    """Data with the environment's values in it.

    Attributes:
        data: The data.
        secret: Path of a string to the values of the environment in it; never to be shown.
        missing: Path to the variable that it names and that is not set.
    """

    data: Any = None
    secret: dict[KeyPath, list[str]] = field(default_factory=dict)
    missing: dict[KeyPath, str] = field(default_factory=dict)


def filled(data: Any, environ: Mapping[str, str]) -> Filled:
    """Return data with each ``${NAME}`` in a string replaced; ``$${`` means ``${`` itself.

    Args:
        data: What ``tomllib`` read.
        environ: Name to value.
    """
    into = Filled()
    into.data = _fill(data, (), environ, into)
    return into


def _fill(data: Any, path: KeyPath, environ: Mapping[str, str], into: Filled) -> Any:
    if isinstance(data, dict):
        return {key: _fill(one, (*path, key), environ, into) for key, one in data.items()}
    if isinstance(data, list):
        return [_fill(one, (*path, index), environ, into) for index, one in enumerate(data)]
    if not isinstance(data, str) or "${" not in data:
        return data

    def value(match: re.Match[str]) -> str:
        if match[1]:
            return match[1]
        if match[2] not in environ:
            into.missing.setdefault(path, match[2])
        said = environ.get(match[2], "")
        into.secret.setdefault(path, []).append(said)
        return said

    return _REFERENCE.sub(value, data)
