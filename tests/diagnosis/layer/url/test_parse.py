import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis.context import DiagnosisContext, Options
from ringback.diagnosis.layer.url import MEANT, parse_target, read_url
from ringback.failure import KINDS


def meant(text):
    return [p.removeprefix(MEANT) for p in parse_target(text).problems if p.startswith(MEANT)]


@pytest.mark.parametrize(
    ("text", "target", "spoken"),
    [
        ("https://a.example", ("https", "a.example", 443, "/"), ("http", True)),
        ("HTTP://a.example:8080/a?b=c#d", ("http", "a.example", 8080, "/a"), ("http", False)),
        ("https://[2001:db8::1]:8443/x", ("https", "2001:db8::1", 8443, "/x"), ("http", True)),
        ("tcp://db:5432", ("tcp", "db", 5432, "/"), ("none", False)),
        ("tls://mail", ("tls", "mail", 443, "/"), ("none", True)),
        ("dns://a.example", ("dns", "a.example", 0, "/"), ("dns", False)),
        ("postgres://db/shop", ("postgres", "db", 5432, "/shop"), ("postgres", False)),
        ("rediss://cache", ("rediss", "cache", 6379, "/"), ("redis", True)),
    ],
)
def test_a_url_is_taken_apart(text, target, spoken):
    asked = parse_target(text)

    assert (asked.scheme, asked.host, asked.port, asked.path) == target
    assert (asked.protocol, asked.tls) == spoken
    assert (asked.kind, asked.problems) == (None, ())


@pytest.mark.parametrize(
    ("text", "as_url"),
    [
        ("example.com", "https://example.com"),
        ("example.com/x", "https://example.com/x"),
        ("example.com:8080", "tcp://example.com:8080"),
        ("localhost:8000/x", "http://localhost:8000/x"),
        ("example.com:443/x", "https://example.com:443/x"),
        ("redis:6379", "tcp://redis:6379"),
        ("[::1]:80", "tcp://[::1]:80"),
        ("::1", "https://[::1]"),
        ("192.0.2.1:22", "tcp://192.0.2.1:22"),
    ],
)
def test_a_missing_scheme_is_guessed_and_noted(text, as_url):
    asked = parse_target(text)

    assert (asked.text, asked.kind) == (as_url, None)
    assert "no scheme is given" in asked.problems[0]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("http//example.com/x", "http://example.com/x"),
        ("https;//example.com/", "https://example.com/"),
        ("http:/example.com", "http://example.com"),
        ("http:example.com", "http://example.com"),
        ("http:///example.com/x", "http://example.com/x"),
        ("http://http://example.com/", "http://example.com/"),
        ("https://http://example.com/", "http://example.com/"),
        (r"http:\\example.com\x", "http://example.com/x"),
        ("https://exam ple.com/", "https://example.com/"),
        ("https://example.com\n", "https://example.com"),
        ('"https://example.com/"', "https://example.com/"),
        ("https://example.com,", "https://example.com"),
        ("https://example.com)", "https://example.com"),
        ("https://a..b/", "https://a.b/"),
        ("https://::1/", "https://[::1]/"),
        ("https://[::1", "https://[::1]"),
        ("https://[192.0.2.1]/", "https://192.0.2.1/"),
    ],
)
def test_a_slip_is_named_and_what_was_meant_is_recorded(text, hint):
    assert parse_target(text).kind == "url.invalid"
    assert meant(text) == [hint]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "http://",
        "https://host:0",
        "https://host:65536",
        "https://host:abc",
        "https://host:٣",
        "https://host:80:80",
        "https://{host}/",
        "https://$HOST/",
        "https://ex%61mple.com/",
        "https://256.1.1.1/",
        "https://[::1]x/",
        f"https://{'a' * 64}.com",
        f"https://{'a.' * 127}com",
        "tcp://host",
        "postgres:///db",
    ],
)
def test_what_cannot_be_repaired_is_invalid(text):
    assert parse_target(text).kind == "url.invalid"
    assert meant(text) in ([], [parse_target(text).text])


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("htps://example.com/", ["https://example.com/"]),
        ("htttp://example.com/", ["http://example.com/"]),
        ("gopherx://example.com/", []),
        ("://example.com", ["https://example.com"]),
        ("//example.com/x", ["https://example.com/x"]),
        ("mailto:someone", []),
        ("file:///etc/hosts", []),
    ],
)
def test_a_scheme_that_is_missing_or_unknown(text, hint):
    assert parse_target(text).kind == "url.scheme_invalid"
    assert meant(text) == hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://example.com:443/", "usual for https://"),
        ("https://example.com:80/", "usual for http://"),
        ("smtp://example.com:465", "usual for smtps://"),
        (" https://example.com/", "blanks around"),
        ("https://example.com/x,", "ends in ','"),
        ("https://example.com/a b", "in the path"),
        ("https://example.com./", "ends in a dot"),
        ("https://exam。ple．com/", "full-width"),
        ("https://еxample.com/", "look like 'example.com'"),
        ("https://xn--80ak6aa92e.com/", "look like 'apple.com'"),
        ("https://127.1/", "127.0.0.1"),
        ("https://[fe80::1]/", "link-local"),
        ("https://None/", "not set"),
        ("https://example.com:/", "without a port"),
        ("jdbc:mysql://db/shop", "jdbc"),
        ("mongodb://a:1,b:2/db", "only the first"),
        ("https://straße.example/", "clients differ"),
    ],
)
def test_what_is_only_odd_is_noted_and_tried(text, said):
    asked = parse_target(text)

    assert asked.kind is None
    assert any(said in problem for problem in asked.problems)


@pytest.mark.parametrize(
    "text", ["https://почта.рф/", "https://bücher.example/", "https://日本.jp"]
)
def test_an_international_name_is_no_lookalike(text):
    assert parse_target(text).problems == ()


def test_what_is_sent_is_ascii_and_on_one_line():
    asked = parse_target("https://example.com/ä b\r\nX: y?q=ü\n1")

    assert asked.path == "/%C3%A4%20b%0D%0AX:%20y"
    assert asked.query == "q=%C3%BC%0A1"


@given(st.text(max_size=80))
def test_it_is_total(text):
    asked = parse_target(text)

    assert asked.text.isprintable()
    assert asked.kind is None or asked.kind in KINDS
    assert asked.kind is not None or asked.host


@given(
    st.from_regex(
        r"[a-z]{1,9}(\.[a-z]{2,5}){0,2}(:[1-9][0-9]{0,3})?(/[a-z]{0,5}){0,2}", fullmatch=True
    )
)
def test_what_was_asked_can_be_asked_again(rest):
    asked = parse_target(f"https://{rest}")

    assert parse_target(asked.text) == asked


SECRET = "S3cr3tT0k3n"
ODD = st.text(alphabet="a:/?#@%.,;&='\"<>[]{}| \n\\", max_size=4)
BEFORE = st.sampled_from(
    ["https://", "http:/", "http//", "htps://", "", "tcp://", "http://http://"]
)
AFTER = st.sampled_from(
    [
        "example.com",
        "example.com:80/x",
        "exam ple.com/",
        "[::1",
        "h:99999",
        "a..b",
        "",
        "h,",
        "h:x/y",
    ]
)


@pytest.mark.parametrize(
    "text",
    [
        f"redis://:p@{SECRET}/x@cache:1/0",
        f"postgres://user:12/{SECRET}@db/shop",
        f"postgres://user:12?{SECRET}@db/shop",
        f"https://user:a@b/{SECRET}@example.com/",
        f"amqp://user:{SECRET}/x@queue/",
    ],
)
def test_a_password_that_is_not_encoded_is_the_problem(text):
    asked = parse_target(text)

    assert asked.kind == "url.invalid"
    assert "percent-encoded" in asked.problems[0]
    assert SECRET not in shown_of(text)


@pytest.mark.parametrize(
    "text", ["https://example.com/react@18/x.js", "https://user:pw@example.com/@scope/x"]
)
def test_an_at_sign_in_a_path_is_no_problem(text):
    assert parse_target(text).kind is None


def shown_of(text):
    asked = parse_target(text)
    context = DiagnosisContext(asked, Options())
    read_url(context)
    return f"{asked.text}\n{asked!r}\n{context.readings()!r}"


@given(BEFORE, ODD, ODD, AFTER)
def test_no_password_is_shown(before, ahead, behind, after):
    text = f"{before}user:{ahead}{SECRET}{behind}@{after}"

    if password_is_a_host(text):
        return
    assert SECRET not in shown_of(text)


def password_is_a_host(text):
    """Whether every client takes the password for the host: ``http://user:a@SECRET/x@host``."""
    asked = parse_target(text)
    return asked.kind is None and (SECRET in asked.host or SECRET in asked.path)


@given(BEFORE, AFTER, ODD, st.sampled_from("?#"))
def test_no_query_is_shown(before, after, odd, mark):
    assert SECRET not in shown_of(f"{before}{after}{mark}{odd}{SECRET}")


def test_the_reading_says_how_the_text_was_taken():
    context = DiagnosisContext(parse_target("http://exam。ple．com:443/a?b"), Options())

    read_url(context)

    (reading,) = context.readings()
    assert (reading.layer, reading.what, reading.state) == ("url", "parse", "noted")
    assert reading.subject == "http://exam。ple．com:443/a"
    facts = reading.facts
    assert (facts["scheme"], facts["port"], facts["tls"]) == ("http", 443, False)
    assert facts["ascii_host"] == "exam.ple.com"
    assert (facts["explicit_port"], facts["is_address"], facts["fatal"]) == (True, False, False)
