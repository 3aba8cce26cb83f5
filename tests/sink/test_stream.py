import json

from ringback.event import Event
from ringback.failure import Failure, Target
from ringback.retry import Done, GiveUp
from ringback.sink import StreamSink

REFUSED = Failure("tcp.refused", delivered="no", message="refused\nby \x1b[31mh")
TARGET = Target(url="http://h:1/", scheme="http", host="h", port=1)
FAILED = Event(
    at=0.0, target=TARGET, method="GET", failure=REFUSED, decision=GiveUp(1, REFUSED, "attempts")
)
WORKED = Event(at=0.0, target=TARGET, method="GET", decision=Done(1))


def test_a_failure_is_one_line_on_stderr_and_a_success_none(capsys):
    sink = StreamSink()
    sink(WORKED)
    sink(FAILED)
    line = capsys.readouterr().err
    assert line.startswith("ringback: ")
    assert line.count("\n") == 1
    assert "tcp.refused" in line
    assert "\x1b" not in line


def test_a_file_is_appended_to(tmp_path):
    path = tmp_path / "events.jsonl"
    assert not path.exists()
    for _ in range(2):
        StreamSink(str(path), json=True)(FAILED)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["error.type"] for line in lines] == ["tcp.refused"] * 2
