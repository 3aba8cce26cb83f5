import asyncio
import socket
import urllib.request

import pytest

from ringback import classify
from ringback.testing.lab import Lab


@pytest.fixture
def refusing():
    with Lab() as lab:
        yield lab.reserve().endpoint


def target_of(call, *arguments):
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the class differs by library
        call(*arguments)
    return classify(caught.value).target


def test_a_socket_names_no_target_but_its_function_held_one(refusing):
    target = target_of(socket.create_connection, (refusing.host, refusing.port), 1)
    assert (target.host, target.port) == (refusing.host, refusing.port)
    assert target.address == refusing.host


def test_asyncio_held_the_name_and_named_the_address(refusing):
    target = target_of(asyncio.run, asyncio.open_connection("localhost", refusing.port))
    assert (target.host, target.port) == ("localhost", refusing.port)


def test_urllib_held_the_request_without_its_secrets(refusing):
    target = target_of(urllib.request.urlopen, refusing.url + "path?token=hunter2#x")
    assert target.url == refusing.url + "path"
    assert (target.scheme, target.host, target.port) == ("http", refusing.host, refusing.port)


def test_a_caller_knows_better(refusing):
    with pytest.raises(ConnectionRefusedError) as caught:
        socket.create_connection((refusing.host, refusing.port), 1)
    known = target_of(socket.create_connection, (refusing.host, refusing.port), 1)
    given = type(known)(host="given.test")
    assert classify(caught.value, target=given).target.host == "given.test"
