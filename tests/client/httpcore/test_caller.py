"""What the client above a transport wants."""

import httpx
import pytest

from ringback.client.httpcore.exchange import Caller, caller


class Asking(httpx.BaseTransport):
    """Notes what is known of the client."""

    def __init__(self):
        self.found = []

    def handle_request(self, request):
        self._ask("seen" in request.extensions)
        request.extensions["seen"] = True
        moved = {"Location": "/next"} if request.url.path == "/moved" else {}
        return httpx.Response(302 if moved else 200, headers=moved, content=b"body")

    def _ask(self, following):
        self.found.append(caller("httpx", following=following))


class Around(httpx.BaseTransport):
    """A transport around a transport, as others make them."""

    def __init__(self, inner):
        self.inner = inner

    def handle_request(self, request):
        return self.inner.handle_request(request)


@pytest.fixture
def asking():
    return Asking()


@pytest.fixture
def client(asking):
    with httpx.Client(transport=Around(asking), base_url="http://localhost") as one:
        yield one


def test_a_call_has_its_body_read(client, asking):
    client.get("/")
    assert asking.found == [Caller(streams=False, redirected=False)]


def test_a_stream_has_not(client, asking):
    with client.stream("GET", "/") as response:
        response.read()
    assert asking.found == [Caller(streams=True, redirected=False)]


def test_a_redirect_belongs_to_its_call(client, asking):
    client.get("/moved", follow_redirects=True)
    assert [asked.redirected for asked in asking.found] == [False, True]


def test_a_request_sent_once_more_is_a_new_call(client, asking):
    request = client.build_request("GET", "/")
    client.send(request)
    client.send(request)
    assert [asked.redirected for asked in asking.found] == [False, False]


def test_without_a_client_nothing_is_known(asking):
    asking.handle_request(httpx.Request("GET", "http://localhost/"))
    assert asking.found == [Caller(streams=True, redirected=False)]


def test_a_function_of_the_same_name_is_no_client(asking):
    def send(stream):
        asking.handle_request(httpx.Request("GET", "http://localhost/"))

    send(stream=False)
    assert asking.found == [Caller(streams=True, redirected=False)]
