import io

import pytest
from diagnosis.values import reading, refused, verdict
from rich.cells import cell_len
from rich.console import Console

from ringback.cli.diagnosis.run import exit_status
from ringback.cli.diagnosis.show import reading_line, readings_tree, show_verdict, time_bar


def drawn(show, what, width=80):
    screen = Console(file=io.StringIO(), width=width, color_system=None)
    show(screen, what)
    return screen.file.getvalue()


def tree(*readings, width):
    return drawn(Console.print, readings_tree(readings, 1.0, width, ()), width)


def test_everything_is_said():
    text = drawn(show_verdict, refused())

    assert text.startswith("✗ A firewall drops what is sent to port 443 of api.example.com.\n")
    assert "  tcp.timed_out (firewall_drops) · fault: network path (80% confident)\n" in text
    assert "Interrupted: not every stage" in text
    assert "\n 1. Ask whoever runs the firewall.\n 2. Try `nc" in text
    assert "  - The backlog is full. To check: `ss -ltn` on the target.\n" in text
    assert "  - One of two resolvers is dead.\n" in text


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ([], 3),
        (["healthy"], 0),
        (["healthy", "unknown"], 3),
        (["healthy", "unknown", "tcp.refused"], 1),
    ],
)
def test_the_worst_is_the_exit_status(kinds, status):
    assert exit_status(verdict(kind=kind) for kind in kinds) == status


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
    text = tree(long, reading("url", subject="\x1b[2J\u202e"), width=width)

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
