import ssl
from collections import OrderedDict
from contextlib import ExitStack
from importlib.util import find_spec

import pytest

from ringback import Backoff, Policy, Session, Timeout
from ringback.client import origins
from ringback.client.trust import context as contexts
from ringback.event import listen
from ringback.retry import line
from ringback.sink import flush
from ringback.testing.lab import Lab
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.message import serve
from ringback.testing.lab.proxy import proxy

# The packages that it is about are in an environment of noxfile.py.
collect_ignore = [] if find_spec("aiobotocore") else ["install/test_sdks.py"]


@pytest.fixture(autouse=True)
def _nothing_known():
    """What another test had dead, at a port that the kernel has given out again, is new."""
    origins.forget()


@pytest.fixture
def lab():
    with Lab() as running:
        yield running


@pytest.fixture
def policy():
    """Three attempts without a wait; limits of time are for the tests that are about them."""
    return Policy(backoff=Backoff(base=0), timeout=Timeout(connect=30, read=30))


@pytest.fixture
def events():
    found = []
    yield found
    found.clear()  # a failure has a cause, that has frames, and those have sockets


@pytest.fixture
def open_session(events):
    """Makes sessions that know nothing of the environment."""
    with ExitStack() as stack:

        def make(policy, **options):
            one = stack.enter_context(Session(policy=policy, sinks=[events.append], **options))
            one.trust_env = False
            return one

        yield make


@pytest.fixture
def session(open_session, policy):
    return open_session(policy)


@pytest.fixture
def target(lab):
    return lab.listen(serve)


@pytest.fixture
def expired(lab):
    return secured("expired")(lab)


@pytest.fixture
def works(lab):
    """A proxy."""
    return lab.listen(proxy)


@pytest.fixture
def dead(lab):
    """A port for a proxy that is not there."""
    return lab.reserve().endpoint


@pytest.fixture
def lenient():
    """The option of OpenSSL 3 with which a cut TLS stream looks as if it had ended."""
    if not hasattr(ssl, "OP_IGNORE_UNEXPECTED_EOF"):
        pytest.skip("this OpenSSL has no such option")
    return ssl.OP_IGNORE_UNEXPECTED_EOF


@pytest.fixture
def lenient_python(lenient, monkeypatch):
    """Python as it was before 3.11.3: it sets that option on every context."""
    make = ssl.SSLContext.__new__

    def made(cls, *args, **options):
        context = make(cls, *args, **options)
        context.options |= lenient
        return context

    monkeypatch.setattr(ssl.SSLContext, "__new__", staticmethod(made))
    monkeypatch.setattr(contexts, "_MADE", OrderedDict())


@pytest.fixture
def quick_tries(monkeypatch):
    """Whoever stands first in the line of an outage tries again soon."""
    monkeypatch.setattr(line, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(line, "_TICK", 0.05)


@pytest.fixture
def patient(monkeypatch):
    """Callers wait until whoever is quick has been told, however busy the machine is."""
    monkeypatch.setattr(listen, "POST_TIMEOUT", 60.0)


@pytest.fixture
def logged(caplog):
    """Returns what was logged so far: the levels of ringback's lines, and everybody's text.

    Another thread writes the lines, and on a busy machine a call goes on before it has; and other
    loggers speak as well, asyncio's of what an earlier test left behind.
    """

    def read():
        assert flush(60.0)
        ours = [record for record in caplog.records if record.name == "ringback"]
        return [record.levelname for record in ours], caplog.text

    return read
