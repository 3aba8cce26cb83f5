import pytest
from diagnosis.values import reading

from ringback.cli.diagnosis.show import reading_line


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (reading(seconds=0.002), "✓ tcp         connect 192.0.2.7:443: open  (2.0 ms)"),
        (
            reading("host", "route_to", "192.0.2.7", state="failed", result="", seconds=0),
            "✗ host        route to 192.0.2.7",
        ),
        (
            reading("url", "parse", "a\x1bb", result="c\nd", seconds=0),
            "✓ url         parse a\\x1bb: c\\nd",
        ),
    ],
)
def test_a_reading_is_one_line(given, shown):
    assert reading_line(given) == shown
