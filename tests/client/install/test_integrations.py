import gc
import weakref

import httpx

from ringback.client.install import install


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
