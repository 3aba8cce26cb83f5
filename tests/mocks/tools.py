"""Tools that answer in the place of a server, each with the same few words."""

from __future__ import annotations

from contextlib import contextmanager

import httpx
import requests_mock
import responses
import respx
from aioresponses import aioresponses


class Responses:
    """responses: in the place of ``HTTPAdapter.send``."""

    libraries = ("requests",)

    def __init__(self, _):
        self._mock = responses.RequestsMock(assert_all_requests_are_fired=True)

    def begun(self):
        return self._mock

    def answer(self, method, url, text):
        self._mock.add(method, url, body=text)

    def fail(self, method, url, error):
        self._mock.add(method, url, body=error)

    def count(self):
        return len(self._mock.calls)


class RequestsMock:
    """requests-mock: in the place of ``Session.get_adapter``."""

    libraries = ("requests",)

    def __init__(self, _):
        self._mock = requests_mock.Mocker()
        self._answers = []

    def begun(self):
        return self._mock

    def answer(self, method, url, text):
        self._answers.append({"text": text})
        self._mock.request(method, url, self._answers)

    def fail(self, method, url, error):
        self._answers.append({"exc": error})
        self._mock.request(method, url, self._answers)

    def count(self):
        return self._mock.call_count


class Respx:
    """respx: in the place of httpcore's pools and connections."""

    libraries = ("httpx",)

    def __init__(self, _):
        self._mock = respx.MockRouter(assert_all_called=True)
        self._effects = []

    def begun(self):
        return self._mock

    def answer(self, method, url, text):
        self._add(method, url, httpx.Response(200, text=text))

    def fail(self, method, url, error):
        self._add(method, url, error)

    def _add(self, method, url, effect):
        self._effects.append(effect)
        self._mock.request(method, url).mock(side_effect=list(self._effects))

    def count(self):
        return self._mock.calls.call_count


class PytestHttpx:
    """pytest-httpx: in the place of ``HTTPTransport.handle_request``."""

    libraries = ("httpx",)

    def __init__(self, request):
        self._request = request
        self._mock = None

    @contextmanager
    def begun(self):
        self._mock = self._request.getfixturevalue("httpx_mock")
        yield

    def answer(self, method, url, text):
        self._mock.add_response(method=method, url=url, text=text)

    def fail(self, method, url, error):
        self._mock.add_exception(error, method=method, url=url)

    def count(self):
        return len(self._mock.get_requests())


class Aioresponses:
    """aioresponses: in the place of ``ClientSession._request``."""

    libraries = ("aiohttp",)

    def __init__(self, _):
        self._mock = aioresponses()

    def begun(self):
        return self._mock

    def answer(self, method, url, text):
        self._mock.add(url, method=method, body=text)

    def fail(self, method, url, error):
        self._mock.add(url, method=method, exception=error)

    def count(self):
        return sum(map(len, self._mock.requests.values()))


TOOLS = {
    "responses": Responses,
    "requests_mock": RequestsMock,
    "respx": Respx,
    "pytest_httpx": PytestHttpx,
    "aioresponses": Aioresponses,
}
