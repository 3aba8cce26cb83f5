from __future__ import annotations

import gc
import os
import warnings
from unittest import mock

import pytest
from client.dial.conftest import place  # noqa: F401 - a fixture is found by its name
from integrations.drivers import DRIVERS
from integrations.matrix import Matrix
from integrations.roster import DEFAULT, INTEGRATIONS, wanted

from ringback.testing.lab import Lab

# An environment that has only clients, or only drivers, has nothing to skip.
collect_ignore = [
    file
    for file, chosen in (
        ("test_plain_clients.py", wanted(INTEGRATIONS, DEFAULT)),
        ("test_every_driver.py", wanted(DRIVERS, ("smtplib",))),
    )
    if not chosen
]


@pytest.fixture(scope="module")
def matrix():
    """To read whom the system trusts takes a client 25 ms, and it is none of the lab's."""
    nobody = mock.patch.dict(os.environ, {"SSL_CERT_FILE": os.devnull})
    with nobody, warnings.catch_warnings(), Lab() as lab:
        warnings.simplefilter("ignore")
        running = Matrix(lab)
        yield running
        running.close()
        gc.collect()
