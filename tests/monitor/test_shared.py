"""Several `ringback up` on one PostgreSQL: real processes, one leads, the others stand by."""

import json
import os
import signal
import socket
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.error import HTTPError

import psycopg
import pytest
from monitor.running import Monitor
from monitor.store.engines import fresh_database
from monitor.store.server import running_server
from monitor.test_up import Target, state_of, text_of, until

from ringback.cli.run import run_command_line


pytestmark = pytest.mark.nightly


@pytest.fixture
def target():
    service = Target()
    yield service
    service.close()


@pytest.fixture
def url(postgres):
    return postgres


@pytest.fixture
def hubs(url, target, tmp_path):
    """Starts a monitor on the one database again and again."""
    told = tmp_path / "told"
    monitors = []

    def start():
        folder = tmp_path / f"hub-{len(monitors)}"
        folder.mkdir()
        (folder / "ringback.toml").write_text(
            f'vantage = "hubs"\n[defaults]\nevery = "1s"\n[store]\nurl = "{url}"\n'
            f'[[endpoint]]\nname = "Shop"\nurl = "{target.url}"\n'
            f'[[notifier]]\nname = "n"\ntype = "command"\ncommand = ["tee", "-a", "{told}"]\n'
        )
        monitors.append(Monitor(folder))
        monitors[-1].file = folder / "ringback.toml"
        return monitors[-1]

    start.told = lambda: told.read_text() if told.exists() else ""
    yield start
    for monitor in monitors:
        monitor.stop()


def role(monitor):
    return monitor.get("/status")["lead"]


def leads(monitor):
    return role(monitor)["role"] == "lead"


def asked(url, method="GET", body=None, **headers):
    """What is answered, without following where it leads."""
    opener = urllib.request.build_opener(_Stay)
    request = urllib.request.Request(url, method=method, data=body, headers=headers)
    try:
        with opener.open(request) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        return error.code, error.headers, error.read()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def test_one_leads_and_the_other_shows_the_same(hubs, capsys):
    first = hubs()
    first.until("/endpoints", lambda all_: state_of(all_, "shop") == "ok")
    second = hubs()
    second.until("/status", lambda status: status["lead"]["url"] == first.url)
    assert role(second) == {**role(first), "role": "standby"}
    second.until("/endpoints", lambda all_: state_of(all_, "shop") == "ok")
    page = text_of(second.url)
    assert "This monitor stands by" in page
    assert f'<a href="{first.url}">' in page
    assert run_command_line(["status", "--url", second.url]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"on {socket.gethostname()} ({first.url}) leads, epoch 1; the one that was asked" in said
    assert json.loads(text_of(f"{second.url}/healthz")) == {"status": "ok", "role": "standby"}


def check_changes_are_sent_on(second, first, incident):
    path = f"/api/v1/incidents/{incident['id']}/acknowledge"
    status, headers, _ = asked(f"{second.url}{path}", "POST", b"{}")
    assert (status, headers["Location"]) == (307, f"{first.url}{path}")
    status, _, page = asked(
        f"{second.url}/incidents/{incident['id']}/acknowledge", "POST", b"by=me",
        **{"Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert status == 503
    assert first.url in page.decode()


def test_what_changes_something_is_done_where_it_is_led_also_after_that_was_killed(
    hubs, target, capsys
):
    first = hubs()
    first.until("/endpoints", lambda all_: state_of(all_, "shop") == "ok")
    second = hubs()
    second.until("/status", lambda status: status["lead"]["url"] == first.url)
    target.status = 503
    (incident,) = second.until("/incidents", bool)
    # A page has what its process knows: one that stands by follows within a second.
    until(lambda: incident["id"] in text_of(f"{second.url}/incidents"))
    second.until("/endpoints", lambda all_: state_of(all_, "shop") == "down")
    check_changes_are_sent_on(second, first, incident)
    assert run_command_line(["ack", incident["id"], "--url", second.url]) == 0
    second.until(f"/incidents/{incident['id']}", lambda found: found["state"] == "acknowledged")

    first.process.kill()
    second.until("/status", lambda status: status["lead"]["role"] == "lead")
    assert role(second)["epoch"] == 2
    (known,) = second.get("/incidents")
    assert (known["id"], known["state"]) == (incident["id"], "acknowledged")
    target.status = 200
    second.until(f"/incidents/{incident['id']}", lambda found: found["state"] == "closed")
    until(lambda: hubs.told().count(incident["id"]) >= 2)
    third = hubs()
    third.until("/status", lambda status: status["lead"]["url"] == second.url)
    assert second.end(signal.SIGTERM) == 0
    third.until("/status", lambda status: status["lead"]["role"] == "lead")
    third.until("/endpoints", lambda all_: state_of(all_, "shop") == "ok")


def test_a_stopped_lead_is_replaced_and_stands_by_when_it_is_woken(hubs, target):
    first, second = hubs(), hubs()
    second.until("/status", lambda status: status["lead"]["url"] == first.url)
    os.kill(first.process.pid, signal.SIGSTOP)
    second.until("/status", lambda status: status["lead"]["role"] == "lead")
    os.kill(first.process.pid, signal.SIGCONT)
    first.until("/status", lambda status: status["lead"]["url"] == second.url)
    assert role(first)["role"] == "standby"
    target.status = 503
    (incident,) = first.until("/incidents", bool)
    assert second.get("/incidents")[0]["id"] == incident["id"]
    until(lambda: incident["id"] in hubs.told())
    assert second.end(signal.SIGTERM) == 0
    first.until("/status", lambda status: status["lead"]["role"] == "lead")
    assert [known["id"] for known in first.get("/incidents")] == [incident["id"]]
    assert role(first)["epoch"] == 3


def test_one_that_takes_over_stands_by_until_it_has_read_all(hubs, target, url):
    first, second = hubs(), hubs()
    second.until("/status", lambda status: status["lead"]["url"] == first.url)
    target.status = 503
    (incident,) = second.until("/incidents", bool)
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE state IN ACCESS EXCLUSIVE MODE")
        first.process.kill()
        second.until("/status", lambda status: status["lead"]["epoch"] == 2)
        assert role(second)["role"] == "standby"
        assert role(second)["url"] == second.url
        path = f"{second.url}/api/v1/incidents/{incident['id']}/acknowledge"
        status, _, said = asked(path, "POST", b"{}")
        assert (status, b"this process takes over" in said) == (503, True)
    second.until("/status", lambda status: status["lead"]["role"] == "lead")
    assert asked(path, "POST", b"{}")[0] == 200


def test_a_standby_answers_while_the_server_lets_it_read_nothing(hubs, target, url):
    first, second = hubs(), hubs()
    second.until("/status", lambda status: status["lead"]["url"] == first.url)
    target.status = 503
    second.until("/incidents", bool)
    blocked = "SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with psycopg.connect(url) as locked, psycopg.connect(url, autocommit=True) as other:
        locked.execute("LOCK TABLE incident IN ACCESS EXCLUSIVE MODE")
        other.execute("UPDATE state SET name = name WHERE name = 'quiet'")
        until(lambda: any("FROM incident" in said for (said,) in other.execute(blocked)))
        assert role(second)["role"] == "standby"


def acknowledged(hub, incident, who, begun):
    """Acknowledge an incident at a hub at the same time as others; follow it to the lead."""
    body, there = json.dumps({"by": who}).encode(), f"/api/v1/incidents/{incident}/acknowledge"
    headers = {"Content-Type": "application/json"}
    begun.wait()
    status, said, _ = asked(f"{hub.url}{there}", "POST", body, **headers)
    if status == 307:
        status, _, _ = asked(said["Location"], "POST", body, **headers)
    assert status == 200


def test_two_who_acknowledge_at_once_are_both_kept_in_one_order(hubs, target):
    first = hubs()
    first.until("/endpoints", lambda all_: state_of(all_, "shop") == "ok")
    second = hubs()
    second.until("/status", lambda status: status["lead"]["url"] == first.url)
    target.status = 503
    (incident,) = second.until("/incidents", bool)
    names, begun = {"Ada": first, "Grace": second, "Mary": first, "Edith": second}, Barrier(4)
    with ThreadPoolExecutor(4) as threads:
        done = [
            threads.submit(acknowledged, hub, incident["id"], who, begun)
            for who, hub in names.items()
        ]
        for future in done:
            future.result()

    def takers(hub):
        found = hub.get(f"/incidents/{incident['id']}")
        lines = [line["text"] for line in found["timeline"] if line["what"] == "acknowledged"]
        return lines, found["acknowledged_by"]

    lines, newest = takers(first)
    assert sorted(lines) == sorted(f"acknowledged by {who}" for who in names)
    assert lines[-1] == f"acknowledged by {newest}"
    assert first.end(signal.SIGTERM) == 0
    second.until("/status", lambda status: status["lead"]["role"] == "lead")
    assert takers(second) == (lines, newest)


class TestOfAServerThatDies:
    @pytest.fixture
    def server(self):
        with running_server(fsync="on") as server:
            yield server

    @pytest.fixture
    def url(self, server):
        return fresh_database(server)

        def test_what_a_standby_has_to_build_anew_meanwhile_is_built_when_it_is_back(
        self, server, hubs, target
    ):
        first, second = hubs(), hubs()
        second.until("/status", lambda status: status["lead"]["url"] == first.url)
        server.stop("immediate")
        more = f'[[endpoint]]\nname = "Mail"\nurl = "{target.url}mail"\n'
        for monitor in (first, second):
            monitor.file.write_text(monitor.file.read_text() + more)
        first.until("/endpoints", lambda all_: len(all_) == 2)
        assert second.process.poll() is None
        server.start()
        second.until("/endpoints", lambda all_: len(all_) == 2)
        assert first.end(signal.SIGTERM) == 0
        second.until("/status", lambda status: status["lead"]["role"] == "lead")
        second.until("/endpoints", lambda all_: state_of(all_, "mail") == "ok")
