"""`ringback up` with its store on a server: the real process, and a real PostgreSQL."""

import signal

import pytest
from monitor.running import WAIT_TIMEOUT, Monitor, configuration, state_of, text_of
from until import until

from ringback.cli.run import run_command_line


@pytest.fixture
def started(postgres, target, tmp_path):
    """Starts a monitor on one database again and again, and gives what it notified of."""
    told = tmp_path / "told"
    more = f'[store]\nurl = "{postgres}"\n'
    more += f'[[notifier]]\nname = "n"\ntype = "command"\ncommand = ["tee", "-a", "{told}"]\n'
    configuration(tmp_path, ("Shop", target.url), more=more)
    monitors = []

    def start():
        monitors.append(Monitor(tmp_path))
        return monitors[-1], lambda: told.read_text() if told.exists() else ""

    yield start
    for monitor in monitors:
        monitor.stop()


@pytest.mark.nightly
def test_it_watches_notifies_shows_and_goes_on_after_a_kill(started, target, tmp_path, capsys):
    first, told = started()
    first.until("/endpoints", lambda all_: state_of(all_, "shop") == "ok")
    target.status = 503
    (incident,) = first.until("/incidents", bool)
    until(lambda: incident["id"] in told())
    assert "Shop" in text_of(first.url)
    assert incident["id"] in text_of(f"{first.url}/incidents")
    assert run_command_line(["ack", incident["id"], "--url", first.url]) == 0
    first.process.kill()
    first.process.wait(WAIT_TIMEOUT)

    second, told = started()
    (known,) = second.get("/incidents")
    assert (known["id"], known["state"]) == (incident["id"], "acknowledged")
    second.until("/endpoints", lambda all_: state_of(all_, "shop") == "down")
    target.status = 200
    second.until(f"/incidents/{incident['id']}", lambda one: one["state"] == "closed")
    assert second.get("/endpoints/shop/checks?failed=true")
    assert second.end(signal.SIGTERM) == 0
    assert not (tmp_path / "ringback.db").exists()


@pytest.mark.nightly
def test_a_hanging_database_holds_up_checks_and_tells_nothing_unkept(started, target, server):
    monitor, told = started()
    monitor.until("/endpoints", lambda all_: state_of(all_, "shop") == "ok")
    with server.stopped():
        asked, target.status = target.asked, 503
        monitor.until("/endpoints", lambda all_: state_of(all_, "shop") == "down")
        until(lambda: target.asked >= asked + 10)
        assert '"status"' in text_of(f"{monitor.url}/healthz")
        assert told() == ""
    (incident,) = monitor.until("/incidents", bool)
    until(lambda: incident["id"] in told())
    failed = monitor.until("/endpoints/shop/checks?failed=true", lambda found: len(found) >= 5)
    assert all(check["up"] is False for check in failed)
