import gc
import weakref

import httpx

from ringback.client.install import install
from ringback.client.install.libraries import Integrations


class Transport:
    __hash__ = None

    def __eq__(self, other):
        return True


def test_a_transport_has_one_integration_and_another_one_another():
    integrations, first, second = Integrations(lambda _: object()), Transport(), Transport()
    assert integrations.of(first) is integrations.of(first)
    assert integrations.of(second) is not integrations.of(first)


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
