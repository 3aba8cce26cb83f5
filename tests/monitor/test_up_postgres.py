"""`ringback up` with its store on a server: the real process, and a real PostgreSQL."""

import pytest
from monitor.running import configuration, state_of, text_of
from until import until


@pytest.mark.nightly
def test_a_hanging_database_holds_up_checks_and_tells_nothing_unkept(
    postgres, server, target, started, receiver, tmp_path
):
    more = f'[store]\nurl = "{postgres}"\n'
    more += f'[[notifier]]\nname = "n"\ntype = "webhook"\nurl = "{receiver.url}"\n'
    configuration(tmp_path, ("Shop", target.url), more=more)
    monitor = started()
    monitor.until("/endpoints", lambda all_: state_of(all_, "shop") == "ok")
    with server.stopped():
        asked, target.status = target.asked, 503
        monitor.until("/endpoints", lambda all_: state_of(all_, "shop") == "down")
        until(lambda: target.asked >= asked + 10)
        assert '"status"' in text_of(f"{monitor.url}/healthz")
        assert receiver.told == []
    (incident,) = monitor.until("/incidents", bool)
    until(lambda: (incident["id"], "opened") in receiver.told)
    failed = monitor.until("/endpoints/shop/checks?failed=true", lambda found: len(found) >= 5)
    assert all(check["up"] is False for check in failed)
