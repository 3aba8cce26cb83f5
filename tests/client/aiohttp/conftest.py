import gc
import warnings

import pytest
from client.dial.conftest import (  # noqa: F401 - fixtures are found by their names
    _nothing_remembered,
    replaced,
)


@pytest.fixture(scope="module", autouse=True)
def _nothing_left_to_others():
    """aiohttp leaves transports to the collector: to no module that comes next."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()
