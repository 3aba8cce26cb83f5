"""What others have put in the place of a function of urllib3's pools is called for each attempt."""

import pytest
import urllib3
from urllib3.exceptions import ProtocolError

from ringback import Backoff, Policy, Session, errors
from ringback.client.urllib3 import PoolManager

POLICY = Policy(backoff=Backoff(base=0), budget=None, breaker=None)


def by_pool_manager(url):
    return PoolManager(policy=POLICY, sinks=[]).request("GET", url)


def by_session(url):
    with Session(policy=POLICY, sinks=[]) as session:
        session.trust_env = False
        return session.get(url)


@pytest.mark.parametrize("name", ["urlopen", "_make_request"])
@pytest.mark.parametrize("get", [by_pool_manager, by_session])
def test_a_function_of_a_pool_that_is_replaced_is_called(get, name, lab, monkeypatch):
    endpoint, seen = lab.listen(lambda connection: None), []

    def replaced(self, *args, **options):
        seen.append(self)
        raise ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer"))

    monkeypatch.setattr(urllib3.HTTPConnectionPool, name, replaced)
    with pytest.raises(errors.ConnectionReset) as caught:
        get(endpoint.url)
    assert (len(seen), len(caught.value.attempts)) == (3, 3)
    assert len(endpoint.seen) == 0
