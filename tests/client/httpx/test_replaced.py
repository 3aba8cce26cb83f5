"""What others have put in the place of a library's transport, its pool or its sockets is called."""

import functools
import importlib

import pytest

from ringback import errors, install
from ringback.client.original import OriginalMethod


@pytest.fixture
def core(integration):
    return importlib.import_module(integration.name.replace("httpx", "httpcore"))


@pytest.fixture
def method(integration):
    return "handle_async_request" if integration.asynchronous else "handle_request"


@pytest.fixture
def pool(integration, core, method):
    """The class of pools, and what sends by them."""
    return core.AsyncConnectionPool if integration.asynchronous else core.ConnectionPool, method


def answering(integration, made, seen):
    """A method that answers what ``made`` returns, or raises it."""

    def answer(self, request):
        seen.append(request)
        result = made()
        if isinstance(result, Exception):
            raise result
        return result

    async def answer_async(self, request):
        return answer(self, request)

    return answer_async if integration.asynchronous else answer


@pytest.mark.parametrize("what", ["transport", "pool"])
def test_what_is_replaced_answers(integration, client, core, pool, monkeypatch, what):
    seen = []
    owner, made = {
        "transport": (
            (type(integration.plain()), pool[1]),
            lambda: integration.library.Response(200, text="mocked"),
        ),
        "pool": (pool, lambda: core.Response(200, content=b"mocked")),
    }[what]
    with monkeypatch.context() as patch:
        patch.setattr(*owner, answering(integration, made, seen))
        assert client.get("http://nobody.invalid/").text == "mocked"
    assert len(seen) == 1


def test_a_pool_that_only_this_transport_has_answers(integration, policy, core, pool, lab):
    endpoint, seen = lab.listen(lambda connection: None), []
    made = lambda: core.Response(200, content=b"mocked")  # noqa: E731
    inner = integration.plain()
    client = integration.client(inner, policy=policy)
    cls, method = pool
    inner._pool = type("Mock", (cls,), {method: answering(integration, made, seen)})()
    assert client.get(endpoint.url).text == "mocked"
    assert (len(seen), len(endpoint.seen)) == (1, 0)


def test_a_network_backend_of_the_programs_own_is_used(integration, policy, core, lab):
    endpoint = lab.listen(lambda connection: None)
    said = [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", b"mocked"]
    inner = integration.plain()
    backend = core.AsyncMockBackend if integration.asynchronous else core.MockBackend
    inner._pool._network_backend = backend(said)
    assert integration.client(inner, policy=policy).get(endpoint.url).text == "mocked"
    assert len(endpoint.seen) == 0


def test_what_is_let_through_reaches_the_server_by_the_librarys_own_way(
    integration, client, method, lab, monkeypatch
):
    endpoint, seen = lab.start("ok"), []
    transport = type(integration.plain())
    original = getattr(transport, method)

    @functools.wraps(original)  # a name and a module say nothing of who wrote it
    def let_through(self, request):
        seen.append(request)
        return original(self, request)

    with monkeypatch.context() as patch:
        patch.setattr(transport, method, let_through)
        assert client.get(endpoint.url).status_code == 200
        assert client.get(endpoint.url).status_code == 200
    before = len(client._transport._inner._kept)
    assert client.get(endpoint.url).status_code == 200
    after = len(client._transport._inner._kept)
    assert (len(seen), before, after) == (2, 0, 1)


def test_what_a_mock_raises_is_judged_as_unknown_to_our_sockets(
    integration, client, method, lab, events, monkeypatch
):
    """None of our connections has sent a byte, which says nothing of whom the mock stands for."""
    endpoint, seen = lab.listen(lambda connection: None), []
    made = lambda: integration.library.ReadTimeout("timed out")  # noqa: E731
    transport = type(integration.plain())
    monkeypatch.setattr(transport, method, answering(integration, made, seen))
    with pytest.raises(errors.ReadTimeout) as caught:
        client.request("POST", endpoint.url, content=b"order")
    assert caught.value.failure.delivered == "maybe"
    assert len(seen) == len(events) == 1
    with pytest.raises(errors.ReadTimeout):
        client.get(endpoint.url)
    assert len(seen) == len(events) == 4


def test_a_transport_that_answers_by_itself_is_called_for_each_attempt(integration, policy):
    seen = []

    def handle(request):
        seen.append(request)
        if len(seen) < 3:
            raise integration.library.ConnectError("refused")
        return integration.library.Response(200, text="mocked")

    client = integration.client(integration.library.MockTransport(handle), policy=policy)
    assert client.get("http://orders.example/").text == "mocked"
    assert len(seen) == 3


def test_an_inner_transport_of_the_programs_own_is_called_once_under_install(
    integration, policy, lab, events
):
    endpoint, twice = lab.start("http.error.unavailable:503"), []
    inner = type("Own", (type(integration.plain()),), {})()
    client = integration.client(inner, policy=policy, sinks=[events.append])
    before = endpoint.requests
    with install(policy, retry=True, sinks=[twice.append]):
        assert client.get(endpoint.url).status_code == 503
    assert (endpoint.requests - before, len(events), twice) == (3, 3, [])


class Owner:
    def method(self):
        """Stands for a library's."""


@pytest.mark.parametrize("replaced", [None, object(), lambda: None, len])
def test_what_is_put_on_one_object_is_seen(replaced):
    original, owner = OriginalMethod(importlib.import_module(__name__), "method"), Owner()
    assert original.is_in(owner)
    owner.method = replaced
    assert not original.is_in(owner)
