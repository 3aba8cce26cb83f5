"""ringback put under the libraries, as ``ringback run --retry`` does: the tests see their own."""

import ringback
from ringback import Policy
from swap.proof import assert_all_on

ringback.install(retry=True)


def pytest_configure() -> None:
    """Look at the policy that it takes."""
    assert_all_on(Policy())
