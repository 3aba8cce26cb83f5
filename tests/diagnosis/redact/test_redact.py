import ipaddress
import json

import pytest
from diagnosis.values import diagnosis, reading, verdict
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis.record import record_of
from ringback.diagnosis.redact import Cleaner, Placeholders, is_placeholder, redacted

# Distinct from every word of a report, as names of hosts and people mostly are.
WORD = st.from_regex(r"q[a-z0-9]{3,12}z", fullmatch=True)
DOTTED = st.builds("{}.{}.{}".format, WORD, WORD, st.sampled_from(["com", "internal", "xn--p1ai"]))
V4 = st.ip_addresses(v=4).filter(lambda ip: not ip.is_loopback and int(ip) > 1 << 24).map(str)
V6 = st.ip_addresses(v=6).filter(lambda ip: int(ip) > 1 << 64).map(str)
FULL = st.builds(lambda ip: ipaddress.ip_address(ip).exploded, V6)


def report(host, other, v4, v6, user):
    """A diagnosis in which everything that tells who somebody is stands in many places."""
    readings = (
        reading("url", "parse", f"https://{host}:8443/{user}", facts={"host": host, "port": 8443}),
        reading("name", "getaddrinfo", host, facts={"addresses": [v4, v6]}),
        reading("name", "nameserver", f"{v4} A", facts={"server": v4, "cnames": [other]}),
        reading("host", "environment", facts={"ca_bundle": {"path": f"/home/{user}/ca.pem"}}),
        reading("host", "hosts_file", host, facts={"addresses": [v6], "line": 3}),
        reading("proxy", "connect", f"{other}:3128", facts={"proxy": f"http://{other}:3128"}),
        reading("tcp", "connect", f"[{v6}]:8443", facts={"address": v6, "port": 8443, "family": 6}),
        reading("tls", "chain", f"{v4}:8443", facts=chain(host, other, user)),
        reading("tls", "handshake", facts={"verify_message": f"not valid for '{host}'"}),
        reading("http", "redirect", f"https://{host}/", facts={"location": f"//{other}/{user}"}),
        reading("http", "elsewhere", f"https://{other}/{user}", facts=elsewhere(other, v4, user)),
        reading(
            "service",
            "greeting",
            f"{v4}:25",
            result=f'it says "220 {user} at your service", which is',
            facts={"first_bytes": f"220 {user} at your service, stranger"},
        ),
    )
    summary = f"{host}:8443 ({v4}, [{v6}]) is not {other}; ask {user}@{other}, see /srv/{user}."
    found = verdict("x", "tcp.refused", "tcp", summary=summary, advice=(f"dig {host}.",))
    return diagnosis(*readings, target=f"https://{host}:8443/{user}", found=found)


def elsewhere(other, v4, user):
    parse = {
        "layer": "url",
        "what": "parse",
        "about": f"https://{other}/",
        "facts": {"host": other},
    }
    shown = {"layer": "tls", "about": f"{v4}:443", "facts": chain(other, other, user)}
    return {"answered": False, "readings": [parse, shown]}


def chain(host, other, user):
    return {
        "chain": [
            {
                "subject": f"CN={host}",
                "issuer": f"CN={user} root,O={other}",
                "names": [host, f"*.{other}"],
                "sha256": f"00{user}",
                "self_signed": False,
            }
        ]
    }


@given(WORD | DOTTED, WORD | DOTTED, V4, V6 | FULL, WORD)
def test_no_name_and_no_address_remains(host, other, v4, v6, user):
    (hidden,) = redacted([report(host, other, v4, v6, user)])
    text = json.dumps(record_of(hidden, redacted=True))

    for original in (host, other, v4, v6, user, str(ipaddress.ip_address(v6))):
        assert original not in text
    assert ":8443" in text


def test_the_same_stands_for_the_same():
    there = (
        "qhostz.qzonez.com",
        "qotherz.qzonez.internal",
        "198.51.100.7",
        "2001:db8::7",
        "quserz",
    )
    (hidden,) = redacted([report(*there)])
    readings = hidden.readings
    name = readings[1].subject

    assert hidden.target.startswith(f"https://{name}:8443/path-")
    assert readings[4].subject == readings[0].facts["host"] == name
    assert hidden.verdict.summary.startswith(f"{name}:8443 ({readings[1].facts['addresses'][0]}")
    assert readings[6].subject == f"[{readings[1].facts['addresses'][1]}]:8443"
    assert hidden.verdict.advice == (f"dig {name}.",)


def test_what_identifies_nobody_stays():
    facts = {"address": "127.0.0.53", "rcode": "NOERROR", "interface": "eth0", "names": []}
    one = reading("name", "nameserver", "127.0.0.53 A", result="see /etc/resolv.conf", facts=facts)
    (hidden,) = redacted([diagnosis(one, target="http://localhost:8080/")])

    assert hidden.readings == (one,)
    assert hidden.target == "http://localhost:8080/"


def test_several_diagnoses_share_their_placeholders():
    one, other = redacted([diagnosis(target="a.example:1"), diagnosis(target="b.example:1")])

    assert (one.target, other.target) == ("host-1:1", "host-2:1")


@pytest.mark.parametrize("facts", [{"first_bytes": "x" * 300}, {"ede": [[18, "blocked by us"]]}])
def test_what_strangers_say_is_hidden_as_a_whole(facts):
    (hidden,) = redacted([diagnosis(reading(facts=facts, result=str(facts)))])

    assert "xxx" not in str(hidden)
    assert "blocked by us" not in str(hidden)


@pytest.mark.parametrize("reason", ["Service Unavailable", "WRONG_VERSION_NUMBER"])
def test_what_everybody_says_stays(reason):
    (hidden,) = redacted([diagnosis(reading(facts={"reason": reason}, result=f"503 {reason}"))])

    assert hidden.readings[0].result == f"503 {reason}"
    assert hidden.readings[0].facts == {"reason": reason}


def test_a_reason_of_ones_own_does_not():
    reason = "Blocked by our Squid"
    (hidden,) = redacted([diagnosis(reading(facts={"reason": reason}, result=f"403 {reason}"))])

    assert "Squid" not in str(hidden)


@pytest.mark.parametrize("path", ["/etc/ssl/certs/ca-certificates.crt", "/"])
def test_paths_that_are_the_same_everywhere_stay(path):
    (hidden,) = redacted([diagnosis(reading("tls", "trust", facts={"path": path}))])

    assert hidden.readings[0].facts["path"] == path


def test_placeholders_are_known_as_such():
    assert is_placeholder("address-3-v4-private:443")
    assert not is_placeholder("192.0.2.3:443")


def clean(text, *names):
    hide = Placeholders()
    return Cleaner(hide, {name: lambda name=name: hide.host(name) for name in names})(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("refused by 192.168.1.7.", "refused by address-1-v4-private."),
        ("refused by 8.8.8.8:53", "refused by address-1-v4-public:53"),
        ("[2a00:1450::1]:443 is silent", "[address-1-v6-public]:443 is silent"),
        ("fe80::1%eth0: no answer", "address-1-v6-private: no answer"),
        ("127.0.0.1 and ::1", "127.0.0.1 and ::1"),
        ("at 10:50:25 TLSv1.3, HTTP/1.1", "at 10:50:25 TLSv1.3, HTTP/1.1"),
        ("Python 3.11.2, e.g. this", "Python 3.11.2, e.g. this"),
        ("a.example and A.EXAMPLE.", "host-1 and host-1."),
        ("bücher.example, xn--bcher-kva.example", "host-1, host-1"),
        ("*.a.example", "*.host-1"),
        ("see https://a.example:1/b?c=d.", "see https://host-1:1/path-1"),
        ("http://u:p@a.example/", "http://host-1/"),
        ("http://intranet/", "http://host-1/"),
        ("me@a.example", "user-1@host-1"),
        ("in /etc/hosts and /home/me/x.pem", "in /etc/hosts and /path-1"),
        (r"in C:\Users\me\x.pem", "in /path-1"),
        ("edit resolv.conf", "edit resolv.conf"),
        ("Linux-6.18.44-x86_64-with-glibc2.36", "Linux-6.18.44-x86_64-with-glibc2.36"),
        ("not valid for 'a.example'", "not valid for 'host-1'"),
        ("HTTP/2 over TCP/IP", "HTTP/2 over TCP/IP"),
    ],
)
def test_names_and_addresses_are_found_in_running_text(text, shown):
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("db is down, DB:5432 refuses", "host-1 is down, host-1:5432 refuses"),
        ("a dbx is not", "a dbx is not"),
        ("db.example is another", "host-1 is another"),
        ("see /etc/db/hosts", "see /path-1"),
    ],
)
def test_a_name_without_a_dot_is_found_where_it_is_known(text, shown):
    assert clean(text, "db") == shown


@given(st.text())
def test_any_text_is_cleaned(text):
    assert isinstance(clean(text, "a"), str)
