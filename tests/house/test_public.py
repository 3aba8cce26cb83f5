import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest
from rows import each

import ringback

ROOMS = [
    "ringback",
    "ringback.failure",
    "ringback.errors",
    "ringback.retry",
    "ringback.event",
    "ringback.sink",
    "ringback.testing.lab",
]
MODULES = [module.name for module in pkgutil.walk_packages(ringback.__path__, "ringback.")]


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_room_offers_is_there_and_documented(room):
    module = importlib.import_module(room)

    assert module.__doc__
    for name in module.__all__:
        offered = getattr(module, name)
        if inspect.isclass(offered) or inspect.isroutine(offered):
            assert offered.__doc__, f"{room}.{name} has no docstring"


@each("name", [name for name in MODULES if not name.endswith("__main__")])
def test_every_module_and_what_is_public_in_it_says_what_it_is_for(name):
    module = importlib.import_module(name)

    undocumented = [
        attribute
        for attribute, value in vars(module).items()
        if not attribute.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == name
        and not value.__doc__
    ]

    assert module.__doc__
    assert undocumented == []


def test_the_public_names_are_pinned():
    assert ringback.__all__ == [
        "Adapter",
        "AsyncReplayable",
        "Backoff",
        "Breaker",
        "Budget",
        "Diagnosis",
        "Explanation",
        "Failure",
        "Policy",
        "Proxies",
        "Replayable",
        "Series",
        "Session",
        "Timeout",
        "Trust",
        "adiagnose",
        "classify",
        "diagnose",
        "errors",
        "explain",
        "install",
        "report",
        "retry",
    ]
    assert set(ringback.__all__) <= set(dir(ringback))


def test_dir_shows_the_public_names_and_nothing_else():
    import ringback.client.retrying  # noqa: PLC0415 - what is loaded is not shown
    import ringback.retry  # noqa: PLC0415 - as above

    assert [name for name in dir(ringback) if not name.startswith("__")] == ringback.__all__


@pytest.mark.parametrize(
    "imports",
    [
        "import ringback; retry = ringback.retry",
        "from ringback import retry",
        "import ringback.retry; retry = ringback.retry",
        "import ringback.retry as retry",
        "from ringback.retry import Policy; import ringback; retry = ringback.retry",
        "import ringback.client.retrying, ringback; retry = ringback.retry",
        "import importlib; retry = importlib.import_module('ringback.retry')",
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
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="sesion"):
        _ = ringback.sesion


def loaded_by(statement):
    """The top-level packages that a fresh interpreter has loaded after a statement."""
    code = f"{statement}; import sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import ringback",
        "import ringback; ringback.classify(ValueError()); ringback.explain('x refused')",
        "import ringback; ringback.errors.ConnectionRefused; ringback.Policy().start(0.0)",
    ],
)
def test_only_the_standard_library_is_loaded(statement):
    assert loaded_by(statement) - set(sys.stdlib_module_names) - {"__main__", "ringback"} <= {
        # what an editable installation loads by itself
        *loaded_by("pass"),
    }


def test_classify_does_not_load_the_rules_for_texts():
    code = (
        "import ringback, sys; ringback.classify(ConnectionRefusedError(111, 'x'));"
        "print('ringback.failure.text.rules' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
