import socket

from ringback.client.dial.address import in_order


def addresses(*hosts):
    return [
        (socket.AF_INET6, 1, 6, "", (host, 80, 0, 0))
        if ":" in host
        else (socket.AF_INET, 1, 6, "", (host, 80))
        for host in hosts
    ]


def tried(*hosts, avoided=()):
    found = in_order(addresses(*hosts), dict.fromkeys(avoided, 0.0))
    return [address[4][0] for address in found]


def test_families_take_turns_beginning_with_the_resolvers_first():
    assert tried("::1", "::2", "::3", "192.0.2.1") == ["::1", "192.0.2.1", "::2", "::3"]
    assert tried("192.0.2.1", "192.0.2.2", "::1") == ["192.0.2.1", "::1", "192.0.2.2"]


def test_an_address_is_tried_once():
    assert tried("192.0.2.1", "192.0.2.1", "::1", "192.0.2.1") == ["192.0.2.1", "::1"]


def test_what_failed_lately_comes_last_the_oldest_failure_first():
    known = ("::1", "::2", "192.0.2.1", "192.0.2.2")

    assert tried(*known, avoided=["::2", "::1"]) == ["192.0.2.1", "192.0.2.2", "::2", "::1"]
    assert tried(*known, avoided=["203.0.113.9"]) == ["::1", "192.0.2.1", "::2", "192.0.2.2"]
