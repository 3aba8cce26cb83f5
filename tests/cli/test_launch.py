"""`ringback run`: the program is unchanged, and so is how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap

import pytest
from nightly import rest_nightly
from program import run_in_process, running_program

APP = """
import sys
import requests

session = requests.Session()
session.trust_env = False
try:
    print(session.get(sys.argv[1]).status_code)
except requests.ConnectionError as error:
    print(type(error).__mro__[1].__name__, error.failure.kind, len(error.attempts))
    sys.exit(3)
"""


@pytest.fixture
def ringback(process):
    """The program that it runs takes its place in the process."""
    return process


@pytest.fixture
def app(tmp_path):
    path = tmp_path / "app.py"
    path.write_text(textwrap.dedent(APP))
    return path


@pytest.mark.parametrize("by", rest_nightly(["file", "python"]))
def test_an_unchanged_program_learns_what_went_wrong(ringback, app, lab, by):
    words = [sys.executable, app] if by == "python" else [app]
    done = ringback("run", *words, lab.start("tcp.refused").url)
    assert done.returncode == 3
    assert done.stdout == "ConnectionError tcp.refused 1\n"
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("ringback: ")
    assert "tcp.refused" in done.stderr


def test_calls_are_retried_where_that_is_asked_for(ringback, app, lab):
    endpoint = lab.start("http.error.unavailable:first_two")
    done = ringback("run", "--retry", "--quiet", app, endpoint.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "200\n", "")
    assert endpoint.requests == 3


@pytest.mark.nightly
def test_a_program_waits_as_long_as_its_patience(ringback, app, lab):
    url = lab.start("tcp.refused").url
    done = ringback("run", "--retry", "--attempts", "1", "--patience", "0.3", app, url)
    assert done.returncode == 3
    # From the first failure on: some of it may have gone by when that is said.
    assert re.search(r"calls wait for the end of an outage: for up to 0\.[0-3] s", done.stderr)
    assert "the calls that waited are given up: down for 0." in done.stderr


@pytest.mark.nightly
def test_events_go_to_a_file_as_json(ringback, app, lab, tmp_path):
    log, url = tmp_path / "events.jsonl", lab.start("tcp.refused").url
    for _ in range(2):
        done = ringback("run", "--log", log, "--json", app, url)
        assert done.stderr == ""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["error.type"] for line in lines] == ["tcp.refused"] * 2


@pytest.mark.nightly
def test_options_of_the_program_are_the_programs(ringback, tmp_path):
    app = tmp_path / "app.py"
    app.write_text("import sys; print(sys.argv[1:])")
    done = ringback("run", app, "--retry", "-h", "--json")
    assert done.stdout == "['--retry', '-h', '--json']\n"
    done = ringback("run", "--", sys.executable, app, "-x")
    assert done.stdout == "['-x']\n"


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_signal_reaches_the_program_and_ends_it():
    script = "import time; print('ready', flush=True); time.sleep(60)"
    with running_program(
        [sys.executable, "-m", "ringback", "run", sys.executable, "-c", script],
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == -signal.SIGTERM


@pytest.mark.nightly
def test_programs_that_it_starts_have_ringback_in_them_too(ringback, lab, app):
    script = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"
    url = lab.start("tcp.refused").url
    done = ringback("run", sys.executable, "-c", script, sys.executable, app, url)
    assert (done.returncode, done.stdout) == (3, "ConnectionError tcp.refused 1\n")


@pytest.mark.nightly
def test_the_programs_own_sitecustomize_runs_too(ringback, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("print('mine')")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = ringback("run", sys.executable, "-c", "print('program')", env=env)
    assert done.stdout.endswith("mine\nprogram\n")


@pytest.mark.nightly
def test_a_python_without_ringback_runs_without_it(ringback):
    done = ringback("run", sys.executable, "-I", "-c", "print('isolated')")
    assert done.stdout == "isolated\n"
    base = sys.base_prefix + "/bin/python3"
    if os.access(base, os.X_OK) and sys.base_prefix != sys.prefix:
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = ringback("run", base, "-c", "print('other')", env=env)
        assert done.stdout == "other\n"
        assert "not installed for" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Missing argument"),
        (["--attemps", "2", "true"], "'--attemps'. Did you mean '--attempts'?"),
        (["--log", "no/such/log", "true"], "--log: cannot write no/such/log: No such file"),
        (["--deadline", "-1", "true"], "deadline must be above 0"),
        (["--read", "soon", "true"], "'soon' is not a valid float"),
    ],
)
def test_what_cannot_be_run_is_one_line(one_line, words, said):
    assert said in one_line(run_in_process("run", *words))


def test_only_a_file_that_is_found_is_not_executable(ringback, tmp_path):
    """As in a shell: an unreadable folder of PATH, or a folder of that name, is no find."""
    (tmp_path / "closed").mkdir(0)
    (tmp_path / "tool").mkdir()
    env = {**os.environ, "PATH": os.pathsep.join(map(str, (tmp_path / "closed", tmp_path)))}
    done = ringback("run", "tool", env=env)
    assert done.returncode == 127
    assert done.stderr == "ringback: there is no program called 'tool'\n"

    (tmp_path / "tool").rmdir()
    (tmp_path / "tool").write_text("print(1)")
    done = ringback("run", "tool", env=env)
    assert done.returncode == 126
    assert "'tool' is not executable; try: python tool" in done.stderr
