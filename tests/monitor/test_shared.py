"""Several `ringback up` on one PostgreSQL: real processes, one leads, the others stand by."""

import json
import signal
import socket
import urllib.request
from urllib.error import HTTPError

import psycopg
import pytest
from monitor.running import Monitor, state_of, text_of
from until import until

from ringback.cli.run import run_command_line

pytestmark = pytest.mark.nightly


@pytest.fixture
def hubs(postgres, target, tmp_path):
    """Starts a monitor on the one database again and again."""
    told = tmp_path / "told"
    monitors = []

    def start():
        folder = tmp_path / f"hub-{len(monitors)}"
        folder.mkdir()
        (folder / "ringback.toml").write_text(
            f'vantage = "hubs"\n[defaults]\nevery = "1s"\n[store]\nurl = "{postgres}"\n'
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


def pair(hubs):
    """One that leads, and one that stands by."""
    first = hubs()
    first.until("/endpoints", lambda all_: state_of(all_, "shop") == "ok")
    second = hubs()
    second.until("/status", lambda status: status["lead"]["url"] == first.url)
    return first, second


def test_one_leads_and_the_other_shows_the_same(hubs, capsys):
    first, second = pair(hubs)
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
    first, second = pair(hubs)
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


def test_one_that_takes_over_stands_by_until_it_has_read_all(hubs, target, postgres):
    first, second = pair(hubs)
    target.status = 503
    (incident,) = second.until("/incidents", bool)
    with psycopg.connect(postgres) as connection:
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


def test_what_a_standby_has_to_build_anew_without_its_server_is_built_later(server, hubs, target):
    first, second = pair(hubs)
    server.stop("immediate")
    try:
        more = f'[[endpoint]]\nname = "Mail"\nurl = "{target.url}mail"\n'
        for monitor in (first, second):
            monitor.file.write_text(monitor.file.read_text() + more)
        first.until("/endpoints", lambda all_: len(all_) == 2)
        assert second.process.poll() is None
    finally:
        server.start()
    second.until("/endpoints", lambda all_: len(all_) == 2)
    assert first.end(signal.SIGTERM) == 0
    second.until("/status", lambda status: status["lead"]["role"] == "lead")
    second.until("/endpoints", lambda all_: state_of(all_, "mail") == "ok")
