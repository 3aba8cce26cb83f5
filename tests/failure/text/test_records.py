import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback import explain
from ringback.failure.text.explain import MAX_GROUPS, Log
from ringback.failure.text.records import MAX_RECORD_LENGTH, records

TRACEBACK = """\
Traceback (most recent call last):
  File "shop.py", line 7, in fetch
    connect()
{error}
"""
REFUSED = "ConnectionRefusedError: [Errno 111] Connection refused"
UNKNOWN_NAME = "socket.gaierror: [Errno -2] Name or service not known"


def split(text):
    return list(records(text.splitlines(keepends=True)))


@pytest.mark.parametrize(
    "head",
    [
        "2026-11-20 10:00:00,123 ERROR shop: ",
        "2026-11-20T10:00:00.123456Z stderr F ",
        "[2026-11-20 10:00:00 +0000] [7] [ERROR] ",
        "Nov 20 10:00:00 host shop[12]: ",
        "10:00:00 ",
        "E1120 10:00:00.123456       1 server.go:12] ",
        "ERROR: ",
        "[error] ",
        'time="2026-11-20T10:00:00Z" level=error msg=',
        "<11>Nov 20 10:00:00 shop: ",
        "web_1  | ",
        "0|api  | ",
        "1|jobs | 2026-11-20T10:00:00: ",
        "1763633410.118    130 10.0.0.9 TCP_MISS/200 ",
        "shop-1  | 2026-11-20 10:00:00 ",
        "1732096800.123 ",
        "E, [2026-11-20T10:00:00.301 #21] ERROR -- : ",
        "10.0.0.7 - - [20/Nov/2026:10:00:00 +0000] ",
        "14m         Normal    Pulling   ",
        "9m58s (x4 over 12m)  Warning   Failed   ",
        "  Warning  Unhealthy  2m (x4 over 5m)  ",
        "fatal: [web1.test]: ",
        "TASK [install] ",
        "Err:1 ",
        "W: ",
        "$ ",
        "2026-11-23T10:00:00.000Z\tERROR\tmain\t",
        "11-23 10:00:00.123  1234  1234 E AndroidRuntime: ",
        "E/OkHttp  ( 1234): ",
        "812:S 04 Feb 2026 06:25:01.337 # ",
        "Nov 23, 2026 10:00:00 AM shop.Fetch warn ",
        "11/23/2026 10:00:00 AM ",
        "23-Nov-2026 10:00:00.123 SEVERE [main] ",
        "fail: Shop.Fetch[0] ",
        "[12345.678901] nfs: ",
        "%3|1718035200.123|FAIL|rdkafka#producer-1| ",
        "*Nov 23 10:00:00.123: %LINK-3-UPDOWN: ",
        "date=2026-11-23 time=10:00:00 ",
        "[E 261123 10:00:00 web:1] ",
        "ERRO[0012] ",
        "10:00AM INF ",
        "1629037506: ",
        "\x1b[31mERROR\x1b[0m ",
    ],
)
def test_a_line_with_a_head_begins_a_record(head):
    assert [record.text for record in split(f"{head}one\n{head}two\n")] == [
        f"{head}one\n",
        f"{head}two\n",
    ]


def test_a_json_object_is_a_record():
    lines = '{"level": "error", "msg": "refused"}\n', '{"level": "info", "msg": "well"}\n'

    assert [record.text for record in split("".join(lines))] == list(lines)


def test_what_continues_belongs_to_the_record_before():
    text = (
        "10:00:00 ERROR java.io.IOException: failed\n"
        "\tat shop.Fetch.run(Fetch.java:7)\n"
        "Caused by: java.net.ConnectException: Connection refused\n"
        "\t... 12 more\n"
        "\n"
        " ---> System.Net.Sockets.SocketException: refused\n"
        "   --- End of inner exception stack trace ---\n"
    )

    assert len(split(text)) == 1
    assert len(split(f"{text}10:00:01 INFO well\n")) == 2


@pytest.mark.parametrize("head", ["", "Nov 20 10:00:00 host shop[12]: ", "web_1  | "])
def test_a_chained_traceback_is_one_record_whatever_stands_before_its_lines(head):
    chained = "\nDuring handling of the above exception, another exception occurred:\n\n"
    text = TRACEBACK.format(error=REFUSED) + chained + TRACEBACK.format(error="KeyError: 1")
    whole = "".join(head + line for line in text.splitlines(keepends=True))
    other = "".join(head + line for line in TRACEBACK.format(error=UNKNOWN_NAME).splitlines(True))

    assert [record.line for record in split(whole + other)] == [1, 12]


def test_a_traceback_belongs_to_the_error_that_it_was_logged_with():
    text = "10:00:00 ERROR cannot fetch\n" + TRACEBACK.format(error=REFUSED)

    assert len(split(text)) == 1
    assert len(split(text.replace("ERROR", "INFO"))) == 2


def test_a_record_knows_its_line_place_time_and_severity():
    text = "starting\n2026-11-20 10:00:00 WARN slow\n\tfor 3 s\n2026-11-20 10:00:01 FATAL gone\n"

    found = split(text)

    assert [(record.line, record.time, record.severity) for record in found] == [
        (1, "", 3),
        (2, "2026-11-20 10:00:00", 2),
        (4, "2026-11-20 10:00:01", 4),
    ]
    assert all(text.startswith(record.text, record.start) for record in found)


@pytest.mark.parametrize(
    ("head", "severity"),
    [
        ("2026-11-23T10:00:00Z\tinfo\tmain\t", 1),
        ("D/OkHttp  ( 1234): ", 0),
        ("W/OkHttp  ( 1234): ", 2),
        ("WARN[0012] ", 2),
        ("10:00AM DBG ", 0),
        ("10:00AM FTL ", 4),
        ("[12345.678901] ", 3),
    ],
)
def test_how_severe_a_record_is_stands_in_its_head(head, severity):
    assert [record.severity for record in split(f"{head}one\n")] == [severity]


def test_what_came_before_a_silence_is_whole():
    first, second = records(["10:00:00 one\n", None, "\ttwo\n", None, None])

    assert (first.text, second.text, second.line) == ("10:00:00 one\n", "\ttwo\n", 2)


@given(st.lists(st.text(max_size=40).map(lambda line: line.replace("\n", "") + "\n"), max_size=20))
def test_no_character_is_lost(lines):
    found = list(records(lines))

    assert "".join(record.text for record in found) == "".join(lines)
    assert [record.start for record in found] == sorted({record.start for record in found})


def test_a_record_without_an_end_is_cut():
    found = list(records("\tand on\n" for _ in range(100_000)))

    assert all(len(record.text) <= MAX_RECORD_LENGTH + 10 for record in found)


# What a log says.


def test_what_is_told_as_information_is_a_failure_only_where_it_says_so():
    passing = "INFO: connection closed\n"

    assert explain(passing).kind == "not_a_connection_failure"
    assert explain(passing.replace("INFO", "ERROR")).kind == "tcp.closed"
    assert explain("INFO: http://a.test/ Connection refused\n").kind == "tcp.refused"


def told(text):
    return [
        (group.first.kind, group.first.target.host, group.count) for group in explain(text).failures
    ]


ACCESS = '10.0.0.9 - - [20/Nov/2026:10:00:{:02} +0000] "GET /{} HTTP/1.1" {} 9 "-" "-"\n'


def test_what_clients_of_a_server_were_answered_is_no_failure():
    statuses = 200, 401, 403, 404, 429, 500
    log = "".join(ACCESS.format(n % 60, n, statuses[n % 6]) for n in range(3_000))

    assert explain(log).kind == "not_a_connection_failure"
    assert told(log + ACCESS.format(0, "x", 504)) == [("http.error.gateway", None, 1)]


def test_that_a_gateway_answered_for_a_server_is_not_told_beside_how_it_failed():
    failed = "10:00:00 ERROR http://a.test/ Connection refused\n"
    gateway = ACCESS.format(0, "x", 502) + ACCESS.format(1, "y", 503)

    assert {kind for kind, _, _ in told(gateway)} == {
        "http.error.gateway",
        "http.error.unavailable",
    }
    assert told(gateway + failed) == [("tcp.refused", "a.test", 1)]


def test_an_echo_of_a_failure_is_not_another():
    log = (
        "10:00:00 ssh: connect to host nas port 22: No route to host\n"
        "10:00:00 rsync: connection unexpectedly closed (0 bytes received so far) [sender]\n"
        "10:00:00 rsync error: unexplained error (code 255) at io.c(228) [sender=3.2.7]\n"
    )
    alone = log.partition("\n")[2]

    assert told(log) == [("tcp.address_unreachable.host", "nas", 1)]
    assert told(alone) == [("tcp.closed", None, 1)]


@pytest.mark.parametrize(
    ("before", "failure", "kind", "host"),
    [
        (
            "10:00:00 UDPv4 link remote: [AF_INET]10.0.0.7:1194\n",
            "10:01:00 TLS Error: TLS key negotiation failed to occur within 60 seconds\n",
            "tls.timed_out",
            "10.0.0.7",
        ),
        (
            "$ pip install flask\nLooking in indexes: https://pypi.test/simple\n",
            "WARNING: Retrying (Retry(total=4)): [Errno 111] Connection refused: /simple/flask/\n",
            "tcp.refused",
            "pypi.test",
        ),
    ],
)
def test_whom_a_program_calls_it_may_have_said_before(before, failure, kind, host):
    assert told(before + "10:00:00 INFO well\n" + failure) == [(kind, host, 1)]
    assert told(failure) == [(kind, None, 1)]


def test_of_a_log_every_failure_is_told_and_how_often():
    text = (
        "10:00:00 INFO starting\n"
        "10:00:01 WARNING cache http://cache.test/ Connection refused\n"
        "10:00:02 ERROR http://pay.test/ Name or service not known\n"
        "10:00:03 ERROR http://pay.test/ Name or service not known\n"
        "10:00:04 WARNING cache http://cache.test/ Connection refused\n"
        "10:00:05 INFO well\n"
    )

    said = explain(text)

    assert [
        (group.first.kind, group.first.target.host, group.count, group.lines, group.times)
        for group in said.failures
    ] == [
        ("tcp.refused", "cache.test", 2, (2, 5), ("10:00:01", "10:00:04")),
        ("dns.name_not_resolved", "pay.test", 2, (3, 4), ("10:00:02", "10:00:03")),
    ]
    assert (said.kind, said.target.host) == ("dns.name_not_resolved", "pay.test")  # more severe
    start, end = said.span
    assert text[start:end] == said.evidence
    assert text.index("10:00:02") < start < text.index("10:00:03")


def test_what_is_said_of_a_record_comes_from_it_alone():
    text = (
        "10:00:00 ERROR OSError: [Errno 28] No space left on device\n"
        "10:00:01 ERROR aiohttp proxy http://proxy.test:3128 answered\n"
        "10:00:02 ERROR requests.exceptions.ReadTimeout: http://pay.test/ Read timed out.\n"
    )

    said = explain(text)

    assert said.kind == "http.response.timed_out"
    assert (said.library, said.target.host, said.target.proxy) == ("requests", "pay.test", None)
    assert said.delivered == "maybe"


def test_of_lines_that_differ_in_digits_alone_each_that_fails_is_found():
    line = "10:00:00 shop: order {0} took {0} ms\n10:00:00 shop: http status {0} of a.test:443\n"

    log = "".join(line.format(number) for number in (200, 201, 202, 503, 203, 204, 429, 205))

    assert told(log) == [
        ("http.error.unavailable", "a.test", 1),
        ("http.error.rate_limited", "a.test", 1),
    ]


def test_failures_without_end_are_counted_by_kind():
    log = Log()
    lines = (f"10:00:00 ERROR http://h{n}.test/ Connection refused\n" for n in range(3_000))

    for record in records(lines):
        log.take(record)

    groups = log.explanation().failures
    assert len(groups) == MAX_GROUPS + 1
    assert sum(group.count for group in groups) == 3_000


@pytest.mark.nightly
def test_the_memory_that_a_log_takes_does_not_grow_with_it():
    def peak(count):
        lines = (
            f"10:00:00 ERROR {n:x} http://h{n}.test/ Connection refused\n" for n in range(count)
        )
        log = Log()
        tracemalloc.start()
        for record in records(lines):
            log.take(record)
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held

    assert peak(40_000) < 1.2 * peak(20_000)
