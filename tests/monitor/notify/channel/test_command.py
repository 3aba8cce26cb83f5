import json
import sys

import pytest
from monitor.notify.made import message, story

from ringback.monitor.notify.channel import NotSent, channel_of
from ringback.monitor.notify.settings import NotifierSettings


def command(*words, **fields):
    known = {"name": "own", "type": "command", "command": words, "timeout": 60.0}
    return channel_of(NotifierSettings(**{**known, **fields}))


def python(code, *words, **fields):
    return command(sys.executable, "-c", code, *words, **fields)


def test_a_command_gets_the_message_as_input_and_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_PASSWORD", "secret")
    told = tmp_path / "told.json"
    code = (
        "import json, os, sys; given = json.load(sys.stdin);"
        "json.dump({'given': given, 'env': dict(os.environ)}, open(sys.argv[1], 'w'))"
    )
    python(code, str(told), options={"env": {"ROOM": "ops"}}).send(
        message(story(), story(number=2))
    )

    got = json.loads(told.read_text())
    env = got["env"]
    assert [incident["id"] for incident in got["given"]["incidents"]] == ["i1", "i2"]
    assert env["RINGBACK_SUBJECT"] == got["given"]["subject"]
    assert (env["RINGBACK_WHAT"], env["RINGBACK_INCIDENT"], env["RINGBACK_ID"]) == (
        "opened",
        "i1",
        "m1",
    )
    assert env["RINGBACK_ENDPOINTS"] == "shop-1 shop-2"
    assert env["RINGBACK_LINK"] == "https://mon.invalid/incidents/i1"
    assert (env["ROOM"], env["RINGBACK_COUNT"]) == ("ops", "2")
    assert "DATABASE_PASSWORD" not in env
    assert "RINGBACK_URL" not in env


def test_there_is_no_shell(tmp_path):
    command("true", f"; touch {tmp_path}/made", "$(touch made)").send(message(story()))

    assert list(tmp_path.iterdir()) == []


def test_a_status_is_a_failure_that_says_what_the_program_said():
    with pytest.raises(NotSent, match="status 7: no such room"):
        python("import sys; sys.exit(print('no such room', file=sys.stderr) or 7)").send(
            message(story())
        )


def test_a_program_that_does_not_read_is_no_trouble(tmp_path):
    told = tmp_path / "told"
    command("touch", str(told)).send(message(story(summary="x" * 200_000)))

    assert told.exists()


def test_a_command_that_takes_too_long_is_ended_with_its_children():
    with pytest.raises(NotSent, match=r"longer than 0\.1 s"):
        command("sh", "-c", "sleep 600 & sleep 600", timeout=0.1).send(message(story()))


@pytest.mark.parametrize("word", ["/no/such/program", "/", "a\0b"])
def test_one_that_cannot_be_run_is_a_failure(word):
    with pytest.raises(NotSent, match="cannot be run") as raised:
        command(word).send(message(story()))

    assert raised.value.not_delivered
