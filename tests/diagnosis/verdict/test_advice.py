"""Advice is filled in with what was read, and has no step that something is missing for."""

import re
from typing import Any

import pytest
from diagnosis.verdict.readings import connected, reading
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis.model import Reading
from ringback.diagnosis.verdict import RULES
from ringback.diagnosis.verdict.advice import advice_for, filled, placeholders, told_step
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.failure.kinds import KINDS

STEPS = [step for rule in RULES for step in rule.advice]
KIND_STEPS = [step for kind in KINDS.values() for step in kind.do]
CAPITALS = re.compile(r"`[^`]*\b(URL|HOST|PORT|NAME|@ADDRESS|GATEWAY)\b[^`]*`")
FIELD = re.compile(r"\{(\w+)\}")


def parsed(host: str = "web.test") -> Reading:
    known = {"scheme": "https", "host": host, "port": 8443, "protocol": "http", "tls": True}
    subject = f"https://{f'[{host}]' if ':' in host else host}:8443/a;b"
    return reading("url", "parse", subject, **known, is_address=not host.endswith("test"))


def machine(platform: str = "Linux-6.1-x86_64") -> Reading:
    return reading("host", "environment", platform=platform)


EVERYTHING = (
    parsed(),
    machine(),
    reading("host", "interfaces", interfaces=[{"name": "eth0", "loopback": False}]),
    reading(
        "host", "route", gateway="192.0.2.254", route=True, default=True, family=4,
        source="192.0.2.3", interface="eth0",
    ),
    reading("host", "hosts_file", path="/etc/hosts", line=3),
    reading("host", "resolver_config", path="/etc/resolv.conf", search=["corp.test"]),
    reading("host", "proxy_variables", variables={"https_proxy": "http://proxy.test:3128"}),
    reading("name", "getaddrinfo", addresses=["192.0.2.7"]),
    reading("name", "nameserver", server="192.0.2.53", type="A", answers=["192.0.2.7"]),
    reading("proxy", "connect", proxy="http://proxy.test:3128", outcome="open"),
    connected("192.0.2.7", port=8443),
)  # fmt: skip


def known(*readings: Reading) -> dict[str, object]:
    return placeholders(Evidence(readings), readings)


def test_every_field_of_a_step_is_one_that_may_be_known() -> None:
    fields = {field for step in STEPS for field in FIELD.findall(step)}
    unconditional = {field for field in fields if not field.startswith("if_")} - {"else"}

    assert unconditional - set(known(*EVERYTHING)) == set()


def test_where_everything_is_known_no_placeholder_is_left() -> None:
    here = known(*EVERYTHING)

    assert [step for step in KIND_STEPS if CAPITALS.search(filled(step, here))] == []
    assert [step for step in STEPS if CAPITALS.search(told_step(step, here) or "")] == []


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("`curl -v http://HOST:PORT/`", "`curl -v http://web.test:8443/`"),
        ("`curl -sI http://HOST`", "`curl -sI http://web.test`"),
        ("`openssl s_client -connect HOST:443`", "`openssl s_client -connect web.test:8443`"),
        ("`curl -v URL`", "`curl -v 'https://web.test:8443/a;b'`"),
        ("`dig @ADDRESS NAME`", "`dig @192.0.2.53 web.test`"),
        ("`ip route get ADDRESS`", "`ip route get 192.0.2.7`"),
        ("`ping GATEWAY`", "`ping 192.0.2.254`"),
        ("`curl -x {proxy} URL`", "`curl -x http://proxy.test:3128 'https://web.test:8443/a;b'`"),
        ("Give the NAME and PORT.", "Give the NAME and PORT."),
        ("Let {source} to {address}, port {port}.", "Let 192.0.2.3 to 192.0.2.7, port 8443."),
        ("Line {hosts_line} of `{hosts_file}`.", "Line 3 of `/etc/hosts`."),
        ("Unset `{variable}`.", "Unset `https_proxy`."),
        ("{if_named}It is {host}.", "It is web.test."),
        ("{if_here}Start it here.", None),
        ("Ask those who run {sender}.", None),
        ("`REQUESTS_CA_BUNDLE`, `HTTPS_PROXY`", "`REQUESTS_CA_BUNDLE`, `HTTPS_PROXY`"),
    ],
)
def test_what_is_known_is_filled_in_and_a_step_without_it_is_left_out(
    step: str, said: str | None
) -> None:
    assert told_step(step, known(*EVERYTHING)) == said


def test_the_last_resort_is_advised_where_nothing_else_is_left() -> None:
    steps = ("Mend `{resolv_conf}`.", "{else}Use another one.")

    assert advice_for(steps, {"resolv_conf": "/etc/resolv.conf"}) == ("Mend `/etc/resolv.conf`.",)
    assert advice_for(steps, {}) == ("Use another one.",)


def test_an_address_of_ipv6_is_in_brackets_in_a_url_only() -> None:
    here = known(parsed("2001:db8::1"))

    assert told_step("`curl http://HOST:PORT/`", here) == "`curl http://[2001:db8::1]:8443/`"
    assert told_step("`nc -vz HOST 22`", here) == "`nc -vz 2001:db8::1 22`"
    assert told_step("`dig NAME`", here) == "`dig NAME`"
    assert told_step("`iptables -S`", here) == "`ip6tables -S`"


@pytest.mark.parametrize("host", ["a`rm -r` b.test", "a;reboot.test", "$(id).test", "a'b.test"])
def test_what_a_shell_would_take_otherwise_is_not_filled_in(host: str) -> None:
    here = known(parsed(host))

    assert told_step("`dig NAME`", here) == "`dig NAME`"
    assert told_step("`dig {host}`", here) is None


def test_what_others_sent_cannot_begin_a_command_in_a_sentence() -> None:
    assert told_step("It is by {issuer}.", {"issuer": "`reboot`"}) is None
    assert told_step("It is by {issuer}.", {"issuer": "x\x1b[2J"}) is None
    assert told_step("It is by {issuer}.", {"issuer": "{host}", "host": "x"}) == "It is by {host}."


@pytest.mark.parametrize(
    ("platform", "route", "firewall"),
    [
        ("Linux-6.1-x86_64", "ip route add 192.0.2.7 via ROUTER", "nft list ruleset"),
        ("macOS-14.5-arm64-arm-64bit", "sudo route add 192.0.2.7 ROUTER", "sudo pfctl -sr"),
        (
            "Windows-11-10.0.22631-SP0",
            "route add 192.0.2.7 ROUTER",
            "Get-NetFirewallRule -Enabled True -Direction Outbound",
        ),
    ],
)
def test_commands_for_this_host_are_those_of_its_system(
    platform: str, route: str, firewall: str
) -> None:
    here = known(*EVERYTHING, machine(platform))
    here["platform"] = platform

    assert told_step("`ip route add {address} via ROUTER`", here) == f"`{route}`"
    assert told_step("Look here: `nft list ruleset`.", here) == f"Look here: `{firewall}`."
    theirs = "On the host of the service: `nft list ruleset`."
    assert told_step(theirs, here) == theirs


@given(st.sets(st.sampled_from(range(len(EVERYTHING)))), st.sampled_from(RULES))
def test_there_is_always_something_left_to_do(chosen: set[int], rule: Any) -> None:
    readings = [EVERYTHING[index] for index in sorted(chosen)]

    left = advice_for(rule.advice, placeholders(Evidence(readings), readings))

    assert left
    assert all(left)
    assert not any(FIELD.search(step) for step in left)
