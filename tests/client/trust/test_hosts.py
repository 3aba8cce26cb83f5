import pytest

from ringback.client.trust.model import is_named


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [
        ("old.example", "old.example", True),
        ("OLD.example.", "old.EXAMPLE", True),
        ("old.example", "very.old.example", False),
        ("old.example", "bold.example", False),
        ("*.old.example", "very.old.example", True),
        ("*.old.example", "very.very.old.example", True),
        ("*.old.example", "old.example", False),
        ("*.old.example", "bold.example", False),
        ("192.0.2.1", "192.0.2.1", True),
        ("[2001:db8::1]", "2001:db8::1", True),
        ("bücher.example", "xn--bcher-kva.example", True),
        ("*.0.2.1", "192.0.2.1", False),
        ("*", "old.example", False),
        ("*.", "old.example", False),
        ("", "old.example", False),
        ("old.*", "old.example", False),
        ("old.example", "", False),
        ("old.example", None, False),
        ("a" * 70 + "ü", "old.example", False),
    ],
)
def test_names(pattern, host, expected):
    assert is_named({pattern, "other.test"}, host) is expected


def test_no_pattern_names_no_host():
    assert not is_named(frozenset(), "old.example")
