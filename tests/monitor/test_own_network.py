"""`ringback up` on a host whose uplink is cut, and joined again."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

from ringback.testing.lab import Lab
from ringback.testing.lab.message import serve
from ringback.testing.lab.namespace import inside, run
from ringback.testing.lab.network import NEEDS, Topology
from tests.requires import requires

WAIT_TIMEOUT = 120.0
READY = re.compile(r"page at (http://\S+);")


class Host:
    """A host behind a router, on which the monitor runs."""

    def __init__(self, hosts, folder):
        self.hosts = hosts
        command = [sys.executable, "-m", "ringback", "up", "--port", "0"]
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", hosts.client, *command],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        self.said = []
        self._watchdog = threading.Timer(WAIT_TIMEOUT, self.process.kill)
        self._watchdog.start()
        self.url = self._address()
        self._reader = threading.Thread(target=self.said.extend, args=(self.process.stdout,))
        self._reader.start()

    def _address(self):
        for line in self.process.stdout:
            self.said.append(line)
            if found := READY.search(line):
                return found[1]
        raise AssertionError(f"it ended: {''.join(self.said)}")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(WAIT_TIMEOUT)
        self._watchdog.cancel()
        self._reader.join(WAIT_TIMEOUT)
        self.process.stdout.close()

    def get(self, path):
        with (
            inside(self.hosts.client),
            urllib.request.urlopen(f"{self.url}/api/v1{path}", timeout=30) as answer,
        ):
            return json.load(answer)

    def until(self, path, right, seconds=60.0):
        ends = time.monotonic() + seconds
        while not right(found := self.get(path)):
            assert time.monotonic() < ends, (found, self.said)
            time.sleep(0.05)
        return found

    def router(self, command):
        run(self.hosts._names["router"], command.split())


def listening(lab, hosts, address):
    """Open a port on a further address of the server; return its URL."""
    run(hosts._names["server"], ["ip", "addr", "add", f"{address}/24", "dev", "lab0"])
    with hosts.inside("server"):
        listener = lab.reserve(serve, host=address)
        listener.open()
    return listener.endpoint.url


@pytest.fixture
def started(tmp_path):
    requires(*NEEDS)
    with Lab() as lab, Topology() as hosts, contextlib.ExitStack() as stack:

        def start(count, more=""):
            urls = [listening(lab, hosts, f"198.51.100.{60 + number}") for number in range(count)]
            (tmp_path / "ringback.toml").write_text(
                more
                + "".join(
                    f'[[endpoint]]\nname = "e{number}"\nurl = "{url}"\n'
                    "every = 2\nretry_every = 0.5\ntimeout = 1\n"
                    for number, url in enumerate(urls)
                )
            )
            host = Host(hosts, tmp_path)
            stack.callback(host.stop)
            host.until("/endpoints", lambda all_: {one["state"] for one in all_} == {"ok"})
            return host

        yield start


@pytest.mark.netns
@pytest.mark.full
def test_a_link_without_a_carrier_is_the_own_network_even_with_one_endpoint(started):
    host = started(1)
    host.router("ip link set lab0 down")
    began = time.monotonic()
    (incident,) = host.until(
        "/incidents", lambda all_: [one["pattern"] for one in all_] == ["own_network_down"], 30.0
    )
    assert time.monotonic() - began < 10.0
    assert incident["evidence"][0] == "lab0 has no carrier"
    assert incident["members"] == ["e0"]
    assert any("1 host is watched without controls" in line for line in host.said)

    host.router("ip link set lab0 up")
    host.until("/incidents", lambda all_: not [one for one in all_ if one["state"] != "closed"])
    host.until("/endpoints", lambda all_: {one["state"] for one in all_} == {"ok"})


@pytest.mark.netns
@pytest.mark.full
def test_one_dead_service_is_no_dead_network_where_a_control_replies(started):
    host = started(1, 'controls = ["tcp://198.51.100.53:9"]\n')
    host.router("iptables -w -A FORWARD -d 198.51.100.60 -p tcp -j DROP")
    (incident,) = host.until("/incidents", bool)

    assert incident["pattern"] == "service_outage"
    assert incident["kind"] == "tcp.timed_out"
    assert incident["members"] == ["e0"]


@pytest.mark.netns
@pytest.mark.full
def test_an_uplink_that_is_cut_behind_the_gateway_blames_nobody(started):
    """Each endpoint has a connection that was kept: its silence is no sign of life."""
    host = started(3)
    host.router("iptables -w -P FORWARD DROP")
    # On a busy machine one is blamed before the others were checked; it becomes part of the whole.
    (incident,) = host.until(
        "/incidents?state=open", lambda all_: [len(one["members"]) for one in all_] == [3]
    )

    assert incident["pattern"] == "own_network_down"
    assert sorted(incident["members"]) == ["e0", "e1", "e2"]
    assert {one["state"] for one in host.get("/endpoints")} == {"unknown"}
    host.router("iptables -w -P FORWARD ACCEPT")
    host.until("/endpoints", lambda all_: {one["state"] for one in all_} == {"ok"})


@pytest.mark.netns
@pytest.mark.full
def test_two_dead_services_of_three_are_two_dead_services(started):
    host = started(3)
    for address in ("198.51.100.60", "198.51.100.61"):
        host.router(f"iptables -w -A FORWARD -d {address} -j DROP")
    found = host.until(
        "/incidents", lambda all_: {id_ for one in all_ for id_ in one["members"]} == {"e0", "e1"}
    )

    assert "own_network_down" not in {one["pattern"] for one in found}
    assert {one["id"]: one["state"] for one in host.get("/endpoints")}["e2"] == "ok"
