import traceback

import pytest
import requests

from ringback import classify, explain

POOL = (
    "HTTPSConnectionPool(host='api.example.org', port=443): "
    "Max retries exceeded with url: /v1/x?key=1"
)


def test_the_words_that_decided_are_where_the_span_says():
    text = "10:00 worker: <urlopen error [Errno 111] Connection refused>"

    explanation = explain(text)

    start, end = explanation.span
    assert explanation.kind == "tcp.refused"
    assert text[start:end] == explanation.evidence == "[Errno 111"


def test_the_span_points_into_the_text_as_given_however_it_was_quoted_and_wrapped():
    text = "> ssl.SSLError: certificate verify failed: certificate\n>    has expired (_ssl.c:1)\n"

    start, end = explain(text).span

    assert text[start:end] == "certificate\n>    has expired"


def test_of_chained_tracebacks_the_root_wins():
    text = f"""Traceback (most recent call last):
  File "/usr/lib/python3.11/socket.py", line 955, in getaddrinfo
    for res in _socket.getaddrinfo(host, port, family, type, proto, flags):
socket.gaierror: [Errno -2] Name or service not known

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "app.py", line 1, in <module>
requests.exceptions.ConnectionError: {POOL} (Caused by something)

During handling of the above exception, another exception occurred:

KeyError: 'result'
"""

    explanation = explain(text)

    assert explanation.kind == "dns.name_not_resolved"
    assert explanation.target.host == "api.example.org"


def test_the_frames_of_a_pasted_traceback_show_the_phase():
    def pasted(file, function):
        return (
            "Traceback (most recent call last):\n"
            f'  File "/usr/lib/python3.11/{file}", line 1, in {function}\n'
            "ConnectionResetError: [Errno 104] Connection reset by peer"
        )

    assert explain(pasted("ssl.py", "do_handshake")).phase == "tls"
    assert explain(pasted("ssl.py", "do_handshake")).delivered == "no"
    assert explain(pasted("http/client.py", "_read_status")).delivered == "maybe"
    assert explain(pasted("http/client.py", "_safe_read")).delivered == "yes"


def test_what_happened_on_the_way_to_a_proxy_is_the_proxys_failure():
    inner = "NewConnectionError('<x>: Failed to connect: [Errno 111] Connection refused')"

    direct = explain(f"{POOL} (Caused by {inner})")
    proxied = explain(f"{POOL} (Caused by ProxyError('Unable to connect to proxy', {inner}))")

    assert (direct.kind, direct.via) == ("tcp.refused", None)
    assert (proxied.kind, proxied.via) == ("proxy.unreachable", "tcp.refused")


def test_where_a_frame_is_says_what_its_source_does_not():
    text = (
        "Traceback (most recent call last):\n"
        '  File "/srv/app.py", line 3, in load\n'
        "    return fetched(url, timeout=5)\n"
        '  File "/venv/lib/httpx/_models.py", line 832, in json\n'
        "    return jsonlib.loads(self.content, **kwargs)\n"
        "json.decoder.JSONDecodeError: Unterminated string starting at: line 1 column 7 (char 6)\n"
    )
    assert explain(text).kind == "http.response.unexpected_content"
    elsewhere = text.replace("models.py", "shop.py").replace("in json", "in of_json")
    assert explain(elsewhere).kind == "not_a_connection_failure"


def test_credentials_and_query_stay_out_of_the_target():
    target = explain(
        "https://user:hunter2@db.example:8443/p?token=s3cret: Connection refused"
    ).target

    assert target.url == "https://db.example:8443/p"
    assert "hunter2" not in repr(target)
    assert "s3cret" not in repr(target)


def test_several_causes_named_as_strongly_lower_the_confidence():
    one = explain("[Errno 111] Connection refused")
    two = explain("[Errno 111] Connection refused\n[Errno 113] No route to host")

    assert one.kind == two.kind == "tcp.refused"
    assert two.confidence < one.confidence


def test_an_explanation_knows_its_kinds_page():
    explanation = explain("[Errno 111] Connection refused")

    assert explanation.layer == "tcp"
    assert explanation.retry == "backoff"
    assert explanation.meaning
    assert explanation.advice


def test_a_real_traceback_is_explained_as_its_exception_is_classified(unused_port):
    try:
        requests.get(f"http://127.0.0.1:{unused_port}/path", timeout=5)
    except requests.ConnectionError as exc:
        failure, text = classify(exc), "".join(traceback.format_exception(exc))

    explanation = explain(text)

    assert explanation.kind == failure.kind == "tcp.refused"
    assert explanation.target.port == failure.target.port == unused_port
    assert explanation.library == "requests"


def test_a_long_text_is_read_in_parts():
    noise = "all is well\n" * 100_000
    text = f"{noise}socket.timeout\n[Errno 111] Connection refused\n{noise}"

    explanation = explain(text)

    start, end = explanation.span
    assert explanation.kind == "tcp.refused"
    assert text[start:end] == "[Errno 111"


def test_ringbacks_own_note_is_believed():
    text = (
        "requests.exceptions.ReadTimeout: x\nringback: tls.timed_out: The handshake took too long."
    )

    assert explain(text).kind == "tls.timed_out"


NO_ANSWER = "RemoteDisconnected('Remote end closed connection without response')"
RESET = "ConnectionResetError(104, 'Connection reset by peer')"


@pytest.mark.parametrize(
    ("record", "other", "delivered"),
    [
        # what another record says of a connection, a lookup or a tunnel is not said of this one
        ("ERROR pay: TimeoutError: timed out", "INFO stock: NewConnectionError(…)", "maybe"),
        (f"ERROR pay: {NO_ANSWER}", 'INFO   File "http/client.py", line 9, in _tunnel', "maybe"),
        (f"ERROR pay: {RESET}", "INFO Cannot connect to proxy", "maybe"),
        # nor is what it says itself forgotten
        ("ERROR pay: [Errno 111] Connection refused", "INFO stock: timed out", "no"),
        ("ERROR pay: IncompleteRead(4 bytes read, 6 more expected)", "INFO connecting", "yes"),
    ],
)
@pytest.mark.parametrize("begin", ["2026-11-20 10:00:0{} ", "Nov 20 10:00:0{} shop ", ""])
@pytest.mark.parametrize("first", [True, False])
def test_whether_it_was_delivered_is_said_by_its_own_record(record, other, delivered, begin, first):
    lines = [record, other] if first else [other, record]
    text = "\n".join(begin.format(i) + line for i, line in enumerate(lines))

    assert explain(text).delivered == delivered


def test_words_of_two_records_say_nothing_together():
    text = "10:00:01 INFO connection to stock:80\n10:00:02 ERROR POST http://pay/ timed out"

    assert "connection" not in explain(text).evidence


@pytest.mark.parametrize("inner", [NO_ANSWER, RESET, "TimeoutError('timed out')"])
@pytest.mark.parametrize("wrapper", ["ProxyError('Unable to connect to proxy', {})",
                                     "('Cannot connect to proxy.', {})"])  # fmt: skip
def test_what_urllib3_calls_unable_to_connect_may_have_gone_through_the_proxy(wrapper, inner):
    assert explain(f"{POOL} (Caused by {wrapper.format(inner)})").delivered == "maybe"


def test_a_traceback_shows_that_the_request_before_a_redirect_was_delivered():
    error = '  File "requests/sessions.py", line 9, in {}\nConnectionRefusedError: [Errno 111] x'

    assert explain(f"Traceback\n{error.format('send')}").delivered == "no"
    assert explain(f"Traceback\n{error.format('resolve_redirects')}").delivered == "yes"


def test_a_traceback_on_the_border_of_two_parts_is_whole_in_one():
    cause = "[Errno 111] Connection refused"
    text = "error " * 16_664 + cause + " error" * 20_000

    assert explain(text).kind == "tcp.refused"
