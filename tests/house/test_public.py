"""What ``import ringback`` gives, and what it leaves unloaded."""

import importlib
import inspect
import subprocess
import sys

import pytest
from house.surface import PACKAGES

import ringback


def run(code):
    """What a fresh interpreter prints."""
    return subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()


def test_what_is_public_is_documented():
    bare = [
        f"{package}.{name}"
        for package in PACKAGES
        for name in importlib.import_module(package).__all__
        if inspect.isclass(value := getattr(importlib.import_module(package), name))
        or inspect.isroutine(value)
        if not value.__doc__
    ]

    assert bare == []


def test_dir_shows_the_public_names_and_nothing_else():
    import ringback.client.retrying  # noqa: PLC0415 - what is loaded is not shown
    import ringback.retry  # noqa: PLC0415 - as above

    assert [name for name in dir(ringback) if not name.startswith("__")] == ringback.__all__


@pytest.mark.parametrize(
    "imports",
    [
        "from ringback import retry",
        "import ringback.retry as retry",
        "from ringback.retry import Policy; import ringback; retry = ringback.retry",
        "import ringback.client.retrying, ringback; retry = ringback.retry",
    ],
)
def test_retry_is_one_thing_whatever_was_imported_before(imports):
    code = f"""
{imports}
import inspect, ringback, sys
from ringback.retry import Policy
assert retry is ringback.retry is sys.modules["ringback.retry"]
assert retry.Policy is Policy is ringback.Policy
assert retry(Policy(attempts=1)).call(max, 1, 2) == 2
assert retry(max)(1, 2) == retry.__call__(max)(1, 2) == 2
assert "given" in inspect.signature(retry).parameters
"""
    assert run(code) == []


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="sesion"):
        _ = ringback.sesion


def test_import_loads_only_the_standard_library_and_no_rules_for_texts():
    loaded = "import sys; print(*sys.modules)"
    classified = "import ringback; ringback.classify(ConnectionRefusedError(111, 'x'))"
    used = "ringback.explain('x refused'); ringback.errors.ConnectionRefused"

    found = run(
        f"{classified}; {loaded}; print('|'); {used}; ringback.Policy().start(0.0); {loaded}"
    )
    early, late = found[: found.index("|")], found[found.index("|") :]
    assert "ringback.failure.text.rules" not in early
    assert "ringback.failure.text.rules" in late
    own = {"__main__", "ringback", "|", *sys.stdlib_module_names}
    # An editable installation loads something by itself.
    theirs = {name.partition(".")[0] for name in run(loaded)}
    assert {name.partition(".")[0] for name in late} - own <= theirs
