"""`ringback up` as people run it: started, asked, reloaded, killed, started again."""

import json
import logging
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from monitor.running import WAIT_TIMEOUT, configuration, state_of, text_of
from program import running_program
from until import until

from ringback.cli.monitor.log import TerminalLines
from ringback.cli.run import run_command_line

STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}"


def test_an_outage_is_seen_named_diagnosed_taken_and_over(started, target, tmp_path, capsys):
    configuration(tmp_path, ("Shop", target.url))
    monitor = started("--log-format", "json", "-v")
    monitor.until("/endpoints", lambda all_: state_of(all_, "shop") == "ok")
    target.status = 503
    assert monitor.post("/endpoints/shop/check")[0] == 200
    (incident,) = monitor.until("/incidents", lambda all_: all_ and all_[0]["diagnosis"])
    assert incident["kind"] == "http.error.unavailable"
    assert incident["members"] == ["shop"]
    assert incident["diagnosis"]["verdict"]["kind"] == "http.error.unavailable"

    assert run_command_line(["status", "--url", monitor.url]) == 1
    assert "Shop" in capsys.readouterr().out
    assert run_command_line(["incidents", "--url", monitor.url]) == 1
    assert incident["id"] in capsys.readouterr().out
    assert run_command_line(["ack", incident["id"], "--url", monitor.url]) == 0
    assert monitor.get(f"/incidents/{incident['id']}")["state"] == "acknowledged"

    target.status = 200
    monitor.until(f"/incidents/{incident['id']}", lambda one: one["state"] == "closed")
    assert run_command_line(["incidents", "--url", monitor.url]) == 0
    assert run_command_line(["status", "--url", monitor.url]) == 0
    until(lambda: any("RESOLVED" in line for line in monitor.said))
    assert monitor.end() == 0
    check_log([json.loads(text) for text in monitor.said if text.startswith("{")], incident["id"])


def check_log(said, incident):
    assert all(datetime.fromisoformat(entry["time"]).tzinfo for entry in said)
    opened, ended = (e for e in said if e.get("event") in {"opened", "closed"})
    assert (opened["event"], opened["level"]) == ("opened", "warning")
    assert opened["endpoints"] == ["shop"]
    assert opened["kind"] == "http.error.unavailable"
    assert opened["message"].startswith("[DOWN] Shop")
    assert (ended["event"], ended["incident"]) == ("closed", incident)
    *failed, last = [entry for entry in said if "check" in entry]
    assert last["check"] == "recovered"
    assert {entry["kind"] for entry in failed} == {"http.error.unavailable"}
    assert len(failed) >= 3


@pytest.mark.nightly
def test_a_changed_configuration_is_taken_and_a_bad_one_is_not(started, target, tmp_path):
    file = configuration(tmp_path, ("Shop", target.url))
    monitor = started()
    configuration(tmp_path, ("Shop", target.url), ("Mail", target.url + "mail"))
    monitor.until("/endpoints", lambda all_: len(all_) == 2)
    file.write_text(file.read_text() + "\nnonsense = 1\n")
    # Of a file that was written by half it says something else first.
    monitor.until("/status", lambda one: "nonsense" in (one["config"]["error"] or ""))
    assert len(monitor.get("/endpoints")) == 2
    assert "The changed configuration was rejected" in text_of(monitor.url)
    metric = "ringback_config_last_reload_successful"
    assert f"{metric} 0\n" in text_of(f"{monitor.url}/metrics")
    until(lambda: any("the old configuration is kept" in line for line in monitor.said))
    configuration(tmp_path, ("Mail", target.url + "mail"))
    monitor.until("/endpoints", lambda all_: len(all_) == 1)
    monitor.until("/status", lambda one: one["config"]["error"] is None)


@pytest.mark.nightly
def test_another_address_needs_a_restart_and_that_is_reported(started, target, tmp_path):
    configuration(tmp_path, ("Shop", target.url), more='[store]\npath = "a.db"\n')
    monitor = started()
    assert monitor.get("/status")["config"]["restart"] == []
    more = '[store]\npath = "b.db"\n[web]\ntitle = "Ours"\nhost = "localhost"\n'
    configuration(tmp_path, ("Shop", target.url), more=more)
    status = monitor.until("/status", lambda one: one["config"]["restart"])
    assert status["config"]["restart"] == ["web.host", "store.path"]
    assert "Restart required" in text_of(monitor.url)
    until(lambda: any("web.host, store.path" in line for line in monitor.said))
    configuration(tmp_path, ("Shop", target.url), more='[store]\npath = "a.db"\n')
    monitor.until("/status", lambda one: not one["config"]["restart"])


DISCOVERY = '[[discovery]]\nfiles = "targets.json"\n[defaults]\nevery = 1\nretry_every = 0.2\n'


def write_targets(folder, *urls):
    new = folder / "new"
    new.write_text(json.dumps([{"targets": urls, "labels": {"env": "test"}}]))
    new.rename(folder / "targets.json")


@pytest.mark.nightly
def test_targets_that_leave_their_file_are_paused(started, target, tmp_path):
    configuration(tmp_path, more=DISCOVERY)
    monitor = started()
    assert monitor.get("/endpoints") == []
    write_targets(tmp_path, target.url, target.url + "gone")
    monitor.until("/endpoints", lambda all_: [seen["state"] for seen in all_] == ["ok", "ok"])
    target.status = 503
    monitor.until("/incidents", bool)
    write_targets(tmp_path, target.url)
    monitor.until("/endpoints", lambda all_: len(all_) == 1)
    until(lambda: any("targets that are gone are paused: " in line for line in monitor.said))
    monitor.until(
        "/incidents", lambda all_: "no longer watched" in json.dumps([i["timeline"] for i in all_])
    )
    (paused,) = monitor.get("/status")["config"]["paused"]
    assert paused.endswith("-gone")
    assert "ringback_targets_paused 1\n" in text_of(f"{monitor.url}/metrics")
    write_targets(tmp_path, target.url, target.url + "gone")
    monitor.until("/status", lambda status: not status["config"]["paused"])


@pytest.mark.nightly
def test_a_program_that_reports_its_calls_is_believed(started, unused_port, tmp_path):
    configuration(tmp_path, ("Shop", f"http://127.0.0.1:{unused_port}/"))
    text = (tmp_path / "ringback.toml").read_text().replace("every = 1", "every = 3600")
    (tmp_path / "ringback.toml").write_text(text)
    monitor = started()
    program = (
        "import ringback, requests\n"
        "session = ringback.Session(policy=ringback.Policy(attempts=1, breaker=None))\n"
        "for _ in range(3):\n"
        "    try:\n"
        f"        session.get('http://127.0.0.1:{unused_port}/')\n"
        "    except requests.ConnectionError:\n"
        "        pass\n"
    )
    env = os.environ | {"RINGBACK_URL": monitor.url}
    subprocess.run([sys.executable, "-c", program], env=env, check=True, timeout=WAIT_TIMEOUT)
    (incident,) = monitor.until("/incidents", bool)
    assert incident["kind"] == "tcp.refused"


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("", [], ["ringback init", "ringback demo"]),
        (
            '[[endpoint]]\nname = "a"\nurl = "http://a"\nevry = 5\n',
            [],
            ["ringback.toml:4", "every"],
        ),
        ("", ["-v", "-q", "http://127.0.0.1"], ["exclude each other"]),
    ],
)
def test_what_cannot_be_watched_is_said(tmp_path, monkeypatch, capsys, text, words, said):
    monkeypatch.chdir(tmp_path)
    if text:
        Path("ringback.toml").write_text(text)
    assert run_command_line(["up", *words]) == 2
    err = capsys.readouterr().err
    assert [word for word in said if word not in err] == []


@pytest.mark.nightly
def test_a_second_monitor_on_the_same_database_learns_so(started, target, tmp_path):
    started(target.url)
    command = [sys.executable, "-m", "ringback", "up", "--port", "0", target.url]
    second = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=WAIT_TIMEOUT, check=False
    )
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "another" in second.stderr or "in use" in second.stderr


def test_without_a_monitor_the_commands_say_so(unused_port, capsys):
    assert run_command_line(["status", "--url", f"http://127.0.0.1:{unused_port}"]) == 2
    assert "ringback up" in capsys.readouterr().err


def test_on_a_terminal_lines_fit_its_width(monkeypatch):
    monkeypatch.setattr("os.get_terminal_size", lambda _: os.terminal_size((40, 24)))
    monkeypatch.delenv("NO_COLOR", raising=False)
    said = "ringback: [DOWN] A shop with a name that is not short: 503"
    record = logging.makeLogRecord({"msg": said, "levelname": "ERROR"})
    text = TerminalLines().format(record)
    assert "\x1b[31m" in text
    first, *more = re.sub(r"\x1b\[\d*m", "", text).split("\n")
    assert re.match(r"\d\d:\d\d:\d\d \[DOWN\] A shop", first)
    assert max(map(len, (first, *more))) <= 40
    assert all(line.startswith(" " * 9) for line in more)


@pytest.mark.nightly
def test_quiet_says_only_what_goes_down(target, tmp_path):
    configuration(tmp_path, ("Shop", target.url))
    target.status = 503
    command = [sys.executable, "-m", "ringback", "up", "-q", "--no-web"]
    with running_program(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        said = running.stdout.readline()
    assert re.fullmatch(rf"{STAMP} WARNING ringback: \[DOWN\] Shop.*503.*\n", said)


@pytest.mark.nightly
def test_a_hanging_database_holds_up_checks_and_tells_nothing_unkept(
    postgres, server, target, started, receiver, tmp_path
):
    more = f'[store]\nurl = "{postgres}"\n'
    more += f'[[notifier]]\nname = "n"\ntype = "webhook"\nurl = "{receiver.url}"\n'
    configuration(tmp_path, ("Shop", target.url), more=more)
    monitor = started()
    monitor.until("/endpoints", lambda all_: state_of(all_, "shop") == "ok")
    with server.stopped():
        asked, target.status = target.asked, 503
        monitor.until("/endpoints", lambda all_: state_of(all_, "shop") == "down")
        until(lambda: target.asked >= asked + 10)
        assert '"status"' in text_of(f"{monitor.url}/healthz")
        assert receiver.told == []
    (incident,) = monitor.until("/incidents", bool)
    until(lambda: (incident["id"], "opened") in receiver.told)
    failed = monitor.until("/endpoints/shop/checks?failed=true", lambda found: len(found) >= 5)
    assert all(check["up"] is False for check in failed)
