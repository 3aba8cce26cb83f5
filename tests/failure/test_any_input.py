"""Whatever goes in, a ``Failure`` of a known kind comes out."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nightly import examples

from ringback import Failure, classify, explain
from ringback.failure import KINDS
from ringback.failure.classify import MAX_NODES, walk_exceptions
from ringback.failure.text.rules import RULES

NAMED = """
    OSError gaierror SSLError SSLCertVerificationError TimeoutError MaxRetryError ProxyError
    NewConnectionError RemoteProtocolError BadStatusLine IncompleteRead HTTPError ClientError
    InvalidHeader JSONDecodeError NoValidConnectionsError DNSError InvalidMessage EOFError
    ClientPayloadError ContentLengthError OverflowError ReadTimeout ConnectError Whatever
"""
ATTRIBUTES = """
    reason os_error errno strerror winerror verify_code verify_message library response request
    status status_code code kwargs pool conn host port url line expected partial length errors
    failure error_code args_ filename request_info certificate_error history message
"""
NAMES = st.sampled_from(NAMED.split())
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-20, 12000),
    st.text(max_size=40),
    st.binary(max_size=20),
    st.floats(),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    st.just(object()),
)
FIELDS = st.sampled_from(ATTRIBUTES.split())


def hostile(name, bases, raising):
    """A class whose named attributes and texts raise."""

    def raises(*_):
        raise ZeroDivisionError("hostile")

    body = {field: property(raises) for field in raising if field not in ("args_", "failure")}
    if "message" in raising:
        body |= {"__str__": raises, "__repr__": raises}
    return type(name, bases, body)


@st.composite
def graphs(draw):
    size = draw(st.integers(1, 12))
    nodes = [draw(exceptions()) for _ in range(size)]
    pick = st.integers(0, size - 1).map(nodes.__getitem__)
    for node in nodes:
        if draw(st.booleans()):
            node.__cause__ = draw(pick)
        if draw(st.booleans()):
            node.__context__ = draw(pick)
        if draw(st.booleans()):
            node.args = (draw(VALUES), draw(pick), [draw(pick)])
        if draw(st.booleans()):
            put(node, "reason", draw(pick))
    if draw(st.booleans()):
        return BaseExceptionGroup("several", nodes)
    return nodes[0]


@st.composite
def exceptions(draw):
    base = draw(st.sampled_from((Exception, OSError, ValueError, BaseException, RuntimeError)))
    raising = draw(st.frozensets(FIELDS, max_size=4))
    try:
        node = hostile(draw(NAMES), (base,), raising)(*draw(st.lists(VALUES, max_size=4)))
    except Exception:  # noqa: BLE001 - OSError looks at its own attributes
        node = base()
    for field in draw(st.lists(FIELDS, max_size=4)):
        put(node, field, draw(VALUES))
    return node


def put(node, field, value):
    try:
        setattr(node, field, value)
    except Exception:  # noqa: BLE001 - a read-only or hostile property
        node.__dict__[field] = value


@given(graphs())
@settings(max_examples=examples(200))
def test_any_graph_of_exceptions_is_a_failure_of_a_known_kind(exc):
    failure = classify(exc)
    assert isinstance(failure, Failure)
    assert failure.kind in KINDS
    assert failure.delivered in {"no", "maybe", "yes"}
    assert 0 <= failure.confidence <= 1
    assert "\n" not in failure.message
    assert failure.cause is exc or isinstance(getattr(exc, "failure", None), Failure)


@given(st.integers(1, 3000))
@settings(max_examples=examples(20))
def test_a_chain_of_any_length_is_walked_with_a_bound(length):
    inner = ConnectionRefusedError(111, "Connection refused")
    for _ in range(length):
        outer = RuntimeError("x" * 1000)
        outer.__cause__ = inner
        inner = outer
    assert len(walk_exceptions(inner)) <= MAX_NODES
    expected = "tcp.refused" if length < MAX_NODES else "unknown"
    assert classify(inner).kind == expected


@pytest.mark.parametrize("text", ["(" * 100_000, '"' * 100_000, "a" * 1_000_000, "\x00" * 100_000])
def test_a_huge_message_has_a_kind(text):
    assert classify(OSError(text)).kind in KINDS


def test_a_cycle_ends():
    first, second = RuntimeError("first"), ConnectionResetError(104, "reset")
    first.__cause__, second.__cause__ = second, first
    assert classify(first).kind == "tcp.reset"
    assert classify(second).kind == "tcp.reset"


def test_what_a_hostile_text_hides_does_not_hide_the_number():
    class RefusedError(ConnectionRefusedError):
        def __str__(self):
            raise ZeroDivisionError

    failure = classify(RefusedError(111, "x"))
    assert failure.kind == "tcp.refused"
    assert failure.message == "RefusedError"


def test_no_client_library_is_imported():
    code = (
        "import sys, socket\n"
        "from ringback import classify\n"
        "for name in ('MaxRetryError', 'ReadTimeout', 'ClientConnectorError', 'ConnectError'):\n"
        "    classify(type(name, (OSError,), {})('timed out'))\n"
        "clients = {'requests', 'urllib3', 'httpx', 'httpcore', 'aiohttp', 'botocore', 'dns',\n"
        "           'redis', 'pymongo', 'psycopg', 'paramiko', 'websockets', 'click', 'rich'}\n"
        "print(sorted(clients & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


FRAGMENTS = [
    *[rule.needle for rule in RULES][::7],
    "Traceback (most recent call last):",
    '  File "a.py", line 1, in connect',
    "During handling of the above exception, another exception occurred:",
    "[Errno 111] ",
    "(Caused by ",
    "\n",
    "ProxyError('",
    "https://u:p@h:1/?q",
]


@given(
    st.text(max_size=2000)
    | st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=20), max_size=40).map("".join)
)
def test_any_text_has_one_known_explanation(text):
    explanation = explain(text)

    start, end = explanation.span
    assert explanation.kind in KINDS
    assert 0 <= explanation.confidence <= 1
    assert 0 <= start <= end <= len(text)
    assert explanation.evidence == text[start:end]
    assert explanation.delivered in {"no", "maybe", "yes"}
    assert "u:p@" not in (explanation.target.url or "")


@given(st.binary(max_size=2000))
def test_any_bytes_read_as_text(raw):
    assert explain(raw.decode("utf-8", "surrogateescape")).kind in KINDS
    assert explain(raw.decode("latin-1")).kind in KINDS
