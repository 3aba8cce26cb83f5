"""``ringback mcp``, asked by the client of the protocol's own SDK."""

import asyncio
import json
import socket
import sys

import pytest
from cli.monitor.test_remote import monitor, view
from monitor.web.service import MemoryService, incident

from ringback.cli.mcp import is_public, server_of
from ringback.cli.monitor.remote import Remote
from ringback.diagnosis import diagnose
from ringback.diagnosis.record import record_of
from ringback.testing.lab.message import answering, response

TOOLS = ["compare", "diagnose", "explain", "incident", "incidents", "kind", "status"]


def asked(*calls, url="http://127.0.0.1:9", allow_private=False):
    """What a server within this process answers to calls, each a tool's name and its arguments."""

    from mcp import Client  # noqa: PLC0415 - 0.8 s, and not for each worker

    async def ask():
        server = server_of(Remote(url, None), allow_private=allow_private)
        async with Client(server) as client:
            return [await client.call_tool(name, given) for name, given in calls]

    return asyncio.run(ask())


def said(answer):
    assert answer.is_error, answer
    return answer.content[0].text


def test_every_tool_only_reads_and_says_what_it_takes():
    from mcp import Client, StdioServerParameters, stdio_client  # noqa: PLC0415 - as above

    server = StdioServerParameters(command=sys.executable, args=["-m", "ringback", "mcp"])

    async def ask():
        # Its own default is the stderr that there was when it was imported.
        async with Client(stdio_client(server, errlog=sys.__stderr__)) as client:
            return client.server_info, client.instructions, (await client.list_tools()).tools

    info, instructions, tools = asyncio.run(ask())
    assert (info.name, "data from outside" in instructions) == ("ringback", True)
    assert sorted(tool.name for tool in tools) == TOOLS
    for tool in tools:
        assert tool.description
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.destructive_hint is False


def test_a_text_a_kind_and_two_machines_are_explained(lab):
    well = lab.listen(answering(response(200, b"")))
    reports = [record_of(diagnose(well.url)) for _ in range(2)]
    log = "10:00:01 ERROR Connection refused\n10:00:02 ERROR Name or service not known\n"
    explained, kind, unknown, compared, bad = asked(
        ("explain", {"text": log}),
        ("kind", {"name": "tcp.refused"}),
        ("kind", {"name": "tcp.refuse"}),
        ("compare", {"reports": reports}),
        ("compare", {"reports": [{"format": 1}, {}]}),
    )
    found = explained.structured_content
    assert (found["kind"], found["delivered"]) == ("tcp.refused", "no")
    assert [group["kind"] for group in found["failures"]] == [
        "tcp.refused", "dns.name_not_resolved",
    ]  # fmt: skip
    assert json.loads(explained.content[0].text) == found
    assert kind.structured_content["name"] == "tcp.refused"
    assert "did you mean tcp.refused" in said(unknown)
    assert compared.structured_content["outcome"] == "healthy"
    assert "report" in said(bad) or "diagnos" in said(bad)


def test_an_allowed_target_is_diagnosed_with_the_verdict_first(lab):
    endpoint = lab.start("tcp.refused")
    allowed, whole = asked(
        ("diagnose", {"target": endpoint.url}),
        ("diagnose", {"target": endpoint.url, "readings": True}),
        allow_private=True,
    )
    found = allowed.structured_content
    assert next(iter(found)) == "verdict"
    assert found["verdict"]["kind"] == "tcp.refused"
    assert "readings" not in found
    assert whole.structured_content["readings"]


@pytest.mark.parametrize("host", ["localhost", "[::1]", "[::ffff:127.0.0.1]"])
def test_a_private_target_is_refused_without_a_connection(host):
    with socket.create_server(("127.0.0.1", 0)) as there:
        there.setblocking(False)
        (refused,) = asked(("diagnose", {"target": f"http://{host}:{there.getsockname()[1]}/"}))
        with pytest.raises(BlockingIOError):
            there.accept()
    assert "127.0.0.1" in said(refused) or "::1" in said(refused)
    assert "--allow-private" in said(refused)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("192.0.2.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:1.1.1.1", True),
        ("2002:0a00:0001::", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::101:101", True),
    ],
)
def test_what_is_public(address, public):
    assert is_public(address) is public


def test_a_monitor_is_asked(lab):
    service = MemoryService(view(1, "down"))
    seen = incident("i1", ("web-1",), pattern="service_outage")
    service.open = service.store.past = [seen]
    status, incidents, one, missing = asked(
        ("status", {}),
        ("incidents", {}),
        ("incident", {"incident_id": "i1"}),
        ("incident", {"incident_id": "../endpoints"}),
        url=monitor(lab, service, 5),
    )
    assert status.structured_content["not_ok"] == 1
    assert [told["id"] for told in incidents.structured_content["incidents"]] == ["i1"]
    assert one.structured_content["pattern"] == "service_outage"
    assert "404" in said(missing)


def test_a_monitor_that_is_not_there_is_said():
    (answer,) = asked(("status", {}))
    assert "no monitor answers at http://127.0.0.1:9" in said(answer)
