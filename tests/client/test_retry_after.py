import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.client.retry_after import seconds_asked

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2023 22:13:50 -0000", 30.0),
        ("Tuesday, 14-Nov-23 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2023 21:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e3", None),
        ("٣", None),
        ("Tue, 14 Nov 99999 22:13:50 GMT", None),
    ],
)
def test_seconds_asked(value, seconds):
    assert seconds_asked(value, NOW) == seconds


@given(st.text())
def test_whatever_a_server_sends_is_a_wait_or_nothing(value):
    seconds = seconds_asked(value, NOW)
    assert seconds is None or seconds >= 0
