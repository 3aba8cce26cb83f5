import gc
import weakref

import httpx

from ringback.client.install import install
from ringback.client.install.libraries import Integrations


class Transport:
    __hash__ = None

    def __eq__(self, other):
        return True


def test_a_transport_has_one_door_and_another_one_another():
    doors, one, other = Integrations(lambda _: object()), Transport(), Transport()
    assert doors.of(one) is doors.of(one)
    assert doors.of(other) is not doors.of(one)


def test_a_door_goes_with_its_transport():
    class Door:
        pass

    doors, transport = Integrations(lambda _: Door()), Transport()
    door = weakref.ref(doors.of(transport))
    gc.disable()
    try:
        del transport
        assert door() is None
    finally:
        gc.enable()


def test_a_door_that_took_the_place_of_a_dead_ones_is_another():
    doors = Integrations(lambda _: object())
    seen = [doors.of(Transport()) for _ in range(100)]
    assert len({id(door) for door in seen}) == 100


def test_under_a_program_nothing_is_kept_that_the_program_lets_go(lab):
    url = lab.start("ok").url
    with install(sinks=[]):
        client = httpx.Client(trust_env=False)
        assert client.get(url).status_code == 200
        assert client.get(url).status_code == 200
        transport = weakref.ref(client._transport)
        client.close()
        gc.collect()  # httpx has cycles of its own
        gc.disable()
        try:
            client._transport = None
            assert transport() is None
        finally:
            gc.enable()
