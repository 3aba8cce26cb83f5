from __future__ import annotations

import gc
import warnings

import pytest
from doors.matrix import Matrix

from ringback.testing.lab import Lab


@pytest.fixture(scope="session")
def matrix():
    with warnings.catch_warnings(), Lab() as lab:
        warnings.simplefilter("ignore")
        running = Matrix(lab)
        yield running
        running.close()
        gc.collect()
