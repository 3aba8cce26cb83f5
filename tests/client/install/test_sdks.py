"""Packages that try their own requests again: under ``install`` as often as without.

It runs where they are: in an environment of noxfile.py.
"""

import asyncio
import contextlib

import aiobotocore.config
import aiobotocore.httpxsession
import aiobotocore.session
import elastic_transport
import opensearchpy
import pytest

from ringback import Policy
from ringback.client.install import install
from ringback.testing.lab.message import response
from ringback.testing.lab.timing import failing_requests

pytestmark = pytest.mark.nightly

ATTEMPTS = 2
"""How often each is to try."""


def elastic(node):
    def call(url):
        transport = elastic_transport.Transport(
            [elastic_transport.client_utils.url_to_node_config(url)],
            node_class=node,
            max_retries=ATTEMPTS - 1,
        )
        try:
            return transport.perform_request("GET", "/").meta.status
        finally:
            transport.close()

    return call


def elastic_async(node):
    async def go(url):
        transport = elastic_transport.AsyncTransport(
            [elastic_transport.client_utils.url_to_node_config(url)],
            node_class=node,
            max_retries=ATTEMPTS - 1,
        )
        try:
            return (await transport.perform_request("GET", "/")).meta.status
        finally:
            await transport.close()

    return lambda url: asyncio.run(go(url))


def opensearch(connection):
    def call(url):
        with opensearchpy.OpenSearch(
            url, connection_class=connection, max_retries=ATTEMPTS - 1
        ) as client:
            return client.transport.perform_request("GET", "/")

    return call


def opensearch_async(url):
    async def go():
        async with opensearchpy.AsyncOpenSearch(url, max_retries=ATTEMPTS - 1) as client:
            return await client.transport.perform_request("GET", "/")

    return asyncio.run(go())


def aws(mode, *session):
    async def go(url):
        config = aiobotocore.config.AioConfig(
            retries={"mode": mode, "total_max_attempts": ATTEMPTS},
            s3={"addressing_style": "path"},
            **dict(zip(("http_session_cls",), session, strict=False)),
        )
        async with aiobotocore.session.get_session().create_client(
            "s3",
            region_name="eu-central-1",
            endpoint_url=url,
            aws_access_key_id="lab",
            aws_secret_access_key="lab",
            config=config,
        ) as client:
            got = await client.get_object(Bucket="bucket", Key="key")
            return await got["Body"].read()

    return lambda url: asyncio.run(go(url))


CALLS = {
    "elasticsearch": elastic("urllib3"),
    "elasticsearch, requests": elastic("requests"),
    "elasticsearch, aiohttp": elastic_async("aiohttp"),
    "elasticsearch, httpx": elastic_async("httpxasync"),
    "opensearch": opensearch(opensearchpy.Urllib3HttpConnection),
    "opensearch, requests": opensearch(opensearchpy.RequestsHttpConnection),
    "opensearch, aiohttp": opensearch_async,
    "aiobotocore, legacy": aws("legacy"),
    "aiobotocore, standard": aws("standard"),
    "aiobotocore, httpx": aws("standard", aiobotocore.httpxsession.HttpxSession),
}
calls = pytest.mark.parametrize("name", CALLS)
POLICY = Policy(breaker=None, budget=None)


@calls
@pytest.mark.parametrize(
    "fault", ["http.error.unavailable", "http.response.invalid.empty:after_request"]
)
def test_it_tries_as_often_as_it_is_told_to(lab, name, fault):
    endpoint, events = lab.start(fault), []
    with install(POLICY, retry=True, sinks=[events.append]), contextlib.suppress(Exception):
        CALLS[name](endpoint.url)
    assert (endpoint.requests, len(events)) == (ATTEMPTS, ATTEMPTS)
    assert {event.failure.kind for event in events} == {fault.partition(":")[0]}
    assert events[0].decision.reason in {"already_retried", "attempts"}


@calls
def test_it_gets_through_with_its_own_attempt(lab, name):
    endpoint, events = lab.listen(failing_requests(1, response(503, b"{}"))), []
    with install(POLICY, retry=True, sinks=[events.append]):
        CALLS[name](endpoint.url)
    assert [event.failure is None for event in events] == [False, True]
    assert endpoint.requests == ATTEMPTS


@pytest.mark.parametrize("name", [name for name in CALLS if "aiobotocore" in name])
def test_the_deadline_is_over_all_attempts_of_botocore(lab, name):
    endpoint = lab.start("http.response.timed_out:silent")
    policy = Policy(deadline=0.5)
    with install(policy, retry=True, sinks=[]), pytest.raises(Exception):  # noqa: B017, PT011
        CALLS[name](endpoint.url)
    assert endpoint.requests == 1
