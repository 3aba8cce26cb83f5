"""Checks in, changes of incidents out."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.incident.engine import Engine
from ringback.incident.model import CertificateSeen, Check, WatchedEndpoint
from ringback.incident.silences import Silence

T = 1_790_000_000.0
DAY = 86400.0


def check(at, endpoint, up, kind="tcp.refused", **more):
    kind = None if up is not False else kind
    return Check(at=T + at, endpoint=endpoint, up=up, kind=kind, **more)


def run(engine, checks):
    return [change for check in checks for change in engine.see(check)]


def whats(changes, *, notify=None):
    return [change.what for change in changes if notify is None or change.told is notify]


def engine_of(*ids, **more):
    return Engine([WatchedEndpoint(id=id_, name=id_, host=f"{id_}.test", **more) for id_ in ids])


def shop_behind_db():
    shop = WatchedEndpoint(id="shop", host="s", parents=("db",))
    return Engine([WatchedEndpoint(id="db", host="db"), shop])


def web_and_api_of_one_host():
    return Engine([WatchedEndpoint(id=id_, host="a.test") for id_ in ("web", "api")])


def failing(endpoint, times, begins=0, step=5, kind="tcp.refused"):
    return [check(begins + i * step, endpoint, False, kind) for i in range(times)]


def well(endpoint, times, begins=0, step=5):
    return [check(begins + i * step, endpoint, True) for i in range(times)]


def test_three_failures_in_a_row_open_an_incident_and_two_successes_close_it():
    engine = engine_of("shop")
    assert run(engine, [*well("shop", 3), *failing("shop", 2, 20)]) == []
    assert engine.state_of("shop") == "suspect"
    (opened,) = run(engine, failing("shop", 1, 40))
    assert (opened.what, opened.told) == ("opened", True)
    assert opened.incident.pattern == "service_outage"
    assert opened.incident.members == ("shop",)
    assert opened.incident.kind == "tcp.refused"
    assert run(engine, well("shop", 1, 50)) == []
    assert engine.state_of("shop") == "recovering"
    changes = run(engine, well("shop", 1, 60))
    assert whats(changes) == ["left", "closed"]
    assert changes[-1].told
    assert engine.incidents() == []


def test_a_child_joins_the_incident_of_its_parent():
    engine = shop_behind_db()
    run(engine, failing("db", 3))
    changes = run(engine, failing("shop", 3, 5, kind="http.error.unavailable"))
    assert whats(changes) == ["joined"]
    assert changes[0].incident.members == ("db", "shop")
    assert len(engine.incidents()) == 1


def test_a_childs_alarm_waits_for_a_parent_that_is_suspect():
    engine = shop_behind_db()
    run(engine, failing("db", 1))
    assert run(engine, failing("shop", 3, 1)) == []
    opened = run(engine, failing("db", 2, 20))
    assert whats(opened) == ["opened"]
    assert whats(engine.tick(T + 30)) == ["joined"]


def test_a_parent_that_is_found_down_after_its_child_joins_the_childs_incident():
    engine = shop_behind_db()
    run(engine, failing("shop", 3, kind="http.error.unavailable"))
    assert whats(run(engine, failing("db", 3, 20))) == ["joined"]
    assert len(engine.incidents()) == 1


def test_a_childs_alarm_is_notified_when_its_parent_turns_out_well():
    engine = shop_behind_db()
    run(engine, failing("db", 1))
    run(engine, failing("shop", 3, 1))
    run(engine, well("db", 1, 20))
    assert whats(engine.tick(T + 21)) == ["opened"]


def test_endpoints_of_one_host_share_an_incident():
    engine = web_and_api_of_one_host()
    assert whats(run(engine, failing("web", 3))) == ["opened"]
    (joined,) = run(engine, failing("api", 3, 5))
    assert (joined.what, joined.told, joined.endpoint) == ("joined", True, "api")
    changes = run(engine, [*well("web", 2, 60), *well("api", 2, 60)])
    assert whats(changes) == ["left", "left", "closed"]


def test_what_is_notified_already_is_part_of_a_lost_network_once_that_is_known():
    engine = engine_of("a", "b", "c")
    changes = run(engine, failing("a", 3, kind="tcp.timed_out"))
    changes += run(engine, failing("b", 3, 1, kind="tcp.timed_out"))
    assert whats(changes, notify=True) == ["opened", "opened"]
    changes = run(engine, failing("c", 3, 2, kind="tcp.timed_out"))
    assert whats(changes) == ["opened", "closed", "closed"]
    (incident,) = engine.incidents()
    assert incident.pattern == "own_network_down"
    assert set(incident.members) == set("abc")
    assert "The network of this host is down" in incident.summary
    assert {change.incident.part_of for change in changes[1:]} == {incident.id}
    assert {change.incident.pattern for change in changes} == {"own_network_down"}


def test_what_a_lost_network_hides_is_unknown_and_its_return_is_notified():
    engine = engine_of("a", "b", "c")
    run(engine, [check(i, "abc"[i % 3], False, "tcp.timed_out") for i in range(9)])
    assert [engine.state_of(id_) for id_ in "abc"] == ["unknown"] * 3
    moves = [(transition.endpoint, transition.after) for transition in engine.transitions()]
    assert moves == [*((id_, "suspect") for id_ in "abc"), *((id_, "unknown") for id_ in "abc")]
    changes = run(engine, [check(60 + i, "abc"[i % 3], True) for i in range(6)])
    assert whats(changes) == ["closed"]
    assert [engine.state_of(id_) for id_ in "abc"] == ["ok"] * 3


def test_what_is_on_this_host_says_nothing_of_its_network():
    engine = Engine(
        [
            *(WatchedEndpoint(id=id_, host=f"{id_}.test") for id_ in "abc"),
            WatchedEndpoint(id="here"),
        ]
    )
    here = [check(i, "here", True, address="127.0.0.1") for i in range(9)]
    lost = [check(i + 0.5, "abc"[i % 3], False, "tcp.timed_out") for i in range(9)]
    run(engine, sorted([*here, *lost], key=lambda one: one.at))
    (incident,) = engine.incidents()
    assert (incident.pattern, incident.members) == ("own_network_down", ("a", "b", "c"))


def test_a_service_that_refuses_is_no_part_of_a_lost_network():
    engine = engine_of("a", "b", "c", "d")
    run(engine, [check(i, "abc"[i % 3], False, "tcp.timed_out") for i in range(9)])
    assert whats(run(engine, failing("d", 3, 20))) == ["closed", "opened"]
    assert engine.state_of("d") == "down"


def test_an_answer_that_a_name_does_not_exist_came_through_the_network():
    engine = Engine([WatchedEndpoint(id=id_, host=f"{id_}.example.test") for id_ in "abc"])
    run(engine, [check(i, "abc"[i % 3], False, "dns.name_not_resolved") for i in range(9)])
    (incident,) = engine.incidents()
    assert (incident.pattern, set(incident.members)) == ("dns_failure", set("abc"))


def test_a_certificate_that_ends_after_its_warning_is_one_incident():
    engine = Engine([WatchedEndpoint(id=id_, name=id_, host="shop.test") for id_ in "ab"])
    seen = CertificateSeen(not_after=T + 20 * DAY, issuer="CA")
    run(engine, [check(0, name, True, certificate=seen) for name in "ab"])
    first, second = engine.incidents()
    engine.acknowledge(first.id, "ada", T + 60)
    assert whats(engine.tick(T + 19.5 * DAY)) == ["reminded", "reminded"]
    kind, begins = "tls.cert.date_invalid.expired", 20 * DAY + 1
    changes = run(engine, failing("a", 3, begins, kind=kind))
    (worse,) = (change for change in changes if change.what == "opened")
    assert (worse.told, worse.incident.id, worse.incident.state) == (True, first.id, "open")
    assert (worse.incident.kind, worse.incident.detector) == (kind, "")
    assert worse.incident.summary.startswith("a is down: ")
    assert worse.incident.evidence[0] == "its certificate ended 2026-10-11 14:13 UTC, 1.0 s ago"
    assert worse.incident.evidence[-1].startswith("3 failures in a row since ")
    assert "Renew the certificate with CA now" in worse.incident.advice[0]
    assert (first.id, "a") in engine.needs_diagnosis()
    changes = run(engine, failing("b", 3, begins + 30, kind=kind))
    assert whats(changes) == ["reminded", "joined", "closed"]
    assert [(incident.id, incident.members) for incident in engine.incidents()] == [
        (first.id, ("a", "b"))
    ]
    assert (changes[-1].incident.id, changes[-1].incident.part_of) == (second.id, first.id)
    new = CertificateSeen(not_after=T + 120 * DAY, issuer="CA", key="2")
    both = [*well("a", 2, begins + 60), *well("b", 2, begins + 60)]
    renewed = [replace(check, certificate=new) for check in both]
    assert whats(run(engine, renewed), notify=True) == ["closed"]
    assert engine.incidents() == []


def test_a_certificate_that_has_ended_when_it_is_first_seen_is_one_incident():
    engine = engine_of("shop")
    ended = CertificateSeen(not_after=T - 60, issuer="CA", key="1")
    kind = "tls.cert.date_invalid.expired"
    found = [replace(check, certificate=ended) for check in failing("shop", 3, kind=kind)]
    assert whats(run(engine, found)) == ["opened", "opened"]
    (incident,) = engine.incidents()
    assert (incident.kind, engine.state_of("shop")) == (kind, "down")


def test_names_of_one_resolver_that_fails_are_one_incident():
    names = [WatchedEndpoint(id=id_, name=id_, host=f"{id_}.test") for id_ in "ab"]
    engine = Engine([*names, WatchedEndpoint(id="c", host="c.test", resolver="192.0.2.53")])
    run(engine, [check(0, "c", True)])
    changes = [*failing("a", 3, 1, kind="dns.server"), *failing("b", 3, 2, kind="dns.server")]
    changes.insert(1, check(2.5, "c", True))
    assert whats(run(engine, sorted(changes, key=lambda one: one.at))) == ["opened", "joined"]


def test_a_member_that_was_well_and_goes_down_much_later_is_another_incident():
    engine = web_and_api_of_one_host()
    run(engine, [*failing("web", 3), *failing("api", 3, 5)])
    run(engine, well("web", 2, 60))
    assert whats(run(engine, failing("web", 3, 3600))) == ["opened"]
    assert len(engine.incidents()) == 2


def test_a_member_that_goes_down_again_at_once_is_back_in_its_incident():
    engine = web_and_api_of_one_host()
    run(engine, [*failing("web", 3), *failing("api", 3, 5), *well("web", 2, 30)])
    (joined,) = run(engine, failing("web", 3, 45))
    assert (joined.what, joined.incident.members) == ("joined", ("web", "api"))
    assert not joined.told
    assert joined.incident.well == ()
    assert whats(run(engine, [*well("web", 2, 60), *well("api", 2, 60)]))[-1] == "closed"


def test_a_certificate_that_ends_soon_hides_no_outage():
    engine = engine_of("shop")
    soon = CertificateSeen(not_after=T + 20 * DAY, issuer="CA", key="1")
    assert whats(engine.see(check(0, "shop", True, certificate=soon))) == ["opened"]
    assert whats(run(engine, failing("shop", 3, 30))) == ["opened"]
    assert engine.incident_of("shop").pattern == "service_outage"
    assert whats(run(engine, well("shop", 2, 90))) == ["left", "closed"]
    assert [incident.pattern for incident in engine.incidents()] == ["certificate"]


def test_flapping_is_one_incident_until_it_is_steady():
    engine = engine_of("shop")
    changes, at = [], 0
    for _ in range(5):
        changes += run(engine, failing("shop", 3, at))
        changes += run(engine, well("shop", 2, at + 20))
        at += 60
    (incident,) = engine.incidents()
    assert incident.pattern == "flapping"
    told = ["opened", "closed", "reopened", "closed", "reopened", "renamed"]
    assert whats(changes, notify=True) == told
    steady = [change for i in range(200) for change in engine.tick(T + at + i * 10)]
    assert whats(steady) == ["left", "closed"]
    assert whats(steady, notify=True) == ["closed"]


def test_a_silenced_incident_is_notified_when_its_silence_ends_before_it_does():
    engine = engine_of("shop")
    engine.silences.add(Silence(id="s", endpoints=("sh*",), begins=T, ends=T + 100))
    (opened,) = run(engine, failing("shop", 3))
    assert not opened.told
    assert engine.tick(T + 99) == []
    assert whats(engine.tick(T + 101), notify=True) == ["reminded"]


def test_a_member_that_is_silenced_is_not_notified_when_it_joins():
    engine = web_and_api_of_one_host()
    run(engine, failing("web", 3))
    engine.silences.add(Silence(id="s", endpoints=("api",), begins=T, ends=T + 1000))
    (joined,) = run(engine, failing("api", 3, 5))
    assert (joined.what, joined.told) == ("joined", False)


def test_a_member_that_is_not_silenced_makes_a_silenced_incident_notified():
    engine = web_and_api_of_one_host()
    engine.silences.add(Silence(id="s", endpoints=("web",), begins=T, ends=T + 1000))
    changes = run(engine, [*failing("web", 3), *failing("api", 3, 5)])
    assert whats(changes, notify=True) == []
    assert whats(engine.tick(T + 16), notify=True) == ["reminded"]


def test_what_nobody_takes_is_notified_again_and_what_is_taken_is_not():
    engine = Engine([WatchedEndpoint(id="shop")], remind_every=600)
    (opened,) = run(engine, failing("shop", 3))
    assert whats(engine.tick(T + 700), notify=True) == ["reminded"]
    assert whats(engine.acknowledge(opened.incident.id, "ada", T + 701)) == ["acknowledged"]
    assert engine.acknowledge(opened.incident.id, "ada", T + 702) == []
    assert engine.tick(T + 5000) == []


def test_a_certificate_that_ends_soon_says_when_whose_and_what_to_do():
    engine = engine_of("shop")
    seen = CertificateSeen(not_after=T + 7 * DAY, issuer="Example CA R3", key="1")
    (opened,) = engine.see(check(0, "shop", True, certificate=seen))
    assert (opened.incident.pattern, opened.incident.kind) == ("certificate", None)
    assert engine.state_of("shop") == "ok"
    assert opened.incident.summary == (
        "shop: its certificate ends 2026-09-28 14:13 UTC, in 7 days; "
        "it was issued by Example CA R3."
    )
    renew, otherwise = opened.incident.advice
    assert renew.startswith("Renew the certificate with Example CA R3 within 7 days")
    assert "every server of shop.test" in renew
    assert "log" in otherwise
    (reminded,) = engine.tick(T + 6 * DAY)
    assert "in 24 hours" in reminded.incident.summary
    assert "within 24 hours" in reminded.incident.advice[0]


OWN = CertificateSeen(not_after=T + 60 * DAY, issuer="R3", key="1")
ISSUER = CertificateSeen(not_after=T + 6.5 * DAY, issuer="X1", key="2", whose="the issuer CN=R3")
LONG = replace(ISSUER, not_after=T + 900 * DAY, key="3")


def seeing(at, own=OWN, other=ISSUER, *, up=True):
    return check(at, "shop", up, certificate=own, other_certificate=other)


@pytest.mark.parametrize("own", [OWN, None])
def test_another_certificate_that_ends_first_warns_as_the_endpoints_own_does(own):
    engine = engine_of("shop")
    (opened,) = engine.see(seeing(0, own))
    assert (opened.incident.pattern, opened.incident.severity) == ("certificate", "warn")
    summary = "shop: the certificate of the issuer CN=R3 ends 2026-09-28 02:13 UTC, in 6 days"
    assert opened.incident.summary.startswith(summary)
    renew = "Renew the certificate of the issuer CN=R3 with X1 within 6 days, and have every server"
    assert opened.incident.advice[0].startswith(f"{renew} that sends it take the new one")

    kept = {"shop": json.loads(json.dumps(engine.dump_endpoint("shop")))}
    again = engine_of("shop")
    assert again.load(kept, engine.incidents(), engine.dump_shared(), T) == []
    for one in (engine, again):
        assert one.see(seeing(30, own)) == []
        assert whats(one.tick(T + 5.6 * DAY)) == ["reminded"]
        assert whats(one.see(seeing(5.7 * DAY, own, LONG))) == ["closed"]


def test_what_says_nothing_of_another_certificate_that_ends_first_ends_no_warning():
    engine = engine_of("shop")
    engine.see(seeing(0, replace(OWN, not_after=T + 25 * DAY)))
    renewed = replace(OWN, key="4")
    assert run(engine, [seeing(30, renewed), seeing(60, renewed)]) == []
    # These did not come so far, or saw another server.
    failed = [seeing(70, renewed, None, up=False), seeing(80, renewed, LONG, up=False)]
    assert run(engine, failed) == []
    without = [seeing(90, renewed, None), seeing(100, renewed), seeing(DAY, renewed, None)]
    assert run(engine, without) == []
    assert whats(engine.see(seeing(1.1 * DAY, renewed, None))) == ["closed"]
    assert engine.tick(T + 7 * DAY) == []


def test_the_days_of_the_endpoints_own_certificate_count_again_after_another_was_renewed():
    engine = engine_of("shop")
    own = replace(OWN, not_after=T + 20 * DAY)
    engine.see(seeing(0, own))
    (reminded,) = engine.see(seeing(30, own, LONG))
    assert "its certificate ends 2026-10-11" in reminded.incident.summary
    assert whats(engine.tick(T + 7 * DAY)) == ["reminded"]


def test_a_job_that_does_not_report_is_notified_and_its_report_ends_it():
    engine = Engine([WatchedEndpoint(id="job", every=60, grace=30)])
    engine.see(check(0, "job", True, origin="heartbeat"))
    assert engine.tick(T + 89) == []
    (opened,) = engine.tick(T + 91)
    assert opened.incident.pattern == "heartbeat_missed"
    assert whats(engine.see(check(200, "job", True, origin="heartbeat"))) == ["closed"]


def test_a_job_whose_report_is_overdue_is_down_until_the_next():
    engine = Engine([WatchedEndpoint(id="job", every=60, grace=30)])
    assert engine.state_of("job") == "unknown"
    engine.see(check(0, "job", True, origin="heartbeat"))
    engine.tick(T + 91)
    assert (engine.state_of("job"), engine.kind_of("job")) == ("down", "unknown")
    assert engine.since("job") == T + 91
    run(engine, [check(200, "job", True, origin="heartbeat")])
    assert (engine.state_of("job"), engine.kind_of("job")) == ("ok", None)
    assert [(transition.after, transition.kind) for transition in engine.transitions()] == [
        ("ok", None),
        ("down", "unknown"),
        ("ok", None),
    ]


def test_a_late_report_of_a_failure_makes_the_missed_one_an_outage():
    engine = Engine([WatchedEndpoint(id="job", every=60, grace=30)])
    engine.tick(T)
    engine.tick(T + 91)
    failed = check(100, "job", False, "service.rejected", origin="heartbeat", detail="disk full")
    assert whats(engine.see(failed)) == ["closed", "opened"]
    assert engine.state_of("job") == "down"
    assert [incident.kind for incident in engine.incidents()] == ["service.rejected"]


def test_slowness_is_notified_and_its_end():
    engine = engine_of("shop")
    fast = [check(i * 30, "shop", True, seconds=0.02 + (i % 3) * 0.001) for i in range(60)]
    slow = [check(3000 + i * 30, "shop", True, seconds=0.2) for i in range(10)]
    again = [check(4000 + i * 30, "shop", True, seconds=0.02) for i in range(10)]
    assert run(engine, fast) == []
    assert whats(run(engine, slow)) == ["opened"]
    assert whats(run(engine, again)) == ["closed"]


def test_a_diagnosis_names_the_incident():
    engine = engine_of("shop")
    (opened,) = run(engine, failing("shop", 3))
    assert engine.needs_diagnosis() == [(opened.incident.id, "shop")]
    assert engine.needs_diagnosis() == []
    report = {
        "verdict": {
            "kind": "tcp.refused",
            "cause": "wrong_port",
            "where": "this program",
            "confidence": 0.9,
            "summary": "The same host speaks HTTP on port 8081.",
        }
    }
    (changed,) = engine.diagnosed(opened.incident.id, report, T + 20)
    assert changed.incident.pattern == "port_change"
    assert changed.incident.diagnosis == report
    assert changed.incident.summary == "The same host speaks HTTP on port 8081."


HEALTHY = {"verdict": {"kind": "healthy", "confidence": 1.0, "summary": "It answers."}}


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(["tcp.refused", "http.error", "http.response.unexpected_content"]),
    recovery=st.integers(1, 5),
    outages=st.lists(st.tuples(st.integers(3, 9), st.integers(0, 4)), min_size=1, max_size=4),
    diagnosed=st.sets(st.integers(0, 60)),
)
def test_checks_alone_resolve_an_incident(kind, recovery, outages, diagnosed):
    engine = engine_of("shop", recovery=recovery)
    at = 0
    for failures, more in outages:
        series = [False] * failures + [True] * (recovery + more)
        ended = []
        for up in series:
            at += 10
            changes = engine.see(check(at, "shop", up, **({} if up else {"kind": kind})))
            ended += [at for change in changes if change.what == "closed"]
            incident = engine.incident_of("shop")
            if incident is not None and at // 10 in diagnosed:
                assert [c.what for c in engine.diagnosed(incident.id, HEALTHY, T + at)] == [
                    "diagnosed"
                ]
        at += 10_000  # longer than what reopens
        assert ended == [at - 10_000 - 10 * more]


def test_what_answers_otherwise_than_expected_is_said_of_a_diagnosis_that_gets_through():
    engine = engine_of("shop")
    (opened,) = run(engine, failing("shop", 3, kind="http.response.unexpected_content"))
    (changed,) = engine.diagnosed(opened.incident.id, HEALTHY, T + 20)
    said = changed.incident.timeline[-1].text
    assert said == "connects and answers; what it answers is not what is expected"


def test_endpoints_that_are_no_longer_watched_leave_no_incident():
    engine = engine_of("shop", "mail")
    run(engine, failing("shop", 3))
    assert whats(engine.configure([WatchedEndpoint(id="mail")], T + 60)) == ["left", "closed"]
    assert engine.see(check(70, "shop", False)) == []


def test_a_reload_keeps_counters():
    engine = engine_of("shop")
    run(engine, failing("shop", 2))
    engine.configure([WatchedEndpoint(id="shop", name="Shop")], T + 20)
    assert whats(run(engine, failing("shop", 1, 30))) == ["opened"]


def test_what_another_version_kept_of_an_endpoint_is_begun_anew():
    engine = engine_of("shop")
    old = {"state": "down", "streak": [3, 0, T, "000"], "detectors": {}, "last": [None] * 6}
    engine.load({"shop": old | {"shown": ["down", T]}}, [], None, T)
    assert engine.state_of("shop") == "unknown"
    assert whats(run(engine, failing("shop", 3))) == ["opened"]


def test_what_a_diagnosis_names_is_not_renamed_by_the_next_failure():
    engine = engine_of("shop")
    (opened,) = run(engine, failing("shop", 3))
    verdict = {"kind": "tcp.timed_out", "where": "path", "confidence": 0.9, "summary": "the path"}
    engine.diagnosed(opened.incident.id, {"verdict": verdict}, T + 20)
    assert run(engine, failing("shop", 2, 30)) == []
    assert engine.incident_of("shop").pattern == "network_partition"


def test_what_some_observers_see_rises_to_an_outage_and_never_falls_back():
    engine = engine_of("shop")
    seen = [replace(check, vantage="B") for check in well("shop", 3, step=30)]
    run(engine, seen)
    changes = run(
        engine, [replace(check, origin="call", vantage="web1") for check in failing("shop", 3, 40)]
    )
    changes += run(engine, [replace(check, vantage="B") for check in well("shop", 1, 62)])
    (opened,) = changes
    assert (opened.incident.pattern, opened.incident.severity) == ("callers_only", "warn")
    assert opened.incident.partial
    changes = run(engine, [replace(check, vantage="B") for check in failing("shop", 3, 70)])
    assert [change.what for change in changes] == ["raised"]
    assert (changes[0].incident.pattern, changes[0].incident.severity) == ("service_outage", "page")
    assert changes[0].told
    back = run(engine, [replace(check, vantage="B") for check in well("shop", 1, 90)])
    assert engine.incident_of("shop").pattern == "service_outage"
    assert [change.what for change in back if change.what != "closed"] == []
