"""Writes down how each test ended, a JSON object a line, so that a crash loses nothing."""

import json
import os
from pathlib import Path

import pytest

_FILE = Path(os.environ["CONFORMANCE_RECORD"])
_CHECKOUT = str(Path.cwd())


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Write down one phase of a test."""
    _write(report, report.when or "call", "wasxfail" in vars(report))


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Write down what cannot be collected."""
    if report.failed:
        _write(report, "collect", expected=False)


def _write(report: pytest.TestReport | pytest.CollectReport, phase: str, expected: bool) -> None:
    crash = getattr(report.longrepr, "reprcrash", None)
    said = crash.message if crash else str(report.longrepr or "")
    line = {
        "test": report.nodeid.replace(_CHECKOUT, "."),
        "phase": phase,
        "outcome": report.outcome,
        "expected": expected,
        "said": said if report.outcome == "failed" else "",
    }
    with _FILE.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
