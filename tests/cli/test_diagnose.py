import json
import os
import signal
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import jsonschema
import pytest
from nightly import rest_nightly
from program import running_program

from tests.testing.terminal import lines_of, run_in_terminal, width_of

COMMAND = [sys.executable, "-W", "error", "-m", "ringback", "diagnose"]


@pytest.fixture
def closed(unused_port):
    return f"http://127.0.0.1:{unused_port}/"


def test_what_is_healthy_exits_0_and_takes_three_lines(ringback, fault):
    url = fault("ok").url
    done = ringback(url)
    target, verdict, read = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert target.startswith(url)
    assert verdict.startswith("✓ ")
    assert "is healthy" in verdict
    assert read.endswith("readings; -v shows them")
    assert "\x1b" not in done.stdout


def test_what_is_broken_exits_1_with_the_verdict_first(ringback, closed):
    done = ringback("diagnose", "-v", closed)
    lines = done.stdout.splitlines()

    assert (done.returncode, done.stderr) == (1, "")
    assert lines[0].startswith(closed)
    assert lines[1].startswith("✗ ")
    assert lines[2].startswith("  tcp.refused (service_")
    (read,) = [n for n, line in enumerate(lines) if line.startswith("✗ tcp         connect 127.0")]
    assert lines.index("What to do") < read


def test_the_readings_are_shown_on_request_only(ringback, closed):
    # The same URL twice is asked once.
    said = ringback("diagnose", closed, closed, f"{closed}b").stdout

    assert "✗ tcp" not in said
    assert said.count("  tcp.refused (service_") == 2
    assert "readings; -v shows them" in said
    assert ringback("diagnose", "-v", closed, f"{closed}b").stdout.count("✗ tcp   ") == 2


def test_json_is_one_object_a_line_after_the_schema(ringback, fault, closed):
    urls = [fault("ok").url, closed, "https://no-such-name.invalid/", "http://a b/"]
    done = ringback("diagnose", "--json", *urls)
    schema = json.loads(ringback("diagnose", "--schema").stdout)
    records = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode == 1
    assert [record["target"] for record in records][:3] == urls[:3]
    for record in records:
        jsonschema.Draft202012Validator(schema).validate(record)
    assert [record["verdict"]["kind"] for record in records][:2] == ["healthy", "tcp.refused"]
    assert records[3]["verdict"]["kind"] == "url.invalid"


def test_names_and_addresses_are_hidden(ringback):
    done = ringback("diagnose", "--redact", "--json", "https://secret-name.invalid/secret-path")

    assert "secret" not in done.stdout
    record = json.loads(done.stdout)
    assert (record["redacted"], record["target"]) == (True, "https://host-1/path-1")


def test_credentials_and_queries_are_never_shown(ringback, closed, tmp_path):
    url = closed.replace("://", "://me:s3cret@") + "path?token=s3cret#s3cret"
    page = tmp_path / "page.html"
    for form in ([], ["--json"], ["--html", page]):
        done = ringback("diagnose", url, *form)
        assert done.returncode == 1
        assert "s3cret" not in done.stdout
    written = page.read_text("utf-8")
    assert written.startswith("<!DOCTYPE html>")
    assert "Nothing listens on" in written
    assert "s3cret" not in written


def test_the_url_is_taken_from_a_traceback(ringback, closed, tmp_path):
    log = tmp_path / "error.log"
    host, port = closed[7:-1].split(":")
    log.write_text(
        f"HTTPConnectionPool(host='{host}', port={port}): Max retries exceeded with url: /x "
        "(Caused by NewConnectionError('[Errno 111] Connection refused'))"
    )
    done = ringback("diagnose", "--from-traceback", log)

    assert done.returncode == 1
    assert done.stdout.startswith(f"{closed}x")
    piped = ringback("diagnose", "--from-traceback", "-", stdin=log.read_bytes())
    assert piped.stdout.startswith(f"{closed}x")


def test_the_environments_proxy_is_used_or_left_aside(ringback, fault, closed):
    url = fault("ok").url
    env = {**os.environ, "http_proxy": closed, "no_proxy": "", "NO_PROXY": ""}

    assert ringback("diagnose", url, env=env).returncode == 1
    assert ringback("diagnose", "--proxy", "none", url, env=env).returncode == 0
    assert ringback("diagnose", "--proxy", closed, url).returncode == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--html", "page.html"], "--html needs a URL"),
        ([""], "a URL is empty"),
        (["--nameserver", "dns.example", "http://localhost/"], "is not the address of a resolver"),
        (["--control", "example", "http://localhost/"], "--control: example is not HOST:PORT"),
        (["--proxy", "ftp://a:s3cret@b:1", "http://localhost/"], "its scheme must be one of"),
        (["--ca", "no-such.pem", "http://localhost/"], "--ca: CA file no-such.pem"),
        (["--html", "no-such/page.html", "http://localhost/"], "no directory no-such"),
        (["--html", "page.html", "--watch", "5", "http://localhost/"], "cannot be combined"),
        (["--from-traceback", "-", "http://localhost/"], "cannot be combined"),
        (["--from-traceback", "-"], "standard input names no URL"),
        (["--timeout", "nan", "http://localhost/"], "--timeout"),
        (["--watch", "0.1", "http://localhost/"], "--watch"),
        (["--redact"], "--redact needs a URL"),
    ],
)
def test_a_wrong_call_is_one_line(ringback, one_line, tmp_path, words, said):
    line = one_line(ringback("diagnose", *words, cwd=tmp_path))
    assert said in line
    assert "s3cret" not in line


def test_hostile_text_is_escaped(ringback):
    done = ringback("diagnose", "http://a\x1b[2J\u202e.invalid/")

    assert done.returncode == 1
    assert all(c.isprintable() or c == "\n" for c in done.stdout)


def test_on_a_terminal_it_is_a_tree_that_fits(closed):
    status, written = run_in_terminal("diagnose", closed, columns=60)
    lines = [line.rstrip() for line in lines_of(written)]

    assert status == 1
    assert width_of(written) <= 60
    assert "✗ TCP" in lines
    assert "What to do" in lines


@pytest.mark.parametrize("form", rest_nightly([[], ["--json"]]))
def test_ctrl_c_prints_what_is_known(form):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with running_program([*COMMAND, *form, url], **pipes) as process:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(1)  # the request: everything before it is read
                process.send_signal(signal.SIGINT)
                said, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "longer time" not in said
    if form:
        assert json.loads(said)["complete"] is False
    else:
        assert "✓ tcp         connect 127.0.0.1:" in said
        assert "Interrupted" in said


@pytest.fixture
def between(monkeypatch):
    """Has something done after each round, and Ctrl-C after the last."""

    def rounds(*steps):
        left = iter(steps)
        clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: next(left)())
        monkeypatch.setattr("ringback.cli.diagnosis.watch.time", clock)

    return rounds


def ctrl_c():
    raise KeyboardInterrupt


def test_under_watch_changes_are_shown_and_ctrl_c_sums_up(ringback, between):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"tcp://127.0.0.1:{held.getsockname()[1]}"
        between(held.listen, ctrl_c)
        done = ringback("diagnose", "--watch", "3600", url)
    failed, well, summary = (
        done.stdout.index(word) for word in ("✗", "✓", "1 change; now healthy")
    )
    assert failed < well < done.stdout.index("before: service_down") < summary
    assert url in done.stdout.splitlines()[0]
    assert done.returncode == 0


def test_under_watch_json_is_a_line_a_round(ringback, between, closed):
    between(lambda: None, ctrl_c)
    done = ringback("diagnose", "--watch", "3600", "--json", closed)
    kinds = [json.loads(line)["verdict"]["kind"] for line in done.stdout.splitlines()]
    assert (done.returncode, kinds) == (1, ["tcp.refused"] * 2)
