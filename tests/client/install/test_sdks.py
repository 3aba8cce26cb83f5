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


def elastic_settings(url, node):
    return {
        "node_configs": [elastic_transport.client_utils.url_to_node_config(url)],
        "node_class": node,
        "max_retries": ATTEMPTS - 1,
    }


def elastic(url):
    transport = elastic_transport.Transport(**elastic_settings(url, "urllib3"))
    try:
        return transport.perform_request("GET", "/").meta.status
    finally:
        transport.close()


def elastic_async(url):
    async def go():
        transport = elastic_transport.AsyncTransport(**elastic_settings(url, "aiohttp"))
        try:
            return (await transport.perform_request("GET", "/")).meta.status
        finally:
            await transport.close()

    return asyncio.run(go())


def opensearch(url):
    with opensearchpy.OpenSearch(url, max_retries=ATTEMPTS - 1) as client:
        return client.transport.perform_request("GET", "/")


def opensearch_async(url):
    async def go():
        async with opensearchpy.AsyncOpenSearch(url, max_retries=ATTEMPTS - 1) as client:
            return await client.transport.perform_request("GET", "/")

    return asyncio.run(go())


def aws(*session):
    async def go(url):
        config = aiobotocore.config.AioConfig(
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
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
    "elasticsearch": elastic,
    "elasticsearch, async": elastic_async,
    "opensearch": opensearch,
    "opensearch, async": opensearch_async,
    "aiobotocore": aws(),
    "aiobotocore, httpx": aws(aiobotocore.httpxsession.HttpxSession),
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
