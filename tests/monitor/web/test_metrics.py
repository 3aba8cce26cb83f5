import json
from dataclasses import replace

from monitor.web.asking import TOKENS, Asking, bearer
from monitor.web.service import NOW, MemoryService, certificate, check, observer, refused, view
from prometheus_client.parser import text_string_to_metric_families

from ringback.incident.slo import ErrorBudget
from ringback.monitor.web.settings import WebSettings


def families(asking):
    response = asking.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {family.name: family.samples for family in text_string_to_metric_families(response.text)}


def values(samples, label):
    return {sample.labels[label]: sample.value for sample in samples}


def test_each_endpoint_is_shown_with_its_state_and_kind():
    found = families(Asking())
    states = [sample.labels for sample in found["ringback_endpoint_state"] if sample.value == 1]
    kinds = {one.labels["endpoint"]: one.labels["kind"] for one in found["ringback_failure_info"]}

    shown = {"web": "ok", "api": "down", "db": "suspect", "mail": "recovering", "job": "unknown"}
    assert {labels["endpoint"]: labels["state"] for labels in states} == shown
    assert kinds["api"] == "tcp.refused"
    assert "web" not in kinds
    up = {"web": 1, "api": 0, "db": 0, "mail": 1}
    assert values(found["ringback_check_up"], "endpoint") == up
    assert values(found["ringback_incidents_open"], "pattern")["service_outage"] == 1


def test_end_of_a_certificate_is_shown_after_it_and_while_nothing_answers():
    seen = view("a", last=check("a", certificate=certificate(-2)))
    service = MemoryService(seen)
    asking = Asking(service)
    name = "ringback_certificate_not_after_seconds"

    assert families(asking)[name][0].value == NOW - 2 * 86400
    service.put(replace(seen, state="down", kind="tcp.refused", last=refused("a")))
    assert families(asking)[name][0].value == NOW - 2 * 86400


def test_labels_of_others_do_not_make_series_without_end():
    seen = view("a", "down", kind="made.up", of={"group": 'x"\n\\' * 500})
    found = families(Asking(MemoryService(seen)))

    assert found["ringback_failure_info"][0].labels["kind"] == "other"
    assert len(found["ringback_failure_info"][0].labels["group"]) == 200


def test_state_of_the_monitor_and_whether_it_leads():
    asking = Asking()
    asking.service.degraded, asking.service.error = "disk full", "line 3: no such key"
    shown = {"role": "standby", "process": "p", "url": "", "epoch": 7}
    status = asking.service.status
    assert "ringback_lead" not in families(asking)
    asking.service.status = lambda: {**status(), "lead": shown}
    found = families(asking)

    for name, value in {
        "uptime_seconds": 3600,
        "store_degraded": 1,
        "config_last_reload_successful": 0,
        "config_restart_needed": 0,
        "lead": 0,
        "lead_epoch": 7,
    }.items():
        assert found[f"ringback_{name}"][0].value == value, name
    assert found["ringback_page_updates_dropped"][0].name == "ringback_page_updates_dropped_total"


def test_counters_of_what_was_left_out_and_notified():
    asking = Asking()
    known = asking.service.status()
    known |= {"late": 2, "doubted": {"lag": 3}, "skipped": 4, "store": {"dropped": 5}}
    known["notifiers"] = {"hook": {"sent": 3, "failed": 2, "given_up": 1}}
    asking.service.status = lambda: known
    old = {"at": 1.0, "origin": "http://b", "kind": "tcp.refused"}
    events = [{**old, "at": NOW + 3600, "origin": "http://a"}, old, old]
    batch = {"version": 1, "sent_at": NOW, "id": "1", "dropped": 6, "events": events}
    for _ in range(2):
        asking.app.state.site.inbox.take(json.dumps(batch).encode(), now=NOW)
    found = families(asking)

    counts = {"clamped": 1, "stale": 2, "repeated": 1, "dropped": 6, "late": 2, "refused": 0}
    assert values(found["ringback_reported"], "what") == counts
    assert values(found["ringback_checks_doubted"], "cause") == {"lag": 3}
    assert found["ringback_checks_skipped"][0].value == 4
    assert found["ringback_store_dropped"][0].value == 5
    assert values(found["ringback_notifications"], "outcome") == {"sent": 3, "failed": 2}
    assert values(found["ringback_notices_given_up"], "notifier") == {"hook": 1}


def test_metrics_need_the_token_that_there_is_and_health_needs_none():
    asking = Asking(settings=WebSettings(tokens=TOKENS))

    assert asking.get("/metrics").status_code == 401
    assert asking.get("/metrics", headers=bearer("reader")).status_code == 200
    assert asking.get("/healthz").json() == {"status": "ok"}
    asking.service.degraded = "disk full"
    assert asking.get("/healthz").json() == {"status": "degraded"}


def test_what_each_place_sees_is_shown_where_it_is_known():
    places = (
        observer("tokyo", "ok"),
        observer("oslo", "down"),
        observer("lima", "unknown"),
        observer("web1", "down", kind="call"),
    )
    found = families(Asking(MemoryService(view("a", "partial", observers=places))))

    assert values(found["ringback_vantage_up"], "vantage") == {"tokyo": 1, "oslo": 0}
    checked = values(found["ringback_vantage_check_timestamp_seconds"], "vantage")
    assert checked == dict.fromkeys(("tokyo", "oslo", "lima"), NOW - 10)


def test_an_error_budget_is_in_the_metrics_the_api_and_the_page():
    budget = ErrorBudget(target=0.999, left=0.25, burn={"1h": 14.5, "3d": 0.5})
    asking = Asking(MemoryService(view("a", budget=budget)))
    found = families(asking)

    assert found["ringback_slo_target_ratio"][0].value == 0.999
    assert found["ringback_slo_budget_left_ratio"][0].value == 0.25
    assert values(found["ringback_slo_burn_rate"], "window") == {"1h": 14.5, "3d": 0.5}
    assert "25 % left" in asking.get("/endpoints/a").text
    told = asking.get("/api/v1/endpoints/a").json()["slo"]
    assert told == {"target": 99.9, "budget_left": 0.25, "burn_rates": {"1h": 14.5, "3d": 0.5}}
