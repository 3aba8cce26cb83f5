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

    def will(self, method, url, said):
        """Answer the next request by a text, or raise an exception."""
        self._mock.add(method, url, body=said)

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

    def will(self, method, url, said):
        self._answers.append({"text" if isinstance(said, str) else "exc": said})
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

    def will(self, method, url, said):
        self._effects.append(httpx.Response(200, text=said) if isinstance(said, str) else said)
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

    def will(self, method, url, said):
        if isinstance(said, str):
            self._mock.add_response(method=method, url=url, text=said)
        else:
            self._mock.add_exception(said, method=method, url=url)

    def count(self):
        return len(self._mock.get_requests())


class Aioresponses:
    """aioresponses: in the place of ``ClientSession._request``."""

    libraries = ("aiohttp",)

    def __init__(self, _):
        self._mock = aioresponses()

    def begun(self):
        return self._mock

    def will(self, method, url, said):
        as_ = "body" if isinstance(said, str) else "exception"
        self._mock.add(url, method=method, **{as_: said})

    def count(self):
        return sum(map(len, self._mock.requests.values()))


TOOLS = {
    "responses": Responses,
    "requests_mock": RequestsMock,
    "respx": Respx,
    "pytest_httpx": PytestHttpx,
    "aioresponses": Aioresponses,
}
