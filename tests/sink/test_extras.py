"""Sinks whose library is an extra."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("name", "library", "extra"),
    [
        ("PrometheusSink", "prometheus_client", "prometheus"),
        ("OpenTelemetrySink", "opentelemetry", "otel"),
    ],
)
def test_without_its_library_the_message_says_what_to_install(name, library, extra):
    script = f"import sys; sys.modules[{library!r}] = None; from ringback.sink import {name}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert f"pip install 'ringback[{extra}]'" in done.stderr.splitlines()[-1]


def test_the_room_loads_neither_library():
    script = (
        "import sys, ringback.sink; print({'prometheus_client', 'opentelemetry'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
