import io

import pytest
from diagnosis.values import refused, verdict
from rich.console import Console

from ringback.cli.diagnosis.run import exit_status
from ringback.cli.diagnosis.show import show_verdict


def said(one, width=80):
    screen = Console(file=io.StringIO(), width=width, color_system=None)
    show_verdict(screen, one)
    return screen.file.getvalue()


def test_everything_is_said():
    text = said(refused())

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
