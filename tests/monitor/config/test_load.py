import json
from datetime import time

import pytest

from ringback.incident.model import WatchedEndpoint
from ringback.monitor.config import ConfigInvalid
from ringback.monitor.config.load import config_of_urls, load
from ringback.monitor.model import Endpoint, Expectations
from ringback.monitor.notify.settings import RouteSettings
from ringback.monitor.web.settings import StatusPage, digest_of

WHOLE = """\
vantage = "berlin"
include = ["conf.d/*.toml"]

[defaults]
every = "1m"
timeout = "5s"
labels = { env = "prod" }
expect = { latency = "2s" }

[group.shop]
threshold = 2
labels = { team = "web" }
expect = { status = "2xx" }
parents = ["Gateway"]

[[endpoint]]
name = "Gateway"
url = "icmp://192.0.2.1"
group = "shop"

[[endpoint]]
name = "Shop front"
url = "https://shop.example:8443/health?key=${KEY}"
group = "shop"
every = 15
retries = 4
recovery = 1
retry_every = "1s"
watch_latency = false
certificate_days = [7, 30]
method = "POST"
body = "{}"
redirects = false
ip = 4
headers = { Authorization = "Bearer ${KEY}" }
verify = false
ca = "ca.pem"
client_certificate = "own.pem"
labels = { team = "shop", tier = "1" }
mine = true
ports = [8444, 9443]
public = true

[endpoint.expect]
status = [204, "200-202"]
contains = "ok"
matches = ['^\\{', 'up']
json = { status = "up", "items[0].n" = 3, ready = true }
headers = { content-type = "json" }
certificate_days = 10

[[endpoint]]
url = "db.example:5432"
send = "PING\\r\\n"
expect.contains = "+PONG"

[[endpoint]]
name = "zone"
url = "dns://api.example"
nameserver = "192.0.2.53"
record = "AAAA"
expect.answers = ["2001:db8::1", "2001:db8::2"]

[[endpoint]]
name = "backup"
type = "heartbeat"
every = "1d"
grace = "2h"

[[notifier]]
name = "people"
type = "apprise"
url = "mailto://user:${KEY}@mail.example"

[[notifier]]
name = "hook"
type = "webhook"
url = "https://hooks.example/x"
secret = "${KEY}"

[[notifier]]
name = "script"
type = "command"
command = ["/usr/bin/tell", "--now"]

[[route]]
groups = "shop"
endpoints = ["Shop front", "db*"]
labels = { team = "*" }
notifiers = "hook"
repeat = "4h"
escalate_after = "30m"
escalate_to = "people"

[[maintenance]]
name = "patches"
endpoints = ["shop-*"]
groups = "shop"
weekly = { days = ["sat", "sunday"], from = "23:00", to = "01:30", zone = "Europe/Berlin" }

[[maintenance]]
begins = 2026-12-24T18:00:00Z
ends = 2026-12-25T06:00:00+01:00

[[token]]
name = "ci"
token = "${TOKEN}"
scopes = ["read", "push"]

[retention]
checks = "3d"

[web]
host = "0.0.0.0"
port = "${PORT}"
base_url = "https://status.example"
status_page = true

[[web.page]]
name = "shop"
title = "Shop"
groups = "shop"

[store]
path = "data/ringback.db"

[probe_allow]
targets = ["*.example:443"]
"""
ENVIRON = {"KEY": "s3cret", "TOKEN": "00112233445566778899aabbccddeeff", "PORT": "9090"}


@pytest.fixture
def configured(loaded, tmp_path):
    folder = tmp_path / "conf.d"
    folder.mkdir()
    (folder / "a.toml").write_text('[[endpoint]]\nname = "later"\nurl = "tls://x.example"\n')
    (tmp_path / "ca.pem").touch()
    (tmp_path / "own.pem").touch()
    return loaded(WHOLE, ENVIRON)


def test_an_endpoint_has_everything_that_was_written(configured, tmp_path):
    front = configured.endpoints[1]

    assert front == Endpoint(
        id="shop-front",
        name="Shop front",
        url="https://shop.example:8443/health?key=s3cret",
        type="http",
        every=15.0,
        timeout=5.0,
        retry_every=1.0,
        expectations=Expectations(
            status=((204, 204), (200, 202)),
            body_contains=("ok",),
            body_matches=("^\\{", "up"),
            json={"status": "up", "items[0].n": "3", "ready": "true"},
            headers={"content-type": "json"},
            latency=2.0,
            certificate_days=10,
        ),
        headers={"Authorization": "Bearer s3cret"},
        method="POST",
        verify=False,
        ca=str(tmp_path / "ca.pem"),
        labels={"env": "prod", "team": "shop", "tier": "1"},
        mine=True,
        ports=(8444, 9443),
        public=True,
        options={
            "body": "{}",
            "redirects": False,
            "family": 4,
            "client_certificate": str(tmp_path / "own.pem"),
        },
        watched=WatchedEndpoint(
            id="shop-front",
            name="Shop front",
            host="shop.example",
            threshold=5,
            recovery=1,
            latency=False,
            certificate_days=(30, 7),
            every=15.0,
            timeout=5.0,
            parents=("gateway",),
            group="shop",
        ),
    )


def test_defaults_and_groups_hold_where_an_endpoint_says_nothing(configured):
    gateway = configured.endpoints[0]

    assert (gateway.type, gateway.url, gateway.every) == ("icmp", "icmp://192.0.2.1", 60.0)
    assert gateway.labels == {"env": "prod", "team": "web"}
    assert gateway.expectations.latency == 2.0
    assert gateway.watched.threshold == 2
    assert gateway.watched.parents == ()  # the group's parent is not its own


def test_each_type_has_what_is_its_own(configured):
    tcp, dns, heartbeat, tls = configured.endpoints[2:]

    assert (tcp.id, tcp.name, tcp.type) == ("db-example-5432", "db.example:5432", "tcp")
    assert (tcp.url, tcp.watched.host) == ("tcp://db.example:5432", "db.example")
    assert (tcp.expectations.send, tcp.expectations.expect) == ("PING\r\n", "+PONG")
    assert (dns.url, dns.nameserver) == ("dns://api.example", "192.0.2.53:53")
    assert dns.options["record"] == "AAAA"
    assert dns.expectations.answers == ("2001:db8::1", "2001:db8::2")
    assert (heartbeat.type, heartbeat.url, heartbeat.watched.grace) == ("heartbeat", "", 7200.0)
    assert (heartbeat.every, heartbeat.watched.every) == (86400.0, 86400.0)
    assert (tls.url, tls.watched.grace) == ("tls://x.example:443", None)


def test_certificate_is_expected_where_a_check_can_see_one(loaded):
    urls = ("http://a", "https://b", "tcp://c:1", "tls://d:2", "dns://e", "smtp://f")
    text = "".join(f'[[endpoint]]\nurl = "{url}"\n' for url in (*urls, "tls://g:25"))
    text += 'starttls = "smtp"\n[[endpoint]]\nurl = "http://h"\nredirects = false\n'
    seen = [endpoint.watched.certified for endpoint in loaded(text).endpoints]
    assert seen == [True, True, False, True, False, True, True, False]


def test_the_rest_is_there(configured, tmp_path):
    people, hook, script = configured.notifiers

    assert people.url == "mailto://user:s3cret@mail.example"
    assert (hook.type, hook.secret) == ("webhook", "s3cret")
    assert script.command == ("/usr/bin/tell", "--now")
    assert configured.vantage == "berlin"
    assert configured.store == tmp_path / "data/ringback.db"
    assert configured.retention.checks == 3 * 86400
    assert [file.name for file in configured.files] == ["ringback.toml", "a.toml"]
    assert configured.patterns == (str(tmp_path / "conf.d/*.toml"),)
    web = configured.web
    assert (web.host, web.port, web.base_url) == ("0.0.0.0", 9090, "https://status.example")
    assert (web.status_page, web.probe_targets) == (True, ("*.example:443",))
    assert web.page("shop") == StatusPage(name="shop", title="Shop", groups=("shop",))
    assert (web.page("").title, web.page("other")) == ("Status", None)
    (token,) = configured.web.tokens
    assert token.hash == digest_of("00112233445566778899aabbccddeeff")
    assert token.scopes == {"read", "push"}
    text = repr(configured)
    assert "s3cret" not in text.replace("key=s3cret", "")
    assert ENVIRON["TOKEN"] not in text


def test_a_route_is_for_ids_groups_and_labels(configured):
    (route,) = configured.routes

    assert route == RouteSettings(
        notifiers=("hook",),
        endpoints=("shop-front", "db*"),
        groups=("shop",),
        labels={"team": "*"},
        repeat=4 * 3600.0,
        escalate_after=1800.0,
        escalate_to=("people",),
    )
    asked = (("db-1", "shop"), ("other", "shop"), ("db-1", ""))
    assert [route.matches(*one, {"team": "x"}) for one in asked] == [True, False, False]


def test_without_a_route_everybody_is_notified_of_everything(loaded):
    notifier = '[[notifier]]\nname = "{}"\ntype = "command"\ncommand = ["x"]\n'
    found = loaded(notifier.format("a") + notifier.format("b"))
    assert found.routes == (RouteSettings(notifiers=("a", "b"), severity=("page", "warn")),)


def test_maintenance_names_the_endpoints(configured):
    weekly, once = configured.maintenance

    assert weekly.endpoints == ("gateway", "shop-front")
    assert weekly.weekly.days == {5, 6}
    assert (weekly.weekly.start, weekly.weekly.stop) == (time(23), time(1, 30))
    assert once.endpoints == ("*",)
    assert once.ends - once.begins == 11 * 3600


def test_controls_are_asked_for_no_more_than_a_reply(loaded):
    urls = ["https://user:secret@example.com/status?key=1", "tcp://192.0.2.1:443"]
    controls = loaded(f"controls = {[*urls, urls[1]]!r}\n").controls

    assert [(control.id, control.type, control.url) for control in controls] == [
        ("control:target:https-example-com-status", "http", urls[0]),
        ("control:target:tcp-192-0-2-1-443", "tcp", urls[1]),
    ]
    for control in controls:
        assert (control.method, control.verify) == ("HEAD", False)
        assert control.options["redirects"] is False
    assert loaded("").controls == loaded("").endpoints == ()


@pytest.mark.parametrize(
    ("url", "type_", "probed"),
    [
        ("https://a.example/x?y=1#z", "http", "https://a.example/x?y=1"),
        ("http://[2001:db8::1]:8080", "http", "http://[2001:db8::1]:8080"),
        ("a.example", "http", "http://a.example"),
        ("[::1]:5432", "tcp", "tcp://[::1]:5432"),
        ("ping://a.example", "icmp", "icmp://a.example"),
        ("redis://cache", "service", "redis://cache:6379"),
        ("postgres://watch@db/shop", "service", "postgres://watch@db:5432/shop"),
        ("wss://shop.example/live#now", "websocket", "wss://shop.example:443/live"),
    ],
)
def test_a_url_says_which_probe(url, type_, probed):
    (endpoint,) = config_of_urls([url]).endpoints

    assert (endpoint.type, endpoint.url) == (type_, probed)
    assert endpoint.watched.id == endpoint.id
    assert endpoint.watched.host


def test_urls_that_differ_only_in_secrets_are_two_endpoints():
    urls = ["https://a/x?key=1", "https://u:p@a/x", "https://a/x?key=1", "b:1", "tcp://b:1"]
    found = config_of_urls(urls).endpoints

    assert [(endpoint.id, endpoint.name) for endpoint in found] == [
        ("https-a-x", "https://a/x"),
        ("https-a-x-2", "https://a/x (2)"),
        ("tcp-b-1", "tcp://b:1"),
    ]


CANNOT_BE_WATCHED = {
    "htp://x": "'htp://x' has an unknown scheme: htp; did you mean 'http://'?",
    "http://a b": "'http://a b' must not contain spaces",
    "kafka://u:secret@cache": "'kafka://cache' has a scheme without a probe: kafka",
    "tcp://x": "'tcp://x' needs a port: tcp://x:PORT",
    "tcp://x:99999": "'tcp://x:99999' is not a valid URL",
    "tcp://<EU_IP>:443": "has a host with <, which no host has",
    "https://u:sec/secret@h": "'https://h' is not a valid URL",
    "https://u:sec secret@h": "'https://h' must not contain spaces",
    "redis://:secret@cache": "must not hold a password",
    "postgres://u:secret@db/shop": "must not hold a password",
    "smtp://u@mx": "must not name a user",
    "ldap://dc/dc=example": "must have only a host and a port",
    "udp://log": "'udp://log' needs a port",
    "udp://log.example.com:514": "needs what to send",
}


def test_all_urls_that_cannot_be_watched_are_named():
    with pytest.raises(ConfigInvalid) as caught:
        config_of_urls(["https://ok", *CANNOT_BE_WATCHED])

    problems = [str(problem) for problem in caught.value.problems]
    assert len(problems) == len(CANNOT_BE_WATCHED)
    assert all(problem.startswith("command line: ") for problem in problems)
    for said in CANNOT_BE_WATCHED.values():
        assert any(said in problem for problem in problems), said
    assert "secret" not in "".join(problems)


def test_what_a_probe_does_not_know_of_the_defaults_is_not_given_to_it(loaded):
    text = (
        '[defaults]\nproxy = "socks5h://proxy:1080"\nfresh_after = 3\n'
        '[[endpoint]]\nname = "web"\nurl = "https://a"\n'
        '[[endpoint]]\nname = "inside"\nurl = "https://b"\nproxy = "none"\n'
        '[[endpoint]]\nname = "mail"\nurl = "tls://c:25"\nstarttls = "smtp"\n'
    )

    web, inside, mail = loaded(text).endpoints

    assert web.options == {"proxy": "socks5h://proxy:1080", "fresh_after": 3}
    assert inside.options == {"fresh_after": 3}
    assert mail.options == {"starttls": "smtp"}
    assert "proxy" not in repr(web)


INSIDE = """\
[[endpoint]]
name = "inside"
url = "tcp://192.0.2.1:80"
"""


@pytest.fixture
def folders(tmp_path):
    """A configuration's folder with files and links in it, and a file beside it."""
    folder = tmp_path / "etc"
    (folder / "conf.d").mkdir(parents=True)
    (folder / "conf.d" / "own.toml").write_text(INSIDE)
    (away := tmp_path / "away").mkdir()
    (away / "other.toml").write_text(INSIDE.replace("inside", "outside"))
    (folder / "link.toml").symlink_to(away / "other.toml")
    (folder / "linked.d").symlink_to(away)
    (folder / "again.d").symlink_to("conf.d")
    return folder


def included(folder, pattern, *, outside=""):
    file = folder / "ringback.toml"
    file.write_text(f"include = [{json.dumps(pattern)}]\n{outside}\n")
    return [endpoint.name for endpoint in load(file, {}).endpoints]


@pytest.mark.parametrize(
    "pattern",
    ["../away/other.toml", "*.d/../../away/*.toml", "{away}/*.toml", "/*/nothing.toml",
     "link.toml", "*k.toml", "linked.d/*.toml"],
)  # fmt: skip
def test_a_file_outside_is_included_only_where_it_is_said(folders, pattern):
    pattern = pattern.format(away=folders.parent / "away", etc=folders)

    with pytest.raises(ConfigInvalid, match="include_outside = true"):
        included(folders, pattern)
    if "nothing" not in pattern:
        assert included(folders, pattern, outside="include_outside = true") == ["outside"]


def test_file_below_is_included_however_it_is_named(folders):
    for pattern in ("conf.d/*.toml", "conf.d/../conf.d/own.toml", "again.d/*.toml",
                    f"{folders}/conf.d/*.toml", "../etc/conf.d/*.toml"):  # fmt: skip
        assert included(folders, pattern) == ["inside"]
    (folders.parent / "current").symlink_to("etc")
    assert included(folders.parent / "current", "conf.d/*.toml") == ["inside"]

    (folders / "round.toml").symlink_to("round.toml")
    with pytest.raises(ConfigInvalid, match="does not exist"):
        included(folders, "round.toml")


@pytest.mark.parametrize(
    ("given", "scopes"),
    [
        ('role = "view"', {"read"}),
        ('role = "act"', {"read", "write"}),
        ('role = "administer"', {"read", "write", "admin"}),
        ('scopes = ["read", "write"]', {"read", "write", "admin"}),
        ('scopes = ["push"]', {"push"}),
        ("", {"read"}),
    ],
)
def test_role_says_what_a_token_may_and_scopes_mean_what_they_meant(loaded, given, scopes):
    secret = "00112233445566778899aabbccddeeff"
    text = f'[[token]]\nname = "t"\ntoken_file = "secret.toml"\n{given}\n'
    (token,) = loaded(text, secret_toml=f"{secret}\n").web.tokens

    assert (token.scopes, token.hash) == (scopes, digest_of(secret))


def test_proxy_that_logs_in_is_read(loaded):
    proxy = loaded(
        '[web]\nhost = "0.0.0.0"\n[auth]\nproxy_header = "X-Remote-User"\n'
        'trusted_proxies = ["127.0.0.1", "10.1.2.3/8"]\nroles = { ada = "act", "*" = "view" }\n'
    ).web.proxy

    assert proxy.trusts("10.200.0.1")
    assert not proxy.trusts("192.0.2.1")
    assert proxy.scopes_of("ada") == {"read", "write"}
    assert proxy.scopes_of("eve") == {"read"}
