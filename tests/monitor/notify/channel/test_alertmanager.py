import json
import re
import subprocess
import time
import urllib.request
from dataclasses import replace

import pytest
from monitor.notify.desk import later, opened
from monitor.notify.made import (
    AT_ONCE,
    change,
    held_port,
    incident,
    message,
    story,
    until,
    waiting,
)
from requires import requires
from until import until as wait_until

from ringback.diagnosis.record import moment
from ringback.monitor.notify.channel import channel_of
from ringback.monitor.notify.notification import IncidentUpdate, NotificationContext, Told
from ringback.monitor.notify.settings import NotifierSettings
from ringback.monitor.web.alerts import FiringAlerts

PROGRAM = "prometheus-alertmanager"


def settings(url, **options):
    known = {"name": "am", "type": "alertmanager", "url": url, "rate": 6000, "timeout": 60.0}
    return NotifierSettings(**known, options=options)


@pytest.fixture
def alertmanager(tmp_path, receiver):
    """Debian's Alertmanager, which posts to the receiver."""
    requires(PROGRAM)
    config = tmp_path / "alertmanager.yml"
    config.write_text(
        "route: {receiver: hook, group_by: [incident], group_wait: 0s, group_interval: 1s}\n"
        f"receivers: [{{name: hook, webhook_configs: [{{url: '{receiver.url}'}}]}}]\n"
    )
    held = held_port()
    port = held.getsockname()[1]
    process = subprocess.Popen(
        [
            PROGRAM,
            f"--config.file={config}",
            f"--storage.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: _answers(f"{url}/-/ready"))
    yield url
    process.terminate()
    process.wait(120)
    held.close()


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


def alerts(url):
    with urllib.request.urlopen(f"{url}/api/v2/alerts?active=true", timeout=60) as response:
        return json.load(response)


@pytest.mark.nightly
def test_an_incident_is_an_alert_until_it_is_over(alertmanager, receiver, dispatch, store):
    async def drive(_, tell):
        opened = change("opened", incident())
        await tell(opened)
        await until(lambda: len(alerts(alertmanager)) == 1)
        await until(lambda: "firing" in statuses(receiver))
        await tell(change("renamed", opened.incident, at=time.time()))
        await until(lambda: not waiting(store))
        assert len(alerts(alertmanager)) == 1
        await tell(change("closed", opened.incident, at=time.time()))
        await until(lambda: "resolved" in statuses(receiver), 120)
        assert alerts(alertmanager) == []

    dispatch([settings(alertmanager)], drive)
    (firing, *_, resolved) = [alert for doc in receiver.documents for alert in doc["alerts"]]
    assert firing["labels"] == resolved["labels"]
    assert firing["labels"]["alertname"] == "RingbackIncident"
    assert firing["labels"]["team"] == "blue"
    assert FiringAlerts().take(receiver.documents[0], time.time()) == []


def statuses(receiver):
    return [alert["status"] for doc in receiver.documents for alert in doc["alerts"]]


def test_what_goes_on_is_sent_again_until_it_is_over(receiver, desk):
    ops = desk(collation=AT_ONCE)
    ops.dispatcher.configure([settings(receiver.url.removesuffix("/hook"), refresh=60)], [])
    first = opened(1, 0)
    ops.tell(first)
    for after in (1, 62, 123):
        ops.until(after)
    assert len(receiver.got) == 3
    ops.tell(later("closed", first, 123))
    ops.until(130)
    assert waiting(ops.store) == []
    assert {path for path, _, _ in receiver.got} == {"/api/v2/alerts"}
    sent = [json.loads(body)[0] for _, _, body in receiver.got]
    assert len({json.dumps(alert["labels"], sort_keys=True) for alert in sent}) == 1
    assert sent[-1]["endsAt"] < sent[-2]["endsAt"]


def test_the_labels_are_what_prometheus_takes(receiver):
    context = NotificationContext(
        vantage="paris", labels={"shop-1": {"my-team": "x", "0": "y", "é": "z"}}
    )
    channel = channel_of(settings(receiver.url, labels={"severity": "night", "incident": "no"}))
    channel.send(message(story(), context=context, test=True))

    labels = json.loads(receiver.got[0][2])[0]["labels"]
    assert labels == {
        "alertname": "RingbackIncident",
        "incident": "i1",
        "endpoint": "shop-1",
        "vantage": "paris",
        "test": "true",
        "severity": "night",
        "pattern": "service_outage",
        "kind": "tcp.refused",
        "my_team": "x",
        "_0": "y",
        "_": "z",
    }
    assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) for name in labels)


def posted(receiver):
    alerts = json.loads(receiver.got[-1][2])
    return [
        (alert["labels"]["severity"], alert["labels"]["pattern"], alert["endsAt"])
        for alert in alerts
    ]


def test_what_becomes_worse_is_another_alert_and_ends_the_first(receiver):
    channel = channel_of(settings(receiver.url))
    warned = Told(
        members=("shop-1",), pattern="network_partition", severity="warn", kind="tcp.refused"
    )
    worse = IncidentUpdate(headline="opened", incident=incident(), before=warned)
    sent = message(worse)
    channel.send(sent)
    ended, begun = posted(receiver)

    assert ended[:2] == ("warn", "network_partition")
    assert begun[:2] == ("page", "service_outage")
    assert ended[2] == moment(sent.at) < begun[2]

    over = replace(worse.incident, state="closed", closed_at=sent.at + 60)
    channel.send(message(IncidentUpdate(headline="closed", incident=over, before=warned)))
    assert posted(receiver) == [("warn", "network_partition", moment(sent.at + 60))]
