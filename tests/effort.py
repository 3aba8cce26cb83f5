"""How much is tried of what can be tried without end."""

import os

import pytest

THOROUGH = os.environ.get("CI") == "true"

SHARE = 5


def examples(number):
    """Return how many examples of a property to try: all in CI, a share of them elsewhere."""
    return number if THOROUGH else -(-number // SHARE)


def rest_in_full(values, first=1):
    """Return parameters of a test: the first run by default, the rest in full."""
    full = pytest.mark.full
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)), marks=[full] * (i >= first)
        )
        for i, value in enumerate(values)
    ]


def one_of_each(names, kind, turn=0):
    """Return parameters of a test: of the names of each kind one runs by default, the rest in full.

    Which one it is, ``turn`` says: tables of the same names take another one each.
    """
    groups = {}
    for name in names:
        groups.setdefault(kind(name), []).append(name)
    often = {group[turn % len(group)] for group in groups.values()}
    full = pytest.mark.full
    return [pytest.param(name, marks=[full] * (name not in often)) for name in names]
