"""A program that knows of nothing, and a policy that limits the calls in flight."""

import asyncio
import threading

import aiohttp
import httpx
import pytest
import requests

from ringback import Policy
from ringback.client.install import install


class Counting:
    """A server that counts the requests it has at a time, and answers when the gate is open."""

    def __init__(self):
        self.most = self.now = 0
        self.arrived, self.gate = threading.Semaphore(0), threading.Event()
        self._lock = threading.Lock()

    def __call__(self, connection):
        connection.read_request()
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.arrived.release()
        self.gate.wait(60)
        with self._lock:
            self.now -= 1
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def in_threads(get, opening):
    found = []
    threads = [threading.Thread(target=lambda: found.append(get())) for _ in range(6)]
    for thread in [*threads, threading.Thread(target=opening)]:
        thread.start()
    for thread in threads:
        thread.join(90)
    return found


def with_requests(url, opening):
    return in_threads(lambda: requests.get(url, timeout=60).status_code, opening)


def with_httpx_async(url, opening):
    async def main():
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            waiting = asyncio.create_task(asyncio.to_thread(opening))
            found = await asyncio.gather(*(client.get(url) for _ in range(6)))
            await waiting
            return [answer.status_code for answer in found]

    return asyncio.run(main())


def with_aiohttp(url, opening):
    async def get(client):
        async with client.get(url) as answer:
            return answer.status

    async def main():
        async with aiohttp.ClientSession() as client:
            waiting = asyncio.create_task(asyncio.to_thread(opening))
            found = await asyncio.gather(*(get(client) for _ in range(6)))
            await waiting
            return found

    return asyncio.run(main())


@pytest.mark.parametrize("calls", [with_requests, with_httpx_async, with_aiohttp])
def test_so_many_calls_are_in_flight_and_no_more(lab, calls):
    server = Counting()
    endpoint = lab.listen(server)

    def opening():
        for _ in range(2):
            assert server.arrived.acquire(timeout=60)
        server.gate.set()

    with install(Policy(bulkhead=2), sinks=[]):
        assert calls(endpoint.url, opening) == [200] * 6
    assert server.most == 2
