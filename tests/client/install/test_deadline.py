"""`ringback run --retry --deadline 2`: whatever a server does, a call ends, and says why."""

import contextlib
import os
import socket
import subprocess
import sys
import textwrap

import pytest
from nightly import rest_nightly
from requires import requires

from ringback.testing.lab.namespace import Namespaces, give_file, inside

DEADLINE = 1.0
"""Seconds; the client itself would wait 30."""

CALLS = {
    "requests": """
        import requests

        def call():
            with requests.Session() as session:
                session.get(URL, timeout=30).text
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
import sys
URL = sys.argv[1]
{call}
try:
    call()
except Exception as error:
    print(getattr(getattr(error, "failure", None), "kind", repr(error)))
"""


def kind_of_the_end(client, url, *around):
    """The kind of what a program's call raises under ringback."""
    requires(client)
    program = PROGRAM.format(call=textwrap.dedent(CALLS[client]))
    options = ["--retry", "--deadline", str(DEADLINE), "--quiet", "--", sys.executable]
    done = subprocess.run(
        [*around, sys.executable, "-m", "ringback", "run", *options, "-c", program, url],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NO_PROXY": "*", "AWS_EC2_METADATA_DISABLED": "true"},
    )
    assert done.stdout, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("client", rest_nightly(CALLS))
def test_a_call_ends_by_its_deadline_and_says_why(lab, client):
    """Each way to keep a client waiting is in the contract of the clients."""
    url = lab.start("http.response.timed_out:trickling_headers").url
    assert kind_of_the_end(client, url) == "http.response.timed_out"


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
@pytest.mark.parametrize("client", rest_nightly(CALLS, gate=0))
def test_a_lookup_that_hangs_ends_too_and_so_does_the_event_loop(deaf, client):
    """The threads of an event loop's executor, where aiohttp would look up, are waited for."""
    assert kind_of_the_end(client, "http://api.test/", *deaf) == "dns.timed_out"
