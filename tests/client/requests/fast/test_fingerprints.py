"""The fast path is taken for the code that it was written for, and for no other."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
import requests
import urllib3
from client.requests.fast.conftest import GUARDS
from nightly import rest_nightly

from ringback.client.requests.fast import guard
from ringback.client.requests.fast.guard import PatchGuard

TABLE = guard.known_fingerprints()
OF_STANDARD_LIBRARY = sorted(name for name in TABLE if ":" in name)

# Says how a plain session and ours end, with the lines that ours logs, and whether it was fast.
BOTH = """
import json, logging, sys
lines = []
class Lines(logging.Handler):
    def emit(self, record):
        lines.append(record.getMessage())
log = logging.getLogger("ringback")
log.setLevel(logging.DEBUG)
log.addHandler(Lines())
log.propagate = False
import requests, urllib3
import ringback
from ringback.client.requests.fast import guard, sending
taken, directly = [], sending.answered_directly
def noted(*args, **options):
    found = directly(*args, **options)
    taken.append(isinstance(found, urllib3.HTTPResponse))
    return found
sending.answered_directly = noted
def ended(session):
    session.trust_env = False
    try:
        return [session.get(sys.argv[1], timeout=5).text for _ in range(3)]
    except Exception as error:
        return [type(error).__name__, str(error)]
once = ringback.Policy(attempts=1)
found = {
    "requests": ended(requests.Session()),
    "ringback": ended(ringback.Session(policy=once, sinks=[])),
    "lines": lines, "on": guard.is_on(), "fast": any(taken), "from": urllib3.__file__,
}
print(json.dumps(found))
"""


REFUSED = """

def _refused(*_, **__):
    raise RuntimeError("refused")


{} = _refused
"""
"""What a fix of a security defect may do to a function."""


def both(url, folder, **environment):
    """How both end in a fresh process, with the packages in a folder before those installed."""
    path = [str(folder), *(entry for entry in sys.path if entry)]
    done = subprocess.run(
        [sys.executable, "-c", BOTH, url],
        env={"PYTHONPATH": ":".join(path), **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_the_fast_path_is_taken_where_what_is_installed_is_known(server, tmp_path):
    found = both(f"{server.url}/", tmp_path)

    assert found["requests"] == found["ringback"] == ["ok"] * 3
    unknown = {name for name in TABLE if guard.fingerprint(name) not in TABLE[name]}
    assert found["on"] == all(":" in name for name in unknown)
    assert len(found["lines"]) == bool(unknown)
    assert found["fast"] or unknown


@pytest.mark.parametrize(
    ("package", "file", "function"),
    rest_nightly(
        [
            (urllib3, "connectionpool.py", "HTTPConnectionPool.urlopen"),
            (urllib3, "connection.py", "HTTPConnection.getresponse"),
            (urllib3, "response.py", "HTTPResponse.read"),
            (requests, "sessions.py", "Session.send"),
            (requests, "adapters.py", "HTTPAdapter.send"),
            (requests, "_internal_utils.py", "to_native_string"),
        ],
    ),
)
def test_what_a_newer_release_refuses_is_refused(server, tmp_path, package, file, function):
    copy = tmp_path / package.__name__
    shutil.copytree(Path(package.__file__).parent, copy, ignore=shutil.ignore_patterns("*.pyc"))
    with (copy / file).open("a") as text:
        text.write(REFUSED.format(function))

    found = both(f"{server.url}/", tmp_path)

    assert str(tmp_path) in found["from"] or package is requests
    assert found["requests"] == found["ringback"] == ["RuntimeError", "refused"]
    assert (found["on"], found["fast"]) == (False, False)
    [line] = found["lines"]
    module = f"{package.__name__}.{file.removesuffix('.py')}"
    assert line.startswith(f"fast path off: it was not written for {module} of")
    assert f"{package.__name__} {package.__version__}" in line


@pytest.fixture
def with_table(tried, monkeypatch, tmp_path):
    """Lets it be found out again, in this process, from another table."""

    def use(text):
        (tmp_path / "table.json").write_text(text, "utf-8")
        monkeypatch.setattr(guard, "TABLE", tmp_path / "table.json")
        monkeypatch.setattr(guard, "_known_code", None)
        monkeypatch.setattr(guard, "on", None)

    return use


def test_another_function_of_the_standard_library_turns_off_what_stands_in_for_it(
    with_table, caplog
):
    name = "http.client:HTTPResponse._safe_read"
    with_table(json.dumps({**TABLE, name: {"0": "4.0.0"}}))
    reads = PatchGuard({}, needs=name)
    waits = PatchGuard({}, needs="http.client:HTTPResponse.begin")

    with caplog.at_level("DEBUG", "ringback"):
        assert guard.is_on()
        assert (reads.holds(), waits.holds()) == (False, True)
        assert not (waits + reads).holds()

    assert [record.getMessage()[:70] for record in caplog.records] == [
        f"fast path off in part: it was not written for {name} of"[:70]
    ]


@pytest.mark.parametrize("text", ["", "{}", "[1"])
def test_without_its_table_it_is_off(with_table, text):
    with_table(text)

    assert not guard.is_on()


def test_the_spec_that_six_puts_on_a_module_changes_nothing(monkeypatch):
    name = "http.client:HTTPResponse.begin"
    monkeypatch.setattr(http.client, "__spec__", ModuleSpec("six.moves.http_client", None))
    guard._source.cache_clear()

    assert guard.fingerprint(name) in TABLE[name]


def test_whatever_a_fast_path_stands_in_for_is_in_the_table():
    modules = {value.__module__ for watching in GUARDS.values() for value in guarded(watching)}
    standard = {name for watching in GUARDS.values() for name in watching.code}

    libraries = {name for name in modules if name.partition(".")[0] in {"requests", "urllib3"}}
    assert libraries <= TABLE.keys()
    assert standard == set(OF_STANDARD_LIBRARY)
    assert modules - libraries <= {name.partition(":")[0] for name in standard}


def guarded(watching):
    """The functions and classes that a guard watches, but for those written in C."""
    for read, owner, _ in watching._parts:
        found = read(owner)
        names = read.__reduce__()[1]
        for value in found if len(names) > 1 else [found]:
            function = value.fget if isinstance(value, property) else value
            if not isinstance(function, tuple | types.BuiltinFunctionType):
                yield function
