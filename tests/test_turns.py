import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from turns import chosen

WAYS, INTEGRATIONS = "abcde", "xyz"

MODULE = """
import pytest

@pytest.mark.in_turn("integration")
@pytest.mark.parametrize("way", "abcde")
@pytest.mark.parametrize("integration", "xyz")
def test_it(integration, way):
    pass

def test_other():
    pass
"""


def taken(rows):
    return [rows[i] for i in sorted(chosen(rows))]


def test_the_integrations_take_turns():
    rows = list(product(WAYS, INTEGRATIONS))
    assert taken(rows) == [("a", "x"), ("b", "y"), ("c", "z"), ("d", "x"), ("e", "y")]


def test_each_integration_has_its_turn_where_there_are_fewer_ways():
    rows = list(product("ab", INTEGRATIONS))
    assert taken(rows) == [("a", "x"), ("a", "z"), ("b", "y")]


def test_a_way_that_a_integration_lacks_is_met_through_the_next():
    rows = [("a", "x"), ("a", "y"), ("b", "x"), ("c", "z"), ("c", "x")]
    assert taken(rows) == [("a", "x"), ("a", "y"), ("b", "x"), ("c", "z")]


@pytest.fixture
def listed(tmp_path):
    """The tests that pytest chooses of a module that stands beside the others."""

    here = Path(__file__).parent
    (tmp_path / "conftest.py").write_text((here / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(MODULE)
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-n", "0"]
    command += ["-c", here.parent / "pyproject.toml", "--rootdir", here.parent]
    command += ["--confcutdir", tmp_path]

    def run(*options):
        done = subprocess.run(
            [*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
        return re.findall(r"::(\S+)", done.stdout)

    return run


@pytest.mark.full
def test_by_default_what_has_its_turn_runs_and_with_full_the_rest(listed):
    turn = {"test_it[x-a]", "test_it[x-d]", "test_it[y-b]", "test_it[y-e]", "test_it[z-c]"}
    by_default, rest = listed("test_it.py"), listed("-m", "full", "test_it.py")
    assert set(by_default) == turn | {"test_other"}
    assert len(rest) == 10
    assert not set(rest) & set(by_default)


@pytest.mark.full
def test_what_is_named_itself_runs_though_it_is_full(listed):
    assert listed("test_it.py::test_it[z-a]") == ["test_it[z-a]"]
