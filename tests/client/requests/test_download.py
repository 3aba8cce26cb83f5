"""A download arrives whole or not at all, whatever the server and the disk do."""

import hashlib
import json
import random
import resource
import signal
import subprocess
import sys
import textwrap
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from client.requests.ranges import DATE, OLD, FileServer

from ringback import Backoff, Policy, Session
from ringback.client.deadline import current_deadline
from ringback.errors import (
    ContentInvalid,
    DeadlineExceeded,
    IncompleteResponse,
    RingbackError,
    StatusError,
)
from tests.requires import requires

CONTENT = random.Random(7).randbytes(3_000_000)
PIECE = 400_000


@pytest.fixture
def server():
    with FileServer(CONTENT, breaks_after=PIECE) as running:
        yield running


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.bin"


@pytest.fixture
def broken_off(server, session, path):
    """A download of which a part is there."""

    def stop(there, _):
        if there >= 2 * PIECE:
            raise RuntimeError("enough")

    server.url += "?token=hunter2"
    with pytest.raises(RuntimeError):
        session.download(server.url, path, progress=stop)
    server.asked.clear()
    assert not path.exists()
    return json.loads(Path(f"{path}.part.json").read_text())["safe"]


def rest_from(first):
    return {"Content-Range": f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}"}


def left_of(path):
    return sorted(entry.name for entry in path.parent.iterdir())


@pytest.mark.parametrize("validator", [{"ETag": '"one"'}, {"Last-Modified": OLD}])
def test_it_goes_on_over_more_breaks_than_there_are_attempts(server, session, path, validator):
    server.headers = validator
    done = session.download(server.url, path)

    assert path.read_bytes() == CONTENT
    assert (done.size, done.breaks, done.resumed_at) == (len(CONTENT), 7, 0)
    assert server.asked == [None, *(f"bytes={PIECE * n}-" for n in range(1, 8))]
    assert server.encodings == {"identity"}
    assert left_of(path) == ["file.bin"]


def test_what_is_complete_already_only_gets_its_name(server, session, path, broken_off):
    part, notes = Path(f"{path}.part"), Path(f"{path}.part.json")
    part.write_bytes(CONTENT)
    notes.write_text(json.dumps(json.loads(notes.read_text()) | {"safe": len(CONTENT)}))

    session.download(server.url, path)

    assert path.read_bytes() == CONTENT
    assert server.asked == [f"bytes={len(CONTENT)}-"]
    assert left_of(path) == ["file.bin"]


@pytest.mark.parametrize(("size", "tag"), [(len(CONTENT), '"two"'), (500_000, '"one"')])
def test_a_file_that_has_changed_is_begun_anew(server, session, path, broken_off, size, tag):
    server.content = random.Random(8).randbytes(size)
    server.headers["ETag"] = tag

    assert session.download(server.url, path).resumed_at == 0
    assert path.read_bytes() == server.content


def test_a_part_of_another_content_than_asked_for_is_not_taken(server, session, path):
    def ignore_if_range(handler, _):
        asked = handler.headers["Range"]
        if asked and server.headers["ETag"] == '"one"':
            server.content = random.Random(11).randbytes(len(CONTENT))
            server.headers["ETag"] = '"two"'
            first = int(asked[6:-1])
            handler.answer(206, server.content[first:], rest_from(first))
            return True
        return False

    server.odd = ignore_if_range
    session.download(server.url, path)

    assert path.read_bytes() == server.content != CONTENT


@pytest.mark.parametrize(
    "headers",
    [{}, {"ETag": 'W/"one"'}, {"ETag": 'W/"one"', "Last-Modified": OLD}, {"Last-Modified": DATE}],
)
def test_without_a_strong_validator_each_attempt_begins_anew_and_they_are_counted(
    server, session, path, headers
):
    server.headers = headers
    with pytest.raises(IncompleteResponse) as caught:
        session.download(server.url, path)

    assert server.asked == [None] * 3
    assert not path.exists()
    assert "broke off 3 times" in "".join(caught.value.__notes__)


def test_a_server_that_ignores_ranges_is_asked_as_often_as_there_are_attempts(
    server, session, path
):
    server.ranges = False
    with pytest.raises(IncompleteResponse):
        session.download(server.url, path)

    assert len(server.asked) == 4  # of which the first brought something
    server.breaks_after = None
    session.download(server.url, path)
    assert path.read_bytes() == CONTENT


def test_what_gets_no_further_ends(server, session, path):
    def nothing(handler, first):
        if first:
            handler.answer(206, b"", rest_from(first), length=len(CONTENT) - first)
            handler.close_connection = True
        return first

    server.odd = nothing
    with pytest.raises(IncompleteResponse) as caught:
        session.download(server.url, path)

    assert len(server.asked) == 4
    assert f"{PIECE} of {len(CONTENT)} bytes are kept" in caught.value.__notes__[-1]


@pytest.mark.parametrize(
    "said",
    [
        "bytes 0-2999999/3000000",
        "bytes {first}-3000000/3000000",
        "bytes {second}-2999999/3000000",
        "items {first}-2999999/3000000",
        "",
    ],
)
def test_another_range_than_asked_for_is_refused(server, session, path, said):
    def other(handler, first):
        if first:
            value = said.format(first=first, second=first + 1)
            handler.answer(206, CONTENT[first:], {"Content-Range": value})
        return first

    server.odd = other
    with pytest.raises(ContentInvalid, match="cannot be used"):
        session.download(server.url, path)

    assert not path.exists()
    assert Path(f"{path}.part").read_bytes() == CONTENT[:PIECE]


def test_chunks_are_gone_on_with_where_they_break_off(server, session, path):
    server.breaks_after = None

    def chunked(handler, first):
        if first:
            return False
        handler.answer(200, b"", {"Transfer-Encoding": "chunked", "Content-Length": ""})
        handler.wfile.write(
            b"%x\r\n" % PIECE + CONTENT[:PIECE] + b"\r\n%x\r\n" % PIECE + CONTENT[PIECE : PIECE + 5]
        )
        handler.close_connection = True
        return True

    server.odd = chunked
    session.download(server.url, path)

    assert path.read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={PIECE + 5}-"]


def test_a_content_in_an_encoding_is_refused_but_for_a_compressed_file(server, session, path):
    server.headers["Content-Encoding"] = "gzip"
    with pytest.raises(ContentInvalid, match="identity was asked for"):
        session.download(server.url, path)
    session.download(f"{server.url}.gz", path)

    assert path.read_bytes() == CONTENT


def test_each_request_follows_redirects(server, session, path):
    def elsewhere(handler, _):
        if handler.path == "/file.bin":
            handler.answer(302, b"", {"Location": "/real"})
            return True
        return False

    server.odd = elsewhere
    session.download(server.url, path)

    assert path.read_bytes() == CONTENT


def test_a_status_is_raised_and_leaves_what_is_there(server, session, path, broken_off):
    server.odd = lambda handler, _: handler.answer(404, b"no such file") or True
    with pytest.raises(StatusError):
        session.download(server.url, path)
    server.odd = None

    assert session.download(server.url, path).resumed_at == broken_off >= 2 * PIECE
    assert server.asked[-1] != server.asked[0] == f"bytes={broken_off}-"
    assert path.read_bytes() == CONTENT


@pytest.mark.usefixtures("quick_tries")
def test_a_restart_of_the_server_is_waited_for(server, path):
    port, started = server.server_address[1], []

    def stop(there, _):
        if there == PIECE and not started:
            server.shutdown()
            server.server_close()

    def start(event):
        if event.failure and event.failure.kind == "tcp.refused" and not started:
            started.append(FileServer(CONTENT, breaks_after=PIECE, port=port).__enter__())

    policy = Policy(attempts=1, patience=60, backoff=Backoff(base=0))
    with Session(policy=policy, sinks=[start]) as session:
        session.trust_env = False
        session.download(server.url, path, progress=stop)

    started[0].__exit__()
    assert path.read_bytes() == CONTENT


def test_a_checksum_holds_or_nothing_is_left(server, session, path):
    right = hashlib.sha256(CONTENT).hexdigest()
    session.download(server.url, path, sha256=right.upper())
    path.unlink()

    with pytest.raises(ContentInvalid, match=right):
        session.download(server.url, path, sha256="0" * 64)
    assert left_of(path) == []
    with pytest.raises(ValueError, match="64 hexadecimal"):
        session.download(server.url, path, sha256="abc")


def test_the_deadline_holds_over_all(server, session, path, broken_off):
    part, stop = Path(f"{path}.part"), threading.Event()
    there = part.stat().st_size

    def hang(handler, first):
        handler.answer(206, b"", rest_from(first), length=len(CONTENT) - first)
        return stop.wait(60)

    server.odd = hang
    with pytest.raises(RingbackError) as caught:
        session.download(server.url, path, deadline=0.2)
    stop.set()

    assert isinstance(caught.value, TimeoutError | DeadlineExceeded)
    assert part.stat().st_size == there


def test_a_second_download_to_the_same_path_is_refused_while_one_is_under_way(
    server, session, path
):
    refused = []

    def again(*_):
        if not refused:
            with pytest.raises(BlockingIOError, match="another download") as caught:
                session.download(server.url, path)
            refused.append(caught.value.filename)

    session.download(server.url, path, progress=again)

    assert refused == [f"{path}.part"]
    assert path.read_bytes() == CONTENT


def test_a_full_disk_is_told_as_one_and_what_is_there_is_gone_on_with(server, session, path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * PIECE + 5, hard))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            session.download(server.url, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.filename == f"{path}.part"
    assert not isinstance(caught.value, RingbackError)

    assert session.download(server.url, path).resumed_at > 0
    assert path.read_bytes() == CONTENT


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_part_file_is_never_a_link(server, session, path):
    Path(f"{path}.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="symbolic links"):
        session.download(server.url, path)


@pytest.mark.parametrize(
    "change", [{"safe": 10**12}, {"validator": None}, {"resource": "another"}, "[" * 100_000]
)
def test_notes_that_cannot_be_relied_on_are_not(server, session, path, broken_off, change):
    notes = Path(f"{path}.part.json")
    if isinstance(change, dict):
        change = json.dumps(json.loads(notes.read_text()) | change)
    notes.write_text(change)
    session.download(server.url, path)

    assert server.asked[0] is None
    assert path.read_bytes() == CONTENT


def test_what_is_beyond_the_safe_bytes_is_not_built_upon(server, session, path, broken_off):
    with Path(f"{path}.part").open("ab") as part:
        part.write(b"not from there" * 300_000)
    session.download(server.url, path)

    assert path.read_bytes() == CONTENT


def test_no_credentials_are_written_down(path, broken_off):
    assert "hunter2" not in Path(f"{path}.part.json").read_text()


def test_a_directory_and_a_range_of_ones_own_are_refused(server, session, tmp_path):
    with pytest.raises(IsADirectoryError):
        session.download(server.url, tmp_path)
    with pytest.raises(ValueError, match="ranges itself"):
        session.download(server.url, tmp_path / "x", headers={"range": "bytes=1-"})
    assert server.asked == []


def test_errors_that_are_returned_elsewhere_are_raised(path, policy):
    with Session(policy=policy, errors="return", sinks=[]) as session:
        session.trust_env = False
        with pytest.raises(RingbackError):
            session.download("http://127.0.0.1:1/x", path)


def test_pieces_go_on_where_ranges_are_ignored_as_long_as_the_content_is_the_same(server, session):
    server.ranges = False

    def longer(_handler, _first):
        server.breaks_after += PIECE
        return False

    server.odd = longer
    assert b"".join(session.iter_download(server.url)) == CONTENT


@pytest.mark.parametrize("tag", ['"two"', None])
def test_pieces_that_were_handed_out_are_not_mixed_with_another_content(server, session, tag):
    def change(_handler, _first):
        if tag is None:
            server.headers = {}
        elif len(server.asked) == 2:
            server.headers["ETag"] = tag

    server.odd = change
    came = []
    with pytest.raises(IncompleteResponse) as caught:
        came.extend(session.iter_download(server.url))

    assert b"".join(came) == CONTENT[:PIECE]
    assert "cannot be gone on with" in "".join(caught.value.__notes__)


def test_the_deadline_of_pieces_is_not_the_callers(server, session):
    for _ in session.iter_download(server.url, deadline=60):
        assert current_deadline() is None


PROGRAM = """
    import sys, ringback
    policy = ringback.Policy(backoff=ringback.Backoff(base=0))
    import ringback.client.requests.part_file as part_file
    part_file._SYNC_BYTES = 1 << 18
    session = ringback.Session(policy=policy, sinks=[])
    session.trust_env = False
    print("ready", flush=True)
    session.download(sys.argv[1], sys.argv[2])
"""


FULL = """
    import os, sys, ringback
    session = ringback.Session(sinks=[])
    session.trust_env = False
    url, path = sys.argv[1:]
    try:
        session.download(url, path)
    except OSError as error:
        print(error.strerror, error.filename == path + ".part")
    os.system("mount -o remount,size=20m " + os.path.dirname(path))
    print(session.download(url, path).resumed_at)
    os.write(1, open(path, "rb").read())
"""


@pytest.mark.nightly
@pytest.mark.netns
def test_on_a_full_disk_there_is_room_to_note_what_is_there(server, path):
    requires("root", "unshare", "mount")
    mount = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'
    under = ["unshare", "--mount", "sh", "-c", mount, path.parent]
    program = [sys.executable, "-c", textwrap.dedent(FULL), server.url, path]
    done = subprocess.run([*under, *program], check=True, stdout=subprocess.PIPE)
    said, resumed_at, content = done.stdout.split(b"\n", 2)

    assert said == b"No space left on device True"
    assert int(resumed_at) > 800_000
    assert content == CONTENT


def killed(program, after):
    """Run it, and kill it after so many seconds; return whether it had not ended."""
    with subprocess.Popen(program, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        process.kill()
    return process.returncode == -signal.SIGKILL


@pytest.mark.nightly
def test_a_kill_at_any_moment_leaves_the_right_file_or_none(path):
    chance, kills = random.Random("kills"), 0
    with FileServer(CONTENT, breaks_after=PIECE) as server:
        program = [sys.executable, "-c", textwrap.dedent(PROGRAM), server.url, path]
        while kills < 60:
            if chance.random() < 0.2:  # it has changed meanwhile
                server.content = chance.randbytes(chance.randrange(1, len(CONTENT)))
                server.headers["ETag"] = f'"{len(server.asked)}"'
            was_killed = killed(program, chance.uniform(0, 0.15))
            kills += was_killed
            assert path.exists() or was_killed
            if path.exists():
                assert path.read_bytes() == server.content
                path.unlink()
        assert subprocess.run(program, check=False, stdout=subprocess.DEVNULL).returncode == 0
        assert path.read_bytes() == server.content
        assert left_of(path) == ["file.bin"]
