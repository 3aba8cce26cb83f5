"""Over the whole lab, through every integration: nothing is sent twice and nothing left behind."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from integrations.expected import NOT_PROCESSED
from integrations.outcomes import shares, table

integrations = pytest.mark.parametrize("share", shares())


def calls(share):
    """The POSTs through an integration whose every arrival counts."""
    return {
        fault: one
        for fault, one in table(share).by("POST").items()
        if not any(fnmatchcase(fault, pattern) for pattern in NOT_PROCESSED)
    }


@integrations
def test_no_post_that_may_have_been_processed_is_sent_again(share):
    again = {
        fault: one
        for fault, one in calls(share).items()
        # urllib3 follows a redirect with the same method: the server asks for it.
        if one.posts > one.calls
        and not (share.integration in {"PoolManager", "install urllib3"} and "redirect" in fault)
    }
    assert again == {}


@integrations
def test_what_reached_the_server_is_never_called_undelivered(share):
    untrue = {
        fault: one
        for fault, one in calls(share).items()
        if one.calls == 1
        and one.posts > 0
        and "no" in one.delivered
        and "redirect" not in fault  # each hop has a failure of its own
    }
    assert untrue == {}


@integrations
def test_no_connection_thread_or_descriptor_is_left(share):
    assert table(share).left == []
