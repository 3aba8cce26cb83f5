import pytest

from ringback.monitor.model import Endpoint
from ringback.monitor.relocation.location import (
    ServiceLocation,
    alternative_locations,
    location_of,
    redirect_location,
)

OWN = ServiceLocation(scheme="https", host="h.example", port=443)


@pytest.mark.parametrize(
    ("url", "type_", "found"),
    [
        ("https://u:p@h.example/a?b", "http", "https h.example:443"),
        ("http://[::1]:8080/", "http", "http [::1]:8080"),
        ("tcp://h.example:5432", "tcp", "tcp h.example:5432"),
        ("tls://h.example:465", "tls", "tls h.example:465"),
        ("tcp://h.example", "tcp", None),
        ("http://h.example:x/", "http", None),
        ("dns://h.example:53", "dns", None),
    ],
)
def test_the_place_of_an_endpoint(url, type_, found):
    place = location_of(Endpoint(id="e", name="E", url=url, type=type_))
    assert (place and f"{place.scheme} {place.shown}") == found


@pytest.mark.parametrize(
    ("location", "found"),
    [
        ("https://new.example:8443/x", ("https", "new.example", 8443)),
        ("http://new.example", ("http", "new.example", 80)),
        ("/elsewhere", None),
        ("http://h.example:99999/", None),
        ("http://[::1", None),
        ("", None),
    ],
)
def test_where_a_redirect_leads(location, found):
    place = redirect_location(location)
    assert (place and (place.scheme, place.host, place.port)) == found


def test_what_a_service_says_of_other_ports():
    header = 'h3=":443"; ma=2592000, h2="alt.example:8443", h2="[2001:db8::1]:9443", bad, x=":0"'
    found = [(location.host, location.port) for location in alternative_locations(header, OWN)]
    assert found == [("h.example", 443), ("alt.example", 8443), ("2001:db8::1", 9443)]
    assert len(list(alternative_locations('h2=":1",' * 500, OWN))) == 8
    assert list(alternative_locations('h2=":' + "9" * 500 + '"', OWN)) == []
