from dataclasses import replace
from typing import get_args

import pytest
from monitor.notify.made import REPORT, change, incident

from ringback.incident.model import TimelineEntry, WatchedEndpoint, What
from ringback.monitor.model import Endpoint
from ringback.monitor.notify.notification import Told, update_of
from ringback.monitor.notify.routing import Routing, takes_warnings
from ringback.monitor.notify.settings import RouteSettings

ENDPOINTS = [
    Endpoint(
        id=f"shop-{number}",
        name=f"Shop {number}",
        url="http://shop.invalid/",
        type="http",
        labels={"team": team},
        watched=WatchedEndpoint(id=f"shop-{number}", group=f"group-{team}"),
    )
    for number, team in ((1, "blue"), (2, "red"))
]


def channels(routes, one, told=()):
    notices = Routing(["a", "b", "c"], routes, ENDPOINTS).notices(one, told)
    return [notice.channel for notice in notices]


def test_a_notifier_notifies_once_however_many_routes_fit():
    routes = [RouteSettings(notifiers=("a",)), RouteSettings(notifiers=("b", "a"))]

    assert channels(routes, change("opened", incident())) == ["a", "b"]


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ({"endpoints": ("shop-*",)}, True),
        ({"endpoints": ("db-*",)}, False),
        ({"groups": ("group-blue",)}, True),
        ({"labels": {"team": "bl*"}}, True),
        ({"labels": {"team": "red"}}, False),
        ({"patterns": ("service_*",)}, True),
        ({"patterns": ("certificate", "latency")}, False),
        ({"kinds": ("tcp.*",)}, True),
        ({"kinds": ("tls.*",)}, False),
        ({"endpoints": ("shop-1",), "kinds": ("tls.*",)}, False),
    ],
)
def test_a_route_is_for_what_fits_all_its_conditions(condition, fits):
    routes = [RouteSettings(notifiers=("a",), **condition)]

    assert channels(routes, change("opened", incident())) == (["a"] if fits else [])


def test_a_route_that_stops_keeps_later_ones_from_what_it_took():
    routes = [
        RouteSettings(notifiers=("a",), labels={"team": "blue"}, stop=True),
        RouteSettings(notifiers=("b",)),
    ]
    both = incident(members=("shop-1", "shop-2"))

    assert channels(routes, change("opened", incident(1))) == ["a"]
    assert channels(routes, change("opened", incident(2))) == ["b"]
    assert channels(routes, change("opened", both)) == ["a", "b"]


def test_the_end_is_also_for_those_who_sent_the_beginning():
    routes = [RouteSettings(notifiers=("a",))]

    assert channels(routes, change("closed", incident()), ["b", "gone"]) == ["a", "b"]


def test_a_joining_member_goes_to_its_routes_and_who_was_told():
    routes = [
        RouteSettings(notifiers=("a",), labels={"team": "blue"}),
        RouteSettings(notifiers=("b",), labels={"team": "red"}),
    ]
    grown = change("joined", incident(1, members=("shop-1", "shop-2")), endpoint="shop-2")

    assert channels(routes, grown) == ["b"]
    assert channels(routes, grown, ["a"]) == ["b", "a"]


@pytest.mark.parametrize(
    ("condition", "severity", "fits"),
    [
        ({}, "page", True),
        ({}, "warn", False),
        ({"severity": ("page", "warn")}, "warn", True),
        ({"severity": ("warn",)}, "page", False),
        ({"patterns": ("service_*",)}, "warn", True),
        ({"patterns": ("latency",)}, "warn", False),
        ({"patterns": ("service_*",), "severity": ("page",)}, "warn", False),
    ],
)
def test_a_warning_goes_where_it_is_asked_for(condition, severity, fits):
    routes = [RouteSettings(notifiers=("a",), **condition)]

    assert channels(routes, change("opened", incident(severity=severity))) == ["a"] * fits
    assert takes_warnings(routes) == ("warn" in routes[0].severities)


def test_what_becomes_urgent_goes_to_those_who_were_not_warned():
    routes = [
        RouteSettings(notifiers=("a",), escalate_after=60.0, escalate_to=("c",)),
        RouteSettings(notifiers=("b",), severity=("warn",)),
    ]
    warned = change("opened", incident(severity="warn"))
    worse = change("raised", replace(warned.incident, severity="page"))

    assert channels(routes, warned) == ["b"]
    assert channels(routes, worse, ["b"]) == ["a", "b", "c"], "and the time until c begins"


def test_a_diagnosis_that_found_nothing_is_not_notified():
    found = change("diagnosed", incident())
    nothing = {"verdict": {"kind": "unknown"}}

    assert channels([], found) == ["a", "b", "c"]
    assert channels([], replace(found, incident=replace(found.incident, diagnosis=nothing))) == []
    assert channels([], change("left", incident())) == []


def reminded(hours, *, again=True):
    begun = incident(at=0.0)
    earlier = tuple(
        TimelineEntry(at=3600.0 * hour, what="reminded", text="it goes on")
        for hour in range(1, hours)
    )
    begun = replace(begun, timeline=earlier)
    return change("reminded", begun, at=3600.0 * hours, again=again)


@pytest.mark.parametrize(
    ("repeat", "told"), [(None, []), (3600.0, [1, 2, 3, 4, 5, 6]), (7200.0, [2, 4, 6])]
)
def test_reminders_come_as_often_as_the_route_says(repeat, told):
    routes = [RouteSettings(notifiers=("a",), repeat=repeat)]

    assert [hours for hours in range(1, 7) if channels(routes, reminded(hours))] == told


def test_escalation_is_due_later_and_only_for_the_beginning():
    route = RouteSettings(notifiers=("a",), escalate_after=600.0, escalate_to=("b", "c"))
    routing = Routing(["a", "b", "c"], [route])
    opened = change("opened", incident(at=1000.0))

    notices = routing.notices(opened)
    assert [(notice.channel, notice.at) for notice in notices] == [
        ("a", 1000),
        ("b", 1600),
        ("c", 1600),
    ]
    assert [
        notice.channel for notice in routing.notices(change("acknowledged", opened.incident))
    ] == ["a"]


@pytest.mark.parametrize("what", [what for what in get_args(What) if what not in {"left", "noted"}])
def test_every_change_says_something_to_those_who_know_the_incident(what):
    of = change(what, incident(members=("shop-1", "shop-2")), endpoint="shop-2")
    of = of if what != "diagnosed" else replace(of, incident=replace(of.incident, diagnosis=REPORT))
    notices = Routing(["a"], [], ENDPOINTS).notices(of, ["a"])
    known = Told(members=("shop-1",), pattern="latency", severity="warn")

    assert update_of(notices, of.incident, told=known, live=notices) is not None


def test_what_is_about_the_monitor_itself_concerns_everybody():
    sick = incident(pattern="prober_sick", kind=None, members=())
    routes = [
        RouteSettings(notifiers=("a",), groups=("group-blue",), stop=True),
        RouteSettings(notifiers=("b",), endpoints=("shop-2",)),
        RouteSettings(notifiers=("c",), patterns=("service_*",)),
    ]

    assert channels([], change("opened", sick)) == ["a", "b", "c"]
    assert channels(routes, change("opened", sick)) == ["a", "b"]
    assert channels(routes, change("closed", sick), told=("c",)) == ["a", "b", "c"]
    assert channels(routes, change("reminded", sick)) == ["a", "b"]
