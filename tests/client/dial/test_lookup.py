import pickle
import socket

import pytest

from ringback import classify, explain
from ringback.client.dial.lookups import Lookup, LookupTimedOut


def made(call):
    lookup = Lookup(1, "a.test", call)
    lookup.run()
    return lookup


def test_a_call_raises_its_error_anew_for_each_who_waits():
    error = socket.gaierror(socket.EAI_AGAIN, "later")

    def call():
        raise error

    done = made(call)

    for _ in range(2):
        with pytest.raises(socket.gaierror, match="later") as caught:
            done.result()
        assert caught.value is not error
        assert caught.value.args == error.args


def test_it_is_a_resolver_error_and_a_timeout_and_named_so():
    error = LookupTimedOut(socket.EAI_AGAIN, "name lookup timed out after 2 s")

    assert isinstance(error, socket.gaierror)
    assert isinstance(error, TimeoutError)
    failure = classify(pickle.loads(pickle.dumps(error)))
    assert (failure.kind, failure.phase, failure.delivered) == ("dns.timed_out", "dns", "no")
    assert explain(str(error)).kind == "dns.timed_out"
    assert explain(f"Failed to resolve 'api.test' ({error})").kind == "dns.timed_out"
