from dataclasses import replace

import pytest
from monitor.notify.made import change, incident

from ringback.incident.model import TimelineEntry, WatchedEndpoint
from ringback.monitor.model import Endpoint
from ringback.monitor.notify.routing import Routing, remind_every
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


def test_without_a_route_everybody_is_notified():
    assert channels([], change("opened", incident())) == ["a", "b", "c"]


def test_a_notifier_notifies_once_however_many_routes_fit():
    routes = [RouteSettings(notifiers=("a",)), RouteSettings(notifiers=("b", "a"))]

    assert channels(routes, change("opened", incident())) == ["a", "b"]


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ({"endpoints": ("shop-*",)}, True),
        ({"endpoints": ("db-*",)}, False),
        ({"groups": ("group-blue",)}, True),
        ({"groups": ("group-red",)}, False),
        ({"labels": {"team": "bl*"}}, True),
        ({"labels": {"team": "red"}}, False),
        ({"labels": {"none": "x"}}, False),
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


def test_a_member_that_joins_is_sent_to_those_who_were_sent_nothing():
    routes = [
        RouteSettings(notifiers=("a",), labels={"team": "blue"}),
        RouteSettings(notifiers=("b", "a"), labels={"team": "red"}),
    ]
    grown = change("joined", incident(1, members=("shop-1", "shop-2")), endpoint="shop-2")

    assert channels(routes, grown) == ["b"]


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


def test_what_is_new_is_notified_whatever_the_route_says_of_repeating():
    assert channels([RouteSettings(notifiers=("a",))], reminded(1, again=False)) == ["a"]


def test_the_monitor_reminds_as_often_as_the_route_that_asks_most():
    routes = [RouteSettings(notifiers=("a",), repeat=every) for every in (None, 7200.0, 900.0)]

    assert remind_every(routes) == 900.0
    assert remind_every(routes[:1]) == 0.0


def test_escalation_is_due_later_and_only_for_the_beginning():
    route = RouteSettings(notifiers=("a",), escalate_after=600.0, escalate_to=("b", "c"))
    routing = Routing(["a", "b", "c"], [route])
    opened = change("opened", incident(at=1000.0))

    notices = routing.notices(opened)
    assert [(one.channel, one.at) for one in notices] == [("a", 1000), ("b", 1600), ("c", 1600)]
    assert [one.channel for one in routing.notices(change("acknowledged", opened.incident))] == [
        "a"
    ]


def test_the_same_change_for_the_same_channel_has_the_same_id():
    routing = Routing(["a", "b"], [])
    opened, closed = (change(what, incident(at=1.0)) for what in ("opened", "closed"))

    assert [one.id for one in routing.notices(opened)] == [
        one.id for one in routing.notices(opened)
    ]
    ids = {one.id for each in (opened, closed) for one in routing.notices(each)}
    assert len(ids) == 4
