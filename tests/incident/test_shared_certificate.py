"""One certificate on several endpoints, and several certificates on one."""

import json

from incident.test_engine import DAY, T, check, failing, run, whats

from ringback.incident.engine import Engine
from ringback.incident.model import CertificateSeen, WatchedEndpoint
from ringback.monitor.store.records import incident_from_json, incident_json

ENDED = "tls.cert.date_invalid.expired"


def engine_of(*ids):
    """Endpoints that have nothing in common but what their checks show."""
    return Engine([WatchedEndpoint(id=id_, name=id_, host=f"{id_}.{id_}.test") for id_ in ids])


def ends(days, key="1", issuer="CA"):
    return CertificateSeen(not_after=T + days * DAY, issuer=issuer, key=key)


def looks(at, ids, seen, up=True, kind=None):
    return [check(at, id_, up, kind, certificate=seen) for id_ in ids]


def restarted(engine):
    again = engine_of(*engine.watched())
    cases = {id_: json.loads(json.dumps(engine.dump_endpoint(id_))) for id_ in engine.watched()}
    incidents = [incident_from_json(incident_json(incident)) for incident in engine.incidents()]
    assert again.load(cases, incidents, engine.dump_shared(), T) == []
    return again


def test_the_warning_of_one_certificate_is_one_incident():
    engine = engine_of("a", "b", "c")
    changes = run(engine, looks(0, "abc", ends(20)))
    assert whats(changes) == ["opened", "joined", "joined"]
    (incident,) = engine.incidents()
    assert incident.members == ("a", "b", "c")
    assert incident.timeline[-1].text == "c has the same certificate"


def test_each_step_is_notified_once_whoever_says_it_first():
    engine = engine_of("a", "b", "c")
    run(engine, looks(0, "abc", ends(20)))
    assert whats(engine.tick(T + 7 * DAY)) == ["reminded"]
    assert whats(engine.tick(T + 14 * DAY)) == ["reminded"]
    assert "in 6 days" in engine.incidents()[0].summary


def test_it_is_over_when_the_last_endpoint_has_another_one():
    engine = engine_of("a", "b")
    run(engine, looks(0, "ab", ends(20)))
    assert whats(run(engine, looks(60, "a", ends(90, "2")))) == ["left"]
    assert [incident.members for incident in engine.incidents()] == [("a", "b")]
    assert whats(run(engine, looks(60, "b", ends(90, "2")))) == ["closed"]
    assert engine.incidents() == []


def test_another_issuer_at_one_endpoint_leaves_the_others_their_warning():
    engine = engine_of("a", "b")
    run(engine, looks(0, "ab", ends(20)))
    warning = engine.incidents()[0]
    assert whats(run(engine, looks(60, "a", ends(90, "2", "Another CA")))) == ["left", "opened"]
    first, second = engine.incidents()
    assert (first.kind, first.summary, first.well) == (warning.kind, warning.summary, ("a",))
    assert (second.members, second.kind) == (("a",), None)
    assert whats(run(engine, looks(120, "b", ends(90, "3")))) == ["closed"]
    assert whats(run(engine, looks(61 + DAY, "a", ends(90, "2", "Another CA")))) == ["closed"]


def test_an_endpoint_whose_certificate_is_not_known_shares_none():
    engine = engine_of("a", "b")
    assert whats(run(engine, looks(0, "ab", ends(20, key="")))) == ["opened"] * 2


def test_who_fails_when_it_has_ended_is_down_and_who_does_not_is_not():
    engine = engine_of("a", "b")
    run(engine, looks(0, "ab", ends(1)))
    engine.tick(T + DAY + 1)
    at = DAY + 10
    changes = run(engine, failing("a", 3, at, kind=ENDED))
    assert whats(changes) == ["left", "opened"]
    (outage,) = engine.incidents()
    assert (outage.detector, outage.members, outage.well) == ("", ("a", "b"), ("b",))
    changes = run(engine, failing("b", 3, at + 30, kind=ENDED))
    assert whats(changes) == ["joined"]
    new = [check for i in range(2) for check in looks(at + 100 + i * 60, "ab", ends(400, "2"))]
    assert whats(run(engine, new))[-2:] == ["left", "closed"]
    assert engine.incidents() == []


def test_of_an_outage_by_a_certificate_that_has_ended_there_is_no_warning_beside():
    engine = engine_of("a", "b")
    run(engine, looks(0, "ab", ends(1)))
    run(engine, failing("a", 3, DAY + 10, kind=ENDED))
    assert whats(run(engine, looks(DAY + 40, "b", ends(1)))) == []
    assert whats(run(engine, failing("b", 3, DAY + 70, kind=ENDED))) == ["joined"]


def test_who_joins_another_outage_leaves_the_others_their_warning():
    hosts = {"a": "one.one", "b": "b.b", "c": "one.one"}
    engine = Engine([WatchedEndpoint(id=id_, name=id_, host=host) for id_, host in hosts.items()])
    run(engine, looks(0, "ab", ends(1)))
    engine.tick(T + DAY + 1)
    assert whats(run(engine, failing("c", 3, DAY + 10, kind=ENDED))) == ["opened"]
    assert whats(run(engine, failing("a", 3, DAY + 30, kind=ENDED))) == ["joined", "left"]
    warning, outage = engine.incidents()
    assert (warning.detector, warning.members, warning.well) == ("certificate", ("a", "b"), ("a",))
    assert outage.members == ("c", "a")
    assert whats(run(engine, looks(2 * DAY, "b", ends(90, "2")))) == ["closed"]


def test_of_servers_in_turn_the_certificate_that_ends_first_counts():
    engine = engine_of("a")
    pair = (ends(20), ends(90, "2"))
    seen = [check for i in range(40) for check in looks(i * 60, "a", pair[i % 2])]
    assert whats(run(engine, seen)) == ["opened", "closed", "opened"]
    assert "in 20 days" in engine.incidents()[0].summary
    engine = restarted(engine)
    assert run(engine, looks(3000, "a", pair[1])) == []
    # The server that had it is not asked any more, or has a new one.
    assert run(engine, looks(DAY / 2, "a", pair[1])) == []
    assert whats(run(engine, looks(2 * DAY, "a", pair[1]))) == ["closed"]


def test_another_certificate_does_not_take_the_place_of_the_warning_that_it_ends():
    engine = engine_of("a")
    run(engine, looks(0, "a", ends(90)))
    changes = run(engine, looks(60, "a", ends(20, "2", "Another CA")))
    assert [change.incident.detector for change in changes] == ["certificate_change"]
    changes = run(engine, looks(120, "a", ends(20, "2", "Another CA")))
    assert [change.incident.detector for change in changes] == ["certificate"]
    engine = restarted(engine)
    assert whats(engine.tick(T + 60 + DAY))[0] == "closed"
    (incident,) = engine.incidents()
    assert (incident.kind, "in 20 days" in incident.summary) == (None, True)


def test_a_check_that_expects_more_days_makes_an_outage_of_the_warning():
    engine = engine_of("a")
    (warning,) = run(engine, looks(0, "a", ends(14.0005)))
    changes = run(engine, failing("a", 3, 10, kind="tls.cert.invalid"))
    assert [(change.what, change.incident.id) for change in changes] == [
        ("opened", warning.incident.id)
    ]
    (again,) = engine.tick(T + DAY)  # within 14 days; the outage goes on
    assert (again.again, again.incident.id) == (True, warning.incident.id)
