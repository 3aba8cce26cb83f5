"""One test for all rows of a table: what is checked of each takes less than a test by itself."""

from __future__ import annotations

import functools
import inspect

import pytest
from _pytest.outcomes import Skipped


def each(names, rows):
    """Call a test with each row, as ``pytest.mark.parametrize`` would; name every row that fails.

    Fixtures are made once for all rows: this is for checks of data, not for what leaves a trace.
    """
    rows = list(rows)
    names = [name.strip() for name in names.split(",")]
    assert rows, "a table without rows checks nothing"

    def decorate(function):
        fixtures = [p for n, p in inspect.signature(function).parameters.items() if n not in names]

        @functools.wraps(function)
        def test(**given):
            wrong = [said for row in rows if (said := _failure(function, names, row, given))]
            if wrong:
                pytest.fail(f"{len(wrong)} of {len(rows)} rows\n" + "\n".join(wrong), pytrace=False)

        test.__signature__ = inspect.Signature(fixtures)
        return test

    return decorate


def _failure(function, names, row, given):
    """What is wrong with a row, or nothing."""
    values = dict(zip(names, row if len(names) > 1 else (row,), strict=True))
    try:
        function(**values, **given)
    except Skipped:
        return None
    except Exception as error:  # noqa: BLE001 - whatever it is, the other rows are checked too
        return f"{_short(values)}: {type(error).__name__}: {error}"
    return None


def _short(values):
    return ", ".join(f"{name}={value!r:.100}" for name, value in values.items())
