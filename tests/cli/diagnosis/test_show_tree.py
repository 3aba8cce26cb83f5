import io

import pytest
from diagnosis.values import reading
from rich.cells import cell_len
from rich.console import Console

from ringback.cli.diagnosis.show import reading_line, readings_tree, time_bar


def drawn(*readings, width, deciding=(), elapsed=1.0):
    screen = Console(file=io.StringIO(), width=width, color_system=None)
    screen.print(readings_tree(readings, elapsed, width, deciding))
    return screen.file.getvalue()


def test_layers_are_in_the_order_of_a_call():
    text = drawn(reading("http"), reading("url"), reading("tcp", state="failed"), width=80)
    titles = [line for line in text.splitlines() if not line.startswith(" ")]

    assert titles == ["✓ URL", "✗ TCP", "✓ HTTP"]


@pytest.mark.parametrize(
    ("at", "seconds", "shown"),
    [
        (0.0, 1.0, "████████"),
        (0.0, 0.5, "████"),
        (0.5, 0.5, "    ████"),
        (0.25, 0.001, "  ▏"),
        (2.0, 5.0, "       █"),
    ],
)
def test_a_bar_lies_where_its_time_was(at, seconds, shown):
    assert time_bar(reading(at=at, seconds=seconds), 1.0, 8) == shown


@pytest.mark.parametrize("width", [20, 60, 200])
def test_whatever_a_reading_says_it_fits(width):
    long = reading(subject="x" * 300, result="語" * 300)
    text = drawn(long, reading("url", subject="\x1b[2J\u202e"), width=width)

    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert all(c.isprintable() or c == "\n" for c in text)


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
