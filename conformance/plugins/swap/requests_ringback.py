"""``ringback.Session`` and ``Adapter`` where requests has its own, with all defaults on."""

import requests
import requests.adapters

import ringback
from swap.proof import assert_all_on

# requests.get and its like make a requests.sessions.Session for each call.
requests.Session = requests.sessions.Session = ringback.Session
requests.adapters.HTTPAdapter = requests.sessions.HTTPAdapter = ringback.Adapter


def pytest_configure() -> None:
    """Look at what a session made by the tests will have."""
    assert_all_on(requests.Session().get_adapter("http://localhost").policy)
