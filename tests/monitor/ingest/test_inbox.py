import pytest
from monitor.ingest.batches import NOW, body, failed

from ringback.monitor.ingest.batch import Inbox


def test_a_batch_that_comes_twice_counts_once():
    inbox = Inbox()
    sent = body(failed(), id="a", dropped=3)
    assert len(inbox.take(sent, now=NOW)) == 1
    assert inbox.take(sent, now=NOW) == []
    assert len(inbox.take(body(failed(), id="b"), now=NOW)) == 1
    assert (inbox.batches, inbox.repeated, inbox.dropped) == (3, 1, 3)


@pytest.mark.parametrize("at", [NOW + 1.5, NOW + 86400 * 365, 1e12])
def test_a_time_in_the_future_becomes_now_and_is_counted(at):
    inbox = Inbox()
    read = inbox.take(body(failed(), failed(at=at), failed()), now=NOW)
    assert [report.check.at for report in read] == [NOW, NOW, NOW]
    assert (inbox.clamped, inbox.stale) == (1, 0)


@pytest.mark.parametrize("at", [0.0, 1.0, NOW - 86400 * 365, NOW - 3601])
def test_a_time_long_ago_is_left_out_and_counted(at):
    inbox = Inbox()
    read = inbox.take(body(failed(at=at), failed()), now=NOW)
    assert [report.check.at for report in read] == [NOW]
    assert (inbox.clamped, inbox.stale) == (0, 1)
