import gc
import warnings

import pytest
from client.contract.integrations import INTEGRATIONS
from client.contract.outcomes import shares

from ringback.client import origins


def pytest_generate_tests(metafunc):
    if "share" in metafunc.fixturenames:
        library = metafunc.module.__name__.rpartition("_")[2]
        metafunc.parametrize("share", shares(library))


@pytest.fixture(scope="module", autouse=True)
def _nothing_left_to_others():
    """What fails leaves sockets to an event loop or the collector: to no module that comes next."""
    gc.collect()  # what is garbage already must not be kept
    gc.freeze()  # what has been there is not looked through, each time again
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(3):
            gc.collect()


@pytest.fixture(autouse=True)
def _nothing_known():
    origins.forget()
    yield
    origins.forget()


@pytest.fixture
def integration(name):
    return INTEGRATIONS[name]
