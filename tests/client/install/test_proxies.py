"""A proxy that is dead is no reason to refuse calls that do not go through it."""

import pytest
from client.callers import (
    plain_aiohttp,
    plain_httpx,
    plain_httpx_async,
    plain_requests,
)

from ringback import Breaker, Policy, errors
from ringback.client.install import install

LASTING = Breaker(consecutive=1, sustained=0.0, open_for=60, open_cap=60)
HASTY = Policy(attempts=1, breaker=LASTING)


@pytest.mark.parametrize("get", [plain_requests, plain_httpx, plain_httpx_async, plain_aiohttp])
def test_a_dead_proxy_refuses_only_what_goes_plain_it(lab, get):
    service, proxy = lab.start("ok").url, lab.start("tcp.refused").url
    with install(HASTY, retry=True, sinks=[]):
        with pytest.raises(errors.RingbackError) as caught:
            get(service, proxy=proxy)
        assert not isinstance(caught.value, errors.CircuitOpen)
        with pytest.raises(errors.CircuitOpen):
            get(service, proxy=proxy)

        assert get(service) == 200
