"""The demo's scenes with the monitor."""

import contextlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from program import running_program
from requires import requires

from ringback.testing.demo.monitor import UnseenError
from ringback.testing.demo.world import World
from ringback.testing.lab.namespace import HELD

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.nightly
def test_a_monitor_that_ends_is_reported_with_its_last_words(lab):
    with contextlib.closing(World(lab)) as world:
        world.services.configuration.write_text("[[endpoint]]\nnonsense = 1\n")
        with pytest.raises(UnseenError, match="the monitor ended; it last said: ringback: the "):
            world.begin()


def masked(text):
    """A text without what is another one each time."""
    text = re.sub(r"\d\d:\d\d:\d\d", "TIME", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DATE", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", text)
    text = re.sub(r"\d+\.\d+ s\b", "SPAN", text)
    text = re.sub(r"'sport = :\d+'", "'sport = :PORT'", text)
    return " ".join(re.sub(r"port \d+", "port PORT", text).split())


@pytest.mark.nightly
def test_the_pages_show_what_it_prints(process):
    done = process("demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    printed = masked(done.stdout)
    shown = [
        part
        for page in (ROOT / "README.md", ROOT / "docs/tutorial/first-incident.md")
        for block in BLOCK.findall(page.read_text("utf-8"))
        if "went as expected" in block or "ringback up watches" in block
        for part in block.split("…\n")
    ]
    assert len(shown) >= 2
    for part in shown:
        assert masked(part) in printed


@pytest.mark.nightly
def test_a_partition_of_hosts_is_told_with_its_reason_and_no_host_is_left():
    requires("root", "netns", "ip", "iptables")
    with running_program(
        [sys.executable, "-m", "ringback", "demo", "--places", "3", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        told = {event["event"]: event for event in map(json.loads, demo.stdout)}
        assert (demo.wait(120), demo.stderr.read()) == (0, "")
    assert told["places"]["agents"] == ["tokyo", "oslo", "lima"]
    incident = told["incident"]
    assert (incident["pattern"], incident["kind"]) == ("network_partition", "tcp.timed_out")
    assert incident["summary"].startswith("orders is down for hub, ")
    assert "opens from “tokyo”" in incident["difference"]
    assert not list(HELD.glob(f"ringback-{demo.pid}.*"))


def test_places_are_refused_where_they_cannot_be_made(ringback):
    done = ringback("demo", "--places", "3", "--keep")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ringback: --keep: the page of --places")
    done = ringback("demo", "--places", "2")
    assert done.returncode == 2
    assert "--places" in done.stderr


@pytest.mark.nightly
def test_everything_is_named_and_reported_and_can_be_looked_at_as_long_as_it_is_kept(ringback):
    with running_program(
        [sys.executable, "-m", "ringback", "demo", "--keep", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        told = [json.loads(line) for line in until_it_stays(demo.stdout)]
        shown = ringback("incidents", "--all", "--json", "--url", told[-1]["url"])
        demo.terminate()
        assert demo.wait(120) == 143
    assert all(event["kept"] for event in told if event["event"] == "check")
    found = [event for event in told if event["event"] == "incident"]
    assert [(incident["pattern"], incident["kind"]) for incident in found] == [
        ("certificate", None),
        ("service_outage", "tcp.refused"),
        ("port_change", "tcp.refused"),
        ("dns_failure", "dns.name_not_resolved"),
        ("flapping", "tcp.refused"),
        ("network_partition", "proxy.unreachable"),
    ]
    ended = [event["endpoint"] for event in told if event["event"] == "closed"]
    assert ended == ["shop", "stock", "partner", "search", "orders"]
    assert "from “hub” the way is direct" in found.pop()["difference"]
    outage, moved = found[1:3]
    assert outage["where"] == moved["where"] == "their service"
    assert outage["advice"].startswith("Start the service: nothing listens on port")
    assert "2 of 2 match: answer, Server header" in moved["evidence"][-1]
    kept = {row["id"]: row["state"] for row in json.loads(shown.stdout)}
    assert {incident["id"] for incident in found} <= set(kept)
    assert [id_ for id_, state in kept.items() if state == "open"] == [found[0]["id"]]


def until_it_stays(lines):
    """The lines up to the second that names the page."""
    pages = 0
    for line in lines:
        yield line
        pages += json.loads(line)["event"] == "page"
        if pages == 2:
            return
