"""Which incidents are diagnosed."""

import asyncio

from ringback.monitor.config.load import config_of_urls, load
from ringback.monitor.diagnosing import Diagnoser


def wanted(endpoint):
    async def ask():
        reports = asyncio.Queue()
        diagnoser = Diagnoser(lambda id_, report: reports.put_nowait((id_, report)))
        if not diagnoser.want("an incident", endpoint):
            return None
        async with asyncio.timeout(30):
            return await reports.get()

    return asyncio.run(ask())


def test_an_endpoint_is_diagnosed(unused_port):
    (endpoint,) = config_of_urls([f"tcp://127.0.0.1:{unused_port}"]).endpoints
    incident, report = wanted(endpoint)
    assert incident == "an incident"
    assert report["verdict"]["kind"] == "tcp.refused"


def test_an_endpoint_with_its_own_nameserver_is_not_diagnosed(tmp_path):
    file = tmp_path / "ringback.toml"
    file.write_text('[[endpoint]]\nurl = "dns://a.test"\nnameserver = "127.0.0.1:53"\n')
    (endpoint,) = load(file, {}).endpoints
    assert endpoint.nameserver == "127.0.0.1:53"
    assert wanted(endpoint) is None
