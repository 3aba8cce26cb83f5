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


def pairs(whats, wheres, met=lambda what, where: True):
    """Parameters of a test, all pairs that are met: in the gate each of both at least once."""
    whats, wheres = list(whats), list(wheres)
    table = [(i, k) for i, a in enumerate(whats) for k, b in enumerate(wheres) if met(a, b)]
    taken, gate = [0] * len(wheres), set()
    for i in range(len(whats)):
        places = [k for what, k in table if what == i]
        if places:
            k = min(places, key=taken.__getitem__)
            taken[k] += 1
            gate.add((i, k))
    for k in range(len(wheres)):
        if not taken[k]:
            gate.update([pair for pair in table if pair[1] == k][:1])
    nightly = pytest.mark.nightly
    return [
        pytest.param(whats[i], wheres[k], marks=[nightly] * ((i, k) not in gate)) for i, k in table
    ]
