"""`ringback replay`: input that is none is one line that names it."""

import json

import pytest


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "checks.jsonl"
    lines = [
        {"at": 1_790_000_000 + 30 * number, "endpoint": "shop", "up": number == 0}
        for number in range(6)
    ]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def test_a_log_is_gone_through(ringback, log):
    done = ringback("replay", log)
    assert (done.returncode, done.stderr) == (0, "")
    assert "opened" in done.stdout
    assert done.stdout.endswith("6 lines, 1 incident, 1 notification\n")


def test_a_line_that_is_no_check_names_the_file(ringback, one_line, tmp_path):
    path = tmp_path / "odd.jsonl"
    path.write_bytes(b"\x00\xff\n")
    assert f"{path}: line 1 is no check: it is not JSON" in one_line(ringback("replay", path))
    line = one_line(ringback("replay", stdin="[]"))
    assert "standard input: line 1 is no check: it is not a JSON object" in line


@pytest.mark.parametrize("every", ["nan", "inf", "0", "-3", "soon"])
def test_seconds_that_are_none_are_refused(ringback, one_line, log, every):
    line = one_line(ringback("replay", f"--every={every}", log))
    assert "--every" in line
    assert every in line
