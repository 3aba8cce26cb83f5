import contextlib
import json
import signal
import subprocess
import sys

import pytest
from program import running_program

from ringback.failure.kinds import KINDS
from tests.testing.terminal import lines_of, run_in_terminal, width_of


def test_explains_a_file_and_standard_input_alike(ringback, refused):
    named, piped = ringback("explain", refused), ringback("explain", stdin=refused.read_bytes())
    dashed = ringback("explain", "-", stdin=refused.read_bytes())
    assert named.stdout == piped.stdout == dashed.stdout
    assert (named.returncode, named.stderr) == (0, "")


def test_says_what_decided_and_what_to_do(ringback, refused):
    said = ringback("explain", refused).stdout
    kind = KINDS["tcp.refused"]
    assert said.startswith("tcp.refused\n")
    assert "\n  ConnectionRefusedError: [Errno 111] Connection refused\n" in said
    assert "Processed  no" in said
    assert said.index("What to do") < said.index("What not to do")
    assert all(f" {number}. " in said for number in range(1, len(kind.do) + 1))
    assert said.endswith("More: ringback explain tcp.refused\n")
    assert "\x1b" not in said


@pytest.mark.parametrize(
    "text", ["", "KeyError: 'port'\n", "everything is fine\n", "Cannot connect: an unknown error"]
)
def test_what_is_no_connection_failure_exits_3(ringback, text):
    done = ringback("explain", stdin=text)
    assert done.returncode == 3
    assert done.stdout.splitlines()[0] in {"not_a_connection_failure", "unknown"}
    assert done.stderr == ""


def test_json_is_one_object(ringback):
    text = (
        "before\nrequests.exceptions.ConnectionError: "
        "HTTPSConnectionPool(host='a.test', port=443): Max retries exceeded with url: /x?key=1 "
        "(Caused by NewConnectionError('[Errno 111] Connection refused'))"
    )
    done = ringback("explain", "--json", stdin=text)
    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert list(said)[:4] == ["kind", "layer", "confidence", "phase"]
    assert {"delivered", "retry", "target", "meaning", "advice", "failures"} < said.keys()
    assert (said["kind"], said["layer"], said["library"]) == ("tcp.refused", "tcp", "requests")
    start, end = said["span"]
    assert said["evidence"] == text[start:end] != ""
    target = {"url": "https://a.test/x", "scheme": "https", "host": "a.test", "port": 443}
    assert said["target"] == {**target, "address": None, "proxy": None}


def test_a_kind_is_its_page(ringback):
    done = ringback("explain", "tcp.reset")
    kind = KINDS["tcp.reset"]
    text = " ".join(done.stdout.split())
    assert done.returncode == 0
    assert done.stdout.startswith("tcp.reset\n")
    for line in (*kind.looks_like.values(), *kind.causes, *kind.do, *kind.dont, *kind.related):
        assert line in text
    assert "Also known as" in text
    assert "ringback lab tcp.reset" in text
    assert not any(line.startswith(("#", "|")) for line in done.stdout.splitlines())
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("what", "hint"),
    [
        ("tcp.refusd", "tcp.refused"),
        ("TCP.RESET", "tcp.reset"),
        ("no-such-thing-at-all", "ringback kinds"),
        ("eror.log", "error.log"),
    ],
)
def test_an_unknown_file_or_kind_names_the_nearest(ringback, one_line, refused, what, hint):
    line = one_line(ringback("explain", what, cwd=refused.parent))
    assert what in line
    assert hint in line


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Connection refused", "tcp.refused"),
        ("connect to 192.0.2.7: No route to host\n" * 20, "tcp.address_unreachable.host"),
        ("it worked fine", "not_a_connection_failure"),
    ],
)
def test_a_text_may_be_given_as_it_is(ringback, tmp_path, text, kind):
    done = ringback("explain", "--json", text, cwd=tmp_path)
    assert json.loads(done.stdout)["kind"] == kind


def test_what_has_the_name_of_a_file_is_no_text(ringback, one_line, tmp_path):
    assert "no file" in one_line(ringback("explain", "what my.log", cwd=tmp_path))
    (tmp_path / "Connection refused").write_text("[Errno 104] Connection reset by peer")
    done = ringback("explain", "--json", "Connection refused", cwd=tmp_path)
    assert json.loads(done.stdout)["kind"] == "tcp.reset"
    (tmp_path / "tcp.reset").write_text("[Errno 111] Connection refused")
    assert ringback("explain", "./tcp.reset", cwd=tmp_path).stdout.startswith("tcp.refused")
    assert ringback("explain", "tcp.reset", cwd=tmp_path).stdout.startswith("tcp.reset\n")


def test_what_cannot_be_read_as_text_is_one_line(ringback, one_line, tmp_path):
    (tmp_path / "file").write_bytes(b"\x7fELF\x02\x01\0\0")
    for what, why in [
        (tmp_path, "is a directory"),
        # Not a matter of permissions, which root has.
        (tmp_path / "file" / "below", "cannot read"),
        ("x" * 300, "cannot read"),
        (tmp_path / "file", f"{tmp_path}/file is binary, not text"),
        ("/dev/zero", "/dev/zero is binary"),
        ("no\x1b[2Jfile", "no\\x1b[2Jfile"),
    ]:
        assert why in one_line(ringback("explain", what))
    assert "standard input is binary" in one_line(ringback("explain", stdin=b"\x01\x02\x03" * 50))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_text_in_other_encodings_is_read(ringback, encoding):
    text = "Der Aufruf schlug fehl für alle: [Errno 111] Connection refused, später mehr"
    assert ringback("explain", stdin=text.encode(encoding)).stdout.startswith("tcp.refused")


def test_control_characters_of_the_text_are_escaped(ringback):
    text = "\x1b]0;owned\x07 \x9b31m \u202e [Errno 111]\x1b[2J Connection refused \x08\x08\r\n"
    said = ringback("explain", stdin=text).stdout
    assert said.startswith("tcp.refused")
    assert all(c.isprintable() or c == "\n" for c in said)
    assert "\\x1b]0;owned\\x07" in said


def test_on_a_terminal_it_fits_and_shows_the_words_that_decided(tmp_path):
    (tmp_path / "log").write_text(LOG)
    status, written = run_in_terminal("explain", str(tmp_path / "log"), columns=40)
    assert status == 0
    assert width_of(written) <= 40
    assert "\x1b[1;7m" in written


def test_a_terminal_shows_that_a_paste_is_awaited():
    status, written = run_in_terminal("explain", columns=80, typed=b"Connection refused\n\x04")
    assert any("Ctrl-D" in line for line in lines_of(written))
    assert "tcp.refused" in written
    assert status == 0


LOG = """\
2026-11-20 10:00:00 INFO starting
2026-11-20 10:00:01 WARNING cache http://cache.test:6379/ Connection refused
2026-11-20 10:00:02 ERROR http://pay.test/ Name or service not known
2026-11-20 10:00:03 ERROR http://pay.test/ Name or service not known
"""


def test_of_a_log_all_failures_are_listed(ringback):
    said = ringback("explain", stdin=LOG).stdout
    assert said.startswith("dns.name_not_resolved\n")
    assert "2 failures in this text, earliest first" in said
    table = [line.split() for line in said.splitlines() if ":0" in line and line[0] in "td"]
    assert table == [
        ["tcp.refused", "cache.test:6379", "1", "10:00:01", "10:00:01"],
        ["dns.name_not_resolved", "pay.test:80", "2", "10:00:02", "10:00:03"],
    ]
    assert "Connection refused" not in said[: said.index("2 failures")]

    first, second = json.loads(ringback("explain", "--json", stdin=LOG).stdout)["failures"]
    assert (first["kind"], first["count"], first["lines"]) == ("tcp.refused", 1, [2, 2])
    assert second["times"] == ["2026-11-20 10:00:02", "2026-11-20 10:00:03"]
    start, end = second["span"]
    assert LOG[start:end] == second["evidence"]


@contextlib.contextmanager
def following(what, **streams):
    """The real program on a log that grows; it looks for more ten times as often."""
    often = "from ringback.cli import input, main; input._GROWTH_INTERVAL = 0.05; main()"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **streams}
    command = [sys.executable, "-c", often, "explain", "--follow", what]
    with running_program(command, **pipes) as program:
        yield program


def test_a_pipe_is_followed_and_summed_up_at_its_end():
    with following("-", stdin=subprocess.PIPE) as program:
        program.stdin.write(LOG)
        program.stdin.flush()
        told = [program.stdout.readline() for _ in range(2)]  # while the pipe is open
        program.stdin.write(LOG)
        rest, errors = program.communicate()

    assert [line.split()[2:4] for line in told] == [
        ["tcp.refused", "cache.test:6379"],
        ["dns.name_not_resolved", "pay.test:80"],
    ]
    assert "2 failures in this text" in rest
    assert (program.returncode, errors) == (0, "")


def test_a_file_is_followed_when_it_is_replaced_until_ctrl_c(tmp_path):
    path = tmp_path / "app.log"
    path.write_text("10:00:00 ERROR http://a.test/ Connection refused\n")
    with following(str(path)) as program:
        assert "a.test" in program.stdout.readline()
        path.rename(tmp_path / "app.log.1")
        path.write_text("10:00:01 ERROR http://b.test/ Connection refused\n")
        assert "b.test" in program.stdout.readline()
        with path.open("a") as file:
            file.write("10:00:02 ERROR http://c.test/ Connection ")
            file.flush()
            file.write("refused\n")
        assert "c.test" in program.stdout.readline()
        program.send_signal(signal.SIGINT)
        rest, errors = program.communicate()

    assert "3 failures in this text" in rest
    assert (program.returncode, errors) == (0, "")
