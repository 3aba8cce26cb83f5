import json
import os

import pytest
from effort import rest_in_full

from ringback.failure.kinds import KINDS
from tests.testing.terminal import lines_of, run_in_terminal, width_of

KEYS = [
    "kind",
    "layer",
    "confidence",
    "phase",
    "delivered",
    "retry",
    "via",
    "span",
    "target",
    "platform",
    "library",
    "meaning",
    "advice",
    "evidence",
]


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
    assert list(said) == KEYS
    assert (said["kind"], said["layer"], said["library"]) == ("tcp.refused", "tcp", "requests")
    start, end = said["span"]
    assert said["evidence"] == text[start:end] != ""
    target = {"url": "https://a.test/x", "scheme": "https", "host": "a.test", "port": 443}
    assert said["target"] == {**target, "address": None, "proxy": None}


def test_json_of_what_is_none_exits_3_as_well(ringback):
    done = ringback("explain", "--json", stdin="all is well")
    assert done.returncode == 3
    assert json.loads(done.stdout)["kind"] == "not_a_connection_failure"


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


def test_a_kind_as_json(ringback):
    said = json.loads(ringback("explain", "--json", "tcp.reset").stdout)
    assert said["name"] == "tcp.reset"
    assert said["do"] == list(KINDS["tcp.reset"].do)


def test_a_file_called_like_a_kind_is_read_by_its_path(ringback, tmp_path):
    (tmp_path / "tcp.reset").write_text("[Errno 111] Connection refused")
    assert ringback("explain", "./tcp.reset", cwd=tmp_path).stdout.startswith("tcp.refused")
    assert ringback("explain", "tcp.reset", cwd=tmp_path).stdout.startswith("tcp.reset\n")


@pytest.mark.parametrize(
    ("what", "hint"),
    [
        ("tcp.refusd", "tcp.refused"),
        ("refused", "tcp.refused"),
        ("tls.cert.date_invalid", "tls.cert.date_invalid.expired"),
        ("TCP.RESET", "tcp.reset"),
        ("no-such-thing-at-all", "ringback kinds"),
        ("eror.log", "error.log"),
    ],
)
def test_an_unknown_file_or_kind_names_the_nearest(ringback, one_line, refused, what, hint):
    line = one_line(ringback("explain", what, cwd=refused.parent))
    assert what in line
    assert hint in line


def test_a_directory_is_refused(ringback, one_line, tmp_path):
    assert "is a directory" in one_line(ringback("explain", tmp_path))


def test_an_unreadable_file_is_refused(ringback, one_line, tmp_path):
    # Not a matter of permissions, which root has: a name that is too long, a path through a file.
    (tmp_path / "file").write_text("")
    assert "cannot read" in one_line(ringback("explain", tmp_path / "file" / "below"))
    assert "cannot read" in one_line(ringback("explain", "x" * 300))


@pytest.mark.parametrize(
    "content", [b"\x7fELF\x02\x01\0\0", bytes(range(128, 256)) * 20, b"\x01\x02\x03\x1b" * 50]
)
def test_binary_data_is_refused(ringback, one_line, tmp_path, content):
    path = tmp_path / "data"
    path.write_bytes(content)
    assert f"{path} is binary, not text" in one_line(ringback("explain", path))
    assert "standard input is binary" in one_line(ringback("explain", stdin=content))


def test_an_endless_file_is_refused(ringback, one_line):
    assert "/dev/zero is larger than 64 MiB" in one_line(ringback("explain", "/dev/zero"))


def test_a_terminal_escape_in_a_file_name_is_not_passed_on(ringback, one_line):
    assert "\x1b" not in one_line(ringback("explain", "no\x1b[2Jfile"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_text_in_other_encodings_is_read(ringback, encoding):
    text = "Der Aufruf schlug fehl für alle: [Errno 111] Connection refused, später mehr"
    done = ringback("explain", stdin=text.encode(encoding))
    assert done.returncode == 0
    assert done.stdout.startswith("tcp.refused")


def test_control_characters_of_the_text_are_escaped(ringback):
    text = "\x1b]0;owned\x07 \x9b31m \u202e [Errno 111]\x1b[2J Connection refused \x08\x08\r\n"
    said = ringback("explain", stdin=text).stdout
    assert said.startswith("tcp.refused")
    assert all(c.isprintable() or c == "\n" for c in said)
    assert "\\x1b]0;owned\\x07" in said


def test_lines_fit_the_width(ringback, refused):
    refused.write_text(f"{'x' * 300} [Errno 111] Connection refused {'語' * 300}")
    for columns in (20, 40, 120):
        done = ringback("explain", refused, env={**os.environ, "COLUMNS": str(columns)})
        assert max(map(len, done.stdout.splitlines())) <= max(columns, 34)
        assert "…xxx" in done.stdout


@pytest.mark.parametrize("columns", rest_in_full([40, 120]))
def test_on_a_terminal_it_fits_and_shows_the_words_that_decided(refused, columns):
    status, written = run_in_terminal("explain", str(refused), columns=columns)
    assert status == 0
    assert width_of(written) <= columns
    assert "\x1b[1;7m" in written


@pytest.mark.parametrize("columns", rest_in_full([40, 120]))
def test_a_page_is_set_for_the_terminal(columns):
    status, written = run_in_terminal("explain", "tcp.reset", columns=columns)
    assert status == 0
    assert width_of(written) <= columns
    assert not any(line.startswith("## ") for line in lines_of(written))


def test_a_terminal_shows_that_a_paste_is_awaited():
    status, written = run_in_terminal("explain", columns=80, typed=b"Connection refused\n\x04")
    assert any("Ctrl-D" in line for line in lines_of(written))
    assert "tcp.refused" in written
    assert status == 0
