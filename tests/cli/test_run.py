import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from nightly import rest_nightly
from program import running_program

import ringback as package
from ringback.cli.run import COMMANDS

FULL = Path("/dev/full")
MODULES = """
import sys
from ringback.cli import main
try:
    main({words!r})
finally:
    print(*sys.modules, file=sys.stderr)
"""


HEAVY = {"rich", "requests", "cryptography"}


@pytest.mark.parametrize(
    ("words", "left"),
    rest_nightly(
        [
            (["--help"], HEAVY | {"urllib3", "httpx", "dns", "asyncio", "ringback.failure"}),
            (["diagnose", "--json", "http://127.0.0.1:9/"], HEAVY),
            (["explain", "--json", "tcp.refused"], HEAVY | {"dns"}),
        ],
        gate=2,
    ),
)
def test_a_command_loads_only_what_it_needs(words, left):
    done = subprocess.run(
        [sys.executable, "-c", MODULES.format(words=words)],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    modules = set(done.stderr.split())
    assert "click" in modules
    assert modules & (left | {"ringback.testing"}) == set()


def test_help_lists_every_command(ringback):
    done = ringback("--help")
    assert done.returncode == 0
    for name, entry in COMMANDS.items():
        assert name in done.stdout
        assert entry.summary in done.stdout
    assert ringback("--version").stdout == f"ringback {package.__version__}\n"
    alone = ringback()
    assert (alone.returncode, alone.stdout, alone.stderr) == (2, "", done.stdout)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(ringback, name):
    done = ringback(name, "--help")
    assert done.returncode == 0
    assert "Examples:" in done.stdout
    assert f"ringback {name}" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("words", "named", "hint"),
    [
        (["explan"], "'explan'", "did you mean explain"),
        (["frobnicate"], "'frobnicate'", "there are explain, kinds"),
        (["--versoin"], "--versoin", "--version"),
        (["explain", "--jsn"], "--jsn", "--json"),
        (["explain", "--json", "--jsonl"], "cannot be combined", "ringback explain --help"),
        (["completion", "tcsh"], "tcsh", "'bash', 'zsh', 'fish'"),
    ],
)
def test_a_wrong_word_is_one_line_that_names_the_nearest(ringback, one_line, words, named, hint):
    line = one_line(ringback(*words))
    assert named in line
    assert hint in line


@pytest.mark.nightly
def test_ctrl_c_ends_with_130_and_no_traceback():
    read, write = os.pipe()
    with running_program(
        [sys.executable, "-m", "ringback", "explain", "--jsonl"],
        stdin=read,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(read)
        os.write(write, b'{"id": 1, "text": ""}\n')
        assert process.stdout.readline()  # it streams: now it waits for the next line
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    os.close(write)
    assert process.returncode == 130
    assert b"Traceback" not in errors


def kinds_to(stdout):
    command = [sys.executable, "-m", "ringback", "kinds"]
    told = {"stdout": stdout, "stderr": subprocess.PIPE, "timeout": 180}
    done = subprocess.run(command, check=False, **told)
    return done.returncode, done.stderr


def test_a_reader_that_goes_away_is_no_error():
    read, write = os.pipe()
    os.close(read)  # before it starts: else it might have said everything by then
    try:
        assert kinds_to(write) == (141, b"")
    finally:
        os.close(write)


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_line():
    with FULL.open("wb") as full:
        status, errors = kinds_to(full)
    assert (status, errors.count(b"\n")) == (1, 1)
    assert b"No space left on device" in errors


@pytest.mark.nightly
def test_a_truncated_compiled_module_is_one_line(process, tmp_path):
    env = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    assert process("kinds", env=env).returncode == 0
    (compiled,) = tmp_path.rglob("ringback/cli/kinds.*.pyc")
    compiled.write_bytes(compiled.read_bytes()[:200])

    done = process("kinds", env=env)
    assert (done.returncode, done.stdout, done.stderr.strip().count("\n")) == (1, "", 0)
    assert "remove the folders __pycache__" in done.stderr


def test_a_narrow_encoding_is_no_traceback(process, tmp_path):
    path = tmp_path / "log"
    path.write_text("Verbindung überfällig: [Errno 111] Connection refused")
    done = process("explain", path, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\xfcberf" in done.stdout


def test_completion_prints_the_script(ringback):
    for shell in ("bash", "zsh", "fish"):
        assert f"_RINGBACK_COMPLETE={shell}_complete" in ringback("completion", shell).stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("exp", ["plain,explain", "plain,export"]),
        ("explain tcp.refus", ["plain,tcp.refused"]),
        ("explain app", ["file,app"]),
        ("lab tcp.refused:m", ["plain,tcp.refused:moved"]),
        ("status --state su", ["plain,suspect"]),
        ("diag", ["plain,diagnose"]),
    ],
)
def test_completion_completes(ringback, words, offered):
    given = {
        "COMP_WORDS": f"ringback {words}",
        "COMP_CWORD": str(len(words.split())),
        "_RINGBACK_COMPLETE": "bash_complete",
    }
    done = ringback(env={**os.environ, **given})
    assert done.stdout.splitlines() == offered


@pytest.mark.parametrize(
    ("words", "module", "named"),
    rest_nightly(
        [
            (["report"], "sqlalchemy", "this needs sqlalchemy: "),
            (["check-config"], "pydantic", "needs pydantic: "),
            (["agent", "--hub", "http://127.0.0.1:9/", "--token", "x"], "requests", "needs "),
        ]
    ),
)
def test_a_missing_extra_is_one_line_that_says_what_to_install(
    process, tmp_path, words, module, named
):
    (tmp_path / "ringback.toml").write_text("")
    done = process(*words, without=module, cwd=tmp_path)

    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert named in line
    assert "pip install 'ringback[" in line


@pytest.mark.parametrize(
    "words",
    [
        ("up", "--no-web", "URL"),
        ("diagnose", "URL"),
        ("get", "-o", "file", "URL"),
        ("check-config", "-c", "ringback.toml"),
        ("status", "--url", "URL"),
        ("agent", "--hub", "URL", "--token", "t"),
    ],
)
@pytest.mark.parametrize("between", ["/", "?", "#", " "])
def test_no_error_shows_a_password_with_a_character_that_cuts_it(
    ringback, tmp_path, words, between
):
    url = f"https://user:secret{between}secret@h"
    (tmp_path / "ringback.toml").write_text(f"[[endpoint]]\nurl = '{url}'\n")
    done = ringback(*(url if word == "URL" else word for word in words), cwd=tmp_path)
    assert done.returncode != 0
    assert done.stdout + done.stderr
    assert "secret" not in done.stdout + done.stderr
