"""A hub and three agents on hosts of their own: what is said when ways between them are cut."""

import pytest
from monitor.places import played
from requires import requires

pytestmark = [pytest.mark.netns, pytest.mark.nightly]


@pytest.mark.parametrize(
    "kind", ["refuses", "most dropped", "own network", "agent cut off", "hub cut off"]
)
def test_what_is_cut_is_what_is_said(kind, tmp_path):
    requires("root", "netns", "ip", "iptables")
    outcome = played(kind, 0, tmp_path)
    assert outcome.wrong == ()
    assert outcome.seconds is not None
