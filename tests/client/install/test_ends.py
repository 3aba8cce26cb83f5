"""`ringback run --retry --deadline 2`: whatever a server does, a call ends, and says why."""

import contextlib
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from requires import requires

from ringback.testing.lab.namespace import Namespaces, give_file, inside

DEADLINE, LATE = 2.0, 10.0
"""Seconds; the client itself would wait 30. The pulse takes off those in which the machine did not
let the program run, but not those in which it ran slowly. tests/integrations measures closer."""

CALLS = {
    "requests": """
        import requests

        def call():
            with requests.Session() as session:
                session.get(URL, timeout=30).text
    """,
    "urllib3": """
        import urllib3

        def call():
            with urllib3.PoolManager(timeout=30) as pool:
                pool.request("GET", URL).data
    """,
    "httpx": """
        import httpx

        def call():
            with httpx.Client(timeout=30) as client:
                client.get(URL).text
    """,
    "httpx-async": """
        import asyncio
        import httpx

        async def main():
            async with httpx.AsyncClient(timeout=30) as client:
                (await client.get(URL)).text

        def call():
            asyncio.run(main())
    """,
    "aiohttp": """
        import asyncio
        import aiohttp

        async def main():
            async with aiohttp.ClientSession() as session, session.get(URL) as response:
                await response.text()

        def call():
            asyncio.run(main())
    """,
    "botocore": """
        import botocore.config
        import botocore.session

        client = botocore.session.get_session().create_client(
            "sts", region_name="eu-central-1", endpoint_url=URL,
            aws_access_key_id="lab", aws_secret_access_key="lab",
            config=botocore.config.Config(connect_timeout=30, read_timeout=30),
        )

        def call():
            client.get_caller_identity()
    """,
}
"""Library → a program that knows of nothing, with more patience than the deadline."""

PROGRAM = """
import sys, time
sys.path[:0] = sys.argv[2:]
from pulse import Pulse
URL = sys.argv[1]
{call}
with Pulse() as pulse:
    began, error = time.monotonic(), None
    try:
        call()
    except Exception as raised:
        error = raised
    seconds = pulse.ran(began, time.monotonic())
    print(seconds, getattr(getattr(error, "failure", None), "kind", repr(error)))
"""

FAULTS = {
    "http.response.timed_out:trickling_headers": {"http.response.timed_out"},
    "http.response.body_timed_out:trickling_body": {"http.response.body_timed_out"},
    "http.response.body_timed_out:mid_body": {"http.response.body_timed_out"},
    "http.response.invalid.content_length_mismatch": {
        "http.response.invalid.content_length_mismatch"
    },
}
"""What the server does → kinds of failure."""

clients = pytest.mark.parametrize("client", CALLS)


def ended(client, url, *around):
    """How long a program's call takes under ringback, and the kind of what it raises."""
    requires(client.partition("-")[0])
    program = PROGRAM.format(call=textwrap.dedent(CALLS[client]))
    options = ["--retry", "--deadline", str(DEADLINE), "--quiet", "--", sys.executable]
    tests = str(Path(__file__).parents[2])
    done = subprocess.run(
        [*around, sys.executable, "-m", "ringback", "run", *options, "-c", program, url, tests],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NO_PROXY": "*", "AWS_EC2_METADATA_DISABLED": "true"},
    )
    assert done.stdout, done.stderr
    seconds, kind = done.stdout.split(maxsplit=1)
    return float(seconds), kind.strip()


@pytest.mark.in_turn("client")
@clients
@pytest.mark.parametrize("fault", FAULTS)
def test_a_call_ends_by_its_deadline_and_says_why(lab, client, fault):
    seconds, kind = ended(client, lab.start(fault).url)
    assert kind in FAULTS[fault]
    assert seconds < DEADLINE + LATE


@pytest.fixture(scope="module")
def deaf():
    """The beginning of a command that runs where the nameserver hears nothing."""
    requires("root", "ip")
    with Namespaces() as namespaces, contextlib.ExitStack() as stack:
        name = namespaces.add("deaf")
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        with inside(name):
            nameserver = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            nameserver.bind(("127.0.0.1", 53))
        give_file(name, "resolv.conf", "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n")
        yield "ip", "netns", "exec", name


@pytest.mark.netns
@pytest.mark.in_turn("client")
@clients
def test_a_lookup_that_hangs_ends_too_and_so_does_the_event_loop(deaf, client):
    """The threads of an event loop's executor, where aiohttp would look up, are waited for."""
    seconds, kind = ended(client, "http://api.test/", *deaf)
    assert kind == "dns.timed_out"
    assert seconds < DEADLINE + LATE
