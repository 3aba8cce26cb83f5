"""Which rows of a table run by default: with ``in_turn`` its parameters take turns.

A table of six integrations and fifteen ways to keep a client waiting has ninety rows that differ in
little and take a second each. With the marker ``in_turn("integration")`` fifteen of them run: the
first way through the first integration, the second way through the second, and so on, until every
integration and every way has been met. The other rows are marked ``full``. Which they are depends
on nothing but the order in which they stand.
"""

from __future__ import annotations

from collections import defaultdict

import pytest


def chosen(rows):
    """Return the indices of the rows that run, of rows that are pairs: what is tested, and where.

    Of what is tested, and of where, each is among them at least once; the place that has been taken
    least often is the next.
    """
    tables = defaultdict(dict)
    for index, (what, where) in enumerate(rows):
        tables[what][where] = index
    taken = dict.fromkeys((where for _, where in rows), 0)
    found = set()
    for places in tables.values():
        where = min((place for place in taken if place in places), key=taken.__getitem__)
        taken[where] += 1
        found.add(places[where])
    return found | {
        next(index for index, row in enumerate(rows) if row[1] == where)
        for where, times in taken.items()
        if not times
    }


def take_turns(items):
    """Mark as ``full`` what has the marker ``in_turn`` and is not chosen."""
    tables = defaultdict(list)
    for item in items:
        if mark := item.get_closest_marker("in_turn"):
            tables[item.path, mark.args].append(item)
    for (_, names), rows in tables.items():
        run = chosen([_split(item, names) for item in rows])
        for index, item in enumerate(rows):
            if index not in run:
                item.add_marker(pytest.mark.nightly)


def _split(item, names):
    """What a test tests, and where: the parameters of these names."""
    # By what they are, not by their value, which may have no hash: each value is made once.
    given = {name: id(value) for name, value in item.callspec.params.items()}
    others = tuple(sorted((name, value) for name, value in given.items() if name not in names))
    return (item.originalname, others), tuple(given.get(name) for name in names)
