"""Which rows of a table run in the gate; the others are marked ``nightly``."""

import os

import pytest

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"

GATE_SHARE = 5


def examples(number):
    """How many examples of a property to try: all of them nightly, a share in the gate."""
    return number if THOROUGH else -(-number // GATE_SHARE)


def rest_nightly(values, gate=1):
    """Parameters of a test: the first ``gate`` values run in the gate, the rest nightly."""
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)),
            marks=[pytest.mark.nightly] * (index >= gate),
        )
        for index, value in enumerate(values)
    ]


def one_of_each(values, key, turn=0):
    """Parameters of a test: of the values with the same key one runs in the gate, the rest nightly.

    ``turn`` says which one: tables of the same values take another one each.
    """
    groups = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    gate = [group[turn % len(group)] for group in groups.values()]
    return [pytest.param(v, marks=[pytest.mark.nightly] * (v not in gate)) for v in values]


def pairs(whats, wheres):
    """Parameters of a test, all pairs: in the gate each ``what`` is met once, by the next where.

    Where there are more ``wheres`` than ``whats``, each ``where`` is met once.
    """
    whats, wheres = list(whats), list(wheres)
    gate = {(i % len(whats), i % len(wheres)) for i in range(max(len(whats), len(wheres)))}
    return [
        pytest.param(what, where, marks=[pytest.mark.nightly] * ((i, k) not in gate))
        for i, what in enumerate(whats)
        for k, where in enumerate(wheres)
    ]
