import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from rows import each

import ringback

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "ringback"
PACKAGES = [
    "ringback",
    "ringback.client.aiohttp",
    "ringback.client.httpx",
    "ringback.client.httpx2",
    "ringback.client.install",
    "ringback.client.propagation",
    "ringback.client.proxies",
    "ringback.client.requests",
    "ringback.client.trust",
    "ringback.client.urllib3",
    "ringback.diagnosis",
    "ringback.errors",
    "ringback.event",
    "ringback.failure",
    "ringback.retry",
    "ringback.sink",
    "ringback.sink.report",
    "ringback.testing.lab",
]
MODULES = [module.name for module in pkgutil.walk_packages(ringback.__path__, "ringback.")]


def offered(package):
    module = importlib.import_module(package)
    return {name: getattr(module, name) for name in module.__all__}


def documented_in_full():
    """The modules to which ruff's rules for docstrings apply, by their path below the source."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    pattern = next(glob for glob in settings["per-file-ignores"] if glob.startswith("!"))
    stem = pattern.removeprefix("!src/ringback/").removesuffix(".py")
    return re.compile(_expression(stem))


def _expression(glob):
    steps = {"{": "(?:", "}": ")", ",": "|", "*": "[^/]*"}
    return "".join(steps.get(character) or re.escape(character) for character in glob)


@each("package", PACKAGES)
def test_what_is_public_is_there_documented_and_held_to_it(package):
    public = documented_in_full()

    assert importlib.import_module(package).__doc__
    for name, value in offered(package).items():
        if not (inspect.isclass(value) or inspect.isroutine(value)):
            continue
        assert value.__doc__, f"{package}.{name} has no docstring"
        module = importlib.import_module(value.__module__)
        if module.__name__.startswith("ringback"):
            path = Path(module.__file__).relative_to(SOURCE).with_suffix("").as_posix()
            assert public.fullmatch(path), f"{path} defines {package}.{name}: see pyproject.toml"


@each("name", [name for name in MODULES if not name.endswith("__main__")])
def test_every_module_says_what_it_is_for(name):
    assert importlib.import_module(name).__doc__


def test_the_public_names_are_pinned():
    assert ringback.__all__ == [
        "Adapter",
        "Adaptive",
        "Alert",
        "AsyncReplayable",
        "Backoff",
        "Breaker",
        "Budget",
        "Diagnosis",
        "Explanation",
        "Failure",
        "Policy",
        "Proxies",
        "Rate",
        "Recovery",
        "Replayable",
        "Series",
        "Session",
        "Timeout",
        "Trust",
        "adiagnose",
        "classify",
        "deadline",
        "diagnose",
        "errors",
        "explain",
        "install",
        "report",
        "retry",
        "within_deadline",
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
