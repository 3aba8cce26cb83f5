"""What the runs showed, for a person and for a program."""

from collections.abc import Container, Iterator, Mapping
from typing import Any

from outcome import BROKEN, MISSING, Result, differing, lost

_COLUMNS = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


def as_text(suite: str, results: list[Result], accepted: Mapping[str, str]) -> str:
    """Return a table of the forms, and each test that ended differently than in the first.

    Args:
        suite: The library and its version.
        results: The library as it is, and the other forms.
        accepted: Tests that may be lost, and why.
    """
    return "\n".join([*_table(suite, results, accepted), *_differences(results, accepted)])


def as_json(suite: str, results: list[Result], accepted: Mapping[str, str]) -> dict[str, Any]:
    """Return the same as a JSON object, with the outcome of every test.

    Args:
        suite: The library and its version.
        results: The library as it is, and the other forms.
        accepted: Tests that may be lost, and why.
    """
    return {"suite": suite, "forms": [_form(results[0], result, accepted) for result in results]}


def _form(plain: Result, result: Result, accepted: Container[str]) -> dict[str, Any]:
    return {
        "form": result.form,
        "judged": result.judged,
        "seconds": round(result.seconds, 1),
        "status": result.status,
        "counts": dict(result.counts()),
        "lost": lost(plain, result, accepted),
        "tests": {name: {"was": o.was, "said": o.said} for name, o in result.tests.items()},
    }


def _table(suite: str, results: list[Result], accepted: Container[str]) -> Iterator[str]:
    width = max(len(result.form) for result in results)
    yield f"\n{suite}\n{'':{width}}" + "".join(f"{name:>9}" for name in (*_COLUMNS, "lost", "s"))
    for result in results:
        counts: Mapping[str, int] = result.counts()
        figures = [counts.get(name, 0) for name in _COLUMNS]
        figures += [len(lost(results[0], result, accepted)), round(result.seconds)]
        yield f"{result.form:{width}}" + "".join(f"{figure:>9}" for figure in figures)


def _differences(results: list[Result], accepted: Mapping[str, str]) -> Iterator[str]:
    plain = results[0]
    for name, outcome in plain.tests.items():
        if outcome.was in BROKEN:
            yield f"{plain.form}: {name}: {outcome.was}  {outcome.said}".rstrip()
    for result in results[1:]:
        differences = differing(plain, result)
        for name, (before, after) in differences.items():
            if after.was != MISSING:
                said = f"(accepted: it {accepted[name]})" if name in accepted else after.said
                yield f"{result.form}: {name}: {before.was} → {after.was}  {said}".rstrip()
        if absent := sum(after.was == MISSING for _, after in differences.values()):
            yield f"{result.form}: {absent} tests were not reached (exit status {result.status})"
