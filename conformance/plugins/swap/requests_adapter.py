"""``ringback.Adapter`` where requests has its own, in requests' own session."""

import requests
import requests.adapters

import ringback
from swap.proof import assert_all_on

requests.adapters.HTTPAdapter = requests.sessions.HTTPAdapter = ringback.Adapter


def pytest_configure() -> None:
    """Look at what a session made by the tests will have."""
    assert_all_on(requests.Session().get_adapter("http://localhost").policy)
