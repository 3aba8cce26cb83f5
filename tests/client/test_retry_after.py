import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.client.http import quotas_in, seconds_asked, wait_asked
from ringback.retry.rate import Quota

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        ("120, 120", 120.0),
        ("1,3", 3.0),
        ("9" * 23, 3e9),
        ("1," * 200 + "1", None),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tuesday, 14-Nov-23 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2023 21:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("Tue, 14 Nov 99999 22:13:50 GMT", None),
    ],
)
def test_seconds_asked(value, seconds):
    assert seconds_asked(value, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7", "RateLimit-Remaining": "0", "RateLimit-Reset": "9"}, 7.0),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "9"}, 9.0),
        ({"RateLimit-Remaining": "3", "RateLimit-Reset": "9"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 30)}, 30.0),
        ({"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "soon"}, None),
        ({"RateLimit": '"default";r=0;t=12'}, 12.0),
        ({"RateLimit": '"default";r=5;t=12'}, None),
        ({"RateLimit": '"a";t=12'}, None),
        ({"RateLimit": '"burst";r=5;t=1, "day";r=0;t=99'}, 99.0),
        ({"RateLimit": '"burst";r=0;t=7, "day";r=3;t=99'}, 7.0),
        ({"RateLimit": '"a";r=0', "RateLimit-Policy": '"a";q=10;w=60'}, 60.0),
    ],
)
def test_wait_asked(headers, seconds):
    assert wait_asked(headers, NOW) == seconds


def test_a_date_is_measured_by_the_servers_own_clock():
    headers = {
        "Retry-After": "Tue, 14 Nov 2023 10:00:30 GMT",
        "Date": "Tue, 14 Nov 2023 10:00:00 GMT",
    }
    assert wait_asked(headers, NOW) == 30.0
    assert wait_asked({**headers, "Date": "nonsense"}, NOW) == 0.0


@given(st.dictionaries(st.sampled_from(["Retry-After", "Date", "RateLimit", "RateLimit-Reset"]),
                       st.text()))  # fmt: skip
def test_whatever_the_headers_say_is_a_wait_or_nothing(headers):
    seconds = wait_asked(headers, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("headers", "quotas"),
    [
        (
            {
                "RateLimit": '"burst";r=5;t=1, "day";r=400;t=9000',
                "RateLimit-Policy": '"burst";q=10;w=2;pk=:a=:, "day";q=500;w=86400',
            },
            [Quota("burst", 5, 101, 10, 2), Quota("day", 400, 9100, 500, 86400)],
        ),
        ({"RateLimit": '"a";r=5'}, []),
        ({"RateLimit": '"a";r=5;t=999999999'}, []),
        ({"RateLimit-Policy": '"a";q=5;w=9'}, []),
        ({"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "9"},
         [Quota("X-RateLimit", 3, 109, 4, 9)]),
        ({"X-RateLimit-Remaining": "some", "X-RateLimit-Reset": "9"}, []),
    ],
)  # fmt: skip
def test_the_quotas_that_a_response_tells_of(headers, quotas):
    assert list(quotas_in(headers, 200, 100.0, NOW)) == quotas


def test_a_429_that_asks_to_wait_is_a_quota_and_a_503_is_not():
    headers = {"Retry-After": "5"}
    assert list(quotas_in(headers, 429, 100.0, NOW)) == [Quota("Retry-After", 0, 105, 1, 0)]
    assert list(quotas_in(headers, 503, 100.0, NOW)) == []


@given(st.text(alphabet='"a;rtqw=,0123456789 \n\u0663', max_size=200), st.text(max_size=50))
def test_whatever_a_server_sends_is_a_bounded_quota_or_none(told, size):
    for quota in quotas_in({"RateLimit": told, "RateLimit-Policy": size}, 429, 0.0, NOW):
        assert quota.left >= 0
        assert 0 < quota.until <= 86400
