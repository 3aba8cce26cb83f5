import hashlib
import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from client.requests.ranges import FileServer

CONTENT = random.Random(3).randbytes(300_000)


@pytest.fixture
def server():
    with FileServer(CONTENT, breaks_after=100_000) as running:
        yield running


def test_a_file_is_saved_under_the_name_in_the_url(ringback, server, tmp_path):
    done = ringback("get", server.url, cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "file.bin: 300000 bytes, went on over 2 breaks\n"
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_what_is_not_what_was_asked_for_is_not_saved(ringback, server, tmp_path):
    server.breaks_after = None
    digest = hashlib.sha256(CONTENT).hexdigest()
    place = tmp_path / "folder" / "x"
    place.parent.mkdir()
    told = json.loads(ringback("get", "--json", "-o", place, "--sha256", digest, server.url).stdout)
    assert (told["complete"], told["size"], told["breaks"]) == (True, len(CONTENT), 0)

    done = ringback("get", "--json", "--sha256", "0" * 64, server.url, cwd=tmp_path)

    assert done.returncode == 3
    assert json.loads(done.stdout)["kind"] == "http.response.unexpected_content"
    assert hashlib.sha256(CONTENT).hexdigest() in done.stderr
    assert list(tmp_path.iterdir()) == [place.parent]


def test_a_failed_download_goes_on_with_the_same_command(ringback, server, tmp_path):
    server.odd = lambda handler, first: first and (handler.answer(500, b"") or True)
    failed = ringback("get", server.url, cwd=tmp_path)

    assert failed.returncode == 3
    assert "http.error" in failed.stderr
    assert "100000 of 300000 bytes are kept in file.bin.part" in failed.stderr
    server.odd = None
    done = ringback("get", server.url, cwd=tmp_path)
    assert "100000 of them from before" in done.stdout


def test_a_taken_missing_or_hidden_name_has_to_be_said(ringback, one_line, server, tmp_path):
    (tmp_path / "file.bin").write_bytes(b"mine")
    for url, why in [
        (server.url, "file.bin exists already"),
        (server.url.replace("file.bin", ""), "names no file"),
        (server.url.replace("file.bin", "%2e%2e"), "names no file"),
        (server.url.replace("file.bin", "..%2fx"), "names no file"),
        (server.url.replace("file.bin", ".bashrc"), "hidden"),
        (server.url.replace("file.bin", "a%1b[2J"), "names no file"),
    ]:
        assert why in one_line(ringback("get", url, cwd=tmp_path))
    assert server.asked == []
    assert (tmp_path / "file.bin").read_bytes() == b"mine"
    assert ringback("get", "-o", "file.bin", server.url, cwd=tmp_path).returncode == 0
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_what_is_wrong_with_the_words_is_status_2(ringback, one_line, server, tmp_path):
    assert "64 hexadecimal" in one_line(ringback("get", "--sha256", "x", server.url, cwd=tmp_path))
    done = ringback("get", "-o", tmp_path / "x", "htp://localhost/x")
    assert done.returncode == 2
    assert "url.scheme_invalid" in done.stderr


def test_an_unwritable_place_is_status_1_and_one_line(ringback, server, tmp_path):
    done = ringback("get", "-o", tmp_path / "no" / "x", server.url)

    assert done.returncode == 1
    assert done.stderr == f"ringback: {tmp_path}/no/x.part: No such file or directory\n"


def test_an_interrupt_keeps_what_is_there(server, tmp_path):
    server.odd = lambda _handler, first: first and process.send_signal(signal.SIGINT)
    server.breaks_after = 100_000
    words = [sys.executable, "-m", "ringback", "get", "--attempts", "9", "-o", tmp_path / "x"]
    server.content = CONTENT * 20
    with subprocess.Popen([*words, server.url], stderr=subprocess.PIPE) as process:
        assert process.wait(60) == 130
        assert b"Traceback" not in process.stderr.read()
    assert not (tmp_path / "x").exists()
    assert Path(tmp_path / "x.part").stat().st_size >= 100_000
