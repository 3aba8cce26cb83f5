import copy
import itertools
import json
import re
import tomllib
import tracemalloc
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from nightly import examples

from ringback.monitor.config.load import load
from ringback.monitor.importing.draft import ImportedFile, ImportRefused, to_toml, toml_value
from ringback.monitor.importing.registry import IMPORTERS, convert

SAMPLES = Path(__file__).parent / "samples"
EXPECTED = Path(__file__).parent / "expected"
"""What is made of the samples, and below it what is said to be left out."""

SETS = {
    "prometheus": ["blackbox.yml", "prometheus.yml"],
    "gatus": ["gatus.yaml"],
    "upptime": ["upptimerc.yml"],
    "uptime-kuma": ["uptime-kuma.json"],
    "nagios": ["nagios.cfg"],
    "icinga": ["icinga.conf"],
    "urls": ["urls.txt"],
}


def sample(name):
    return ImportedFile(SAMPLES / name, (SAMPLES / name).read_text("utf-8"))


def imported(name, text, kind=None):
    return convert([ImportedFile(Path(name), text)], kind)


def notes(draft):
    return [f"{note.file.name}:{note.line}: {note.message}" for note in draft.notes]


def loaded(draft, folder):
    """Load it, with a URL for each variable that is all that a text is, else 1."""
    text = to_toml(draft)
    path = folder / "imported.toml"
    path.write_text(text, "utf-8")
    (folder / "probe.pem").touch()
    names = re.findall(r"\$\{(\w+)\}", text)
    known = {n: f"https://secret.example/{n}" if f'"${{{n}}}"' in text else "1" for n in names}
    return load(path, known)


@pytest.mark.parametrize("kind", IMPORTERS)
def test_the_samples_of_each_tool_become_a_configuration(kind, tmp_path):
    draft = convert([sample(name) for name in SETS[kind]])
    said = to_toml(draft) + "\n" + "".join(f"# {note}\n" for note in notes(draft))

    assert said == (EXPECTED / f"{kind}.toml").read_text("utf-8")
    assert len(loaded(draft, tmp_path).endpoints) == len(draft.endpoints) >= 4
    assert "hunter2" not in said
    assert "very-secret" not in said
    for name in SETS[kind]:
        assert [key for key, one in IMPORTERS.items() if one.recognises(sample(name))] == [kind]


@pytest.mark.parametrize(
    ("prober", "condition"),
    [
        ("http", {"fail_if_not_ssl": True}),
        ("http", {"fail_if_header_matches": [{"header": "X", "regexp": "a"}]}),
        ("http", {"fail_if_header_not_matches": [{"header": "X", "regexp": "^a"}]}),
        ("http", {"fail_if_body_json_not_matches_cel": "body.a == 1"}),
        ("dns", {"query_name": "a.example", "valid_rcodes": ["NXDOMAIN"]}),
        ("tcp", {"tls": True, "query_response": [{"expect": "AMQP"}]}),
        ("icmp", {"ttl": 5}),
        ("http", {"tls_config": {"server_name": "other.example"}}),
        ("http", {"tls_config": {"ca": "-----BEGIN"}}),
        ("http", {"proxy_url": "ftp://proxy.example"}),
        ("http", {"oauth2": {"client_id": "x"}}),
        ("http", {"valid_http_versions": ["HTTP/2.0"]}),
        ("dns", {"query_name": "a.example", "dns_over_tls": True}),
    ],
)
def test_a_module_is_left_out_rather_than_made_blind(prober, condition):
    text = yaml.safe_dump({"modules": {"strict": {"prober": prober, prober: condition}}})
    draft = imported("blackbox.yml", text)

    assert draft.modules == {}
    assert any("the check would see less" in note for note in notes(draft))


TO_EXPORTER = {"target_label": "__address__", "replacement": "127.0.0.1:9115"}
TARGET = {"source_labels": ["__address__"], "target_label": "__param_target"}
BY_LABEL = {"source_labels": ["probe"], "target_label": "__param_module"}
RELABELLED = [
    ([TARGET, TO_EXPORTER], ["http://a.example", "http://b.example"]),
    ([{**TARGET, "replacement": "https://$1/health"}, TO_EXPORTER],
     ["https://a.example/health", "https://b.example/health"]),
    ([{**TARGET, "regex": r"(?P<n>.)\..*", "replacement": "${n}.test"}],
     ["http://a.test", "http://b.test"]),
    ([TARGET, BY_LABEL, TO_EXPORTER], ["http://a.example", "tcp://b.example:25"]),
    ([TARGET, {"source_labels": ["probe"], "regex": "tcp.*", "action": "keep"}],
     ["http://b.example"]),
    ([TARGET, {"source_labels": ["probe"], "regex": "tcp", "action": "drop"}],
     ["http://a.example", "http://b.example"]),
    ([{"regex": "__to_(.*)", "action": "labelmap", "replacement": "__$1"}],
     ["http://a.example", "tcp://b.example:25"]),
    ([TARGET, {"action": "hashmod"}], []),
    ([TARGET, {"regex": "("}], []),
    ([{"target_label": "__param_target", "replacement": ""}], []),
    ([TARGET, {"target_label": "__param_hostname", "replacement": "other.example"}], []),
    (None, ["http://a.example", "http://b.example"]),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "urls"), RELABELLED)
def test_targets_of_prometheus_are_relabelled(rules, urls):
    tcp = {"probe": "tcp_connect", "__to_param_module": "tcp_connect"}
    mapped = rules and rules[0].get("action") == "labelmap"
    port = ":25" if (rules and BY_LABEL in rules) or mapped else ""
    groups = [{"targets": ["a.example"]}, {"targets": [f"b.example{port}"], "labels": tcp}]
    job = {"job_name": "x", "metrics_path": "/probe", "static_configs": groups}
    job["relabel_configs"] = rules or []
    draft = imported("prometheus.yml", yaml.safe_dump({"scrape_configs": [job]}))

    assert [endpoint["url"] for endpoint in draft.endpoints] == urls
    assert bool(notes(draft)) == (not urls)


def test_of_several_files_the_one_that_cannot_be_read_is_blamed():
    twice = "modules:\n  a: &x\n    prober: http\n  b: &x\n    prober: icmp\n  c: *x\n"
    first = ImportedFile(Path("first.yml"), twice)

    assert convert([first]).modules["c"] == {"type": "icmp"}
    with pytest.raises(ImportRefused, match=r"^second\.yml is not valid YAML"):
        convert([first, ImportedFile(Path("second.yml"), "\nmodules: [\nprober: ")])


STATUS = {
    (">= 200", "< 400"): ["200-300", "304-306", "309-399"],  # redirects are followed
    ("> 199", "!= 204", "<= 299"): ["200-203", "205-299"],
    ("!= 500",): ["100-300", "304-306", "309-499", "501-599"],
    ("== any(200, 204, 500)", "< 500"): [200, 204],
    ("== 200",): 200,
}
LEFT_OUT = [
    ["[STATUS] == 200", "[STATUS] == 204"],
    ["[STATUS] == \u00b2\u00b2\u00b2"],
    ["[STATUS] == 200", "len([BODY].list) > 3"],
    ["[BODY].a == 1", "[BODY].a == 2"],
]


def gatus(conditions):
    endpoint = {"name": "x", "url": "http://x.example", "conditions": list(conditions)}
    return imported("gatus.yaml", json.dumps({"endpoints": [endpoint]}), "gatus")


def test_statuses_that_all_conditions_of_gatus_accept_are_expected():
    for conditions, status in STATUS.items():
        (found,) = gatus(f"[STATUS] {condition}" for condition in conditions).endpoints
        assert found["expect"] == {"status": status}, conditions


def test_an_endpoint_whose_conditions_cannot_all_be_kept_is_left_out():
    for conditions in LEFT_OUT:
        draft = gatus(conditions)
        assert draft.endpoints == [], conditions
        assert "would see less" in notes(draft)[0]


HOST = """
object Host "web" {
  address = "192.0.2.1"
  groups = [ "public", "eu" ]
  vars.os = "Linux"
  vars.count = 3
  vars.role = [ "web", "cache" ]
  vars.deep.er = { "key" = true }
}
"""


def ruled(rule):
    service = f'apply Service "s" {{\n check_command = "ssh"\n assign where {rule}\n}}'
    return imported("x.conf", HOST + service, "icinga")


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ('host.vars.os == "Linux"', True),
        ('host.address && host.vars.os == "BSD"', False),
        ('(host.address || host.address6) && host.vars.os == "Linux"', True),
        ('(host.address6\n  || host.vars.os == "BSD")', False),
        ("!host.address6", True),
        ('"web" in host.vars.role', True),
        ('"db" !in host.vars.role', True),
        ('"eu" in host.groups && host.vars.deep["er"].key', True),
        ('host.groups.contains("eu")', True),
        ('match("*DB*", host.name)', False),
        ("host.vars.count >= 3", True),
        ("host.vars.nothing.at_all", False),
        ('host.name in [ "db", "web" ]', True),
        ('"generic" in host.templates', False),
    ],
)
def test_rules_of_icinga_are_read(rule, holds):
    assert len(ruled(rule).endpoints) == holds


@pytest.mark.parametrize(
    "rule",
    [
        'regex("^w", host.name)',
        "cidr_match(host.address, NET)",
        "host.vars.os < 3",
        "{{ true }}",
        "(" * 200 + "true" + ")" * 200,
    ],
)
def test_a_rule_that_is_not_understood_is_told(rule):
    draft = ruled(rule)

    assert draft.endpoints == []
    assert notes(draft)


@pytest.mark.parametrize(
    "text",
    [
        "/*" * 5_000,
        '"' * 5_000,
        "object Host {" * 2_000,
        "object Host x { " + "a." * 5_000,
        "object Host x { a = " + "1+" * 5_000 + "1\n}",
        'object Host x { a = "x"\n' + "a += a\n" * 1000 + "}",
        "object Host x { if (1) {" + "} else if (1) {" * 2_000,
        "apply Service for (",
    ],
)
def test_hostile_text_of_icinga_is_read_in_bounded_memory(text):
    tracemalloc.start()
    imported("x.conf", text + HOST, "icinga")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 500_000_000


@pytest.mark.parametrize(
    ("line", "url", "lost"),
    [
        ("ssh -p 2222", "ssh://192.0.2.1:2222", None),
        ("imap -H mail.example.com -p 993 -S -D 21,14", "imaps://mail.example.com:993", None),
        ("mysql -P 3307 -u probe -p hunter2", "mysql://probe@192.0.2.1:3307", "-p"),
        ("ldap -H d.example -S -b dc=x", "ldaps://d.example", "-b"),
        ("http -u http://$HOSTADDRESS$/x", "http://192.0.2.1/x", None),
        ("http -H a.example -S -p 8443 -u https://a.example:8443", "https://a.example:8443/", None),
        ("ssh -p 2222 --odd", "ssh://192.0.2.1:2222", "--odd"),
        ("ping -w 10,5% -c 500.0,60%", "icmp://192.0.2.1", "the share of lost packets (-c)"),
        ("ping -w 10,5% -c 500.0ms,100% -p 5", "icmp://192.0.2.1", None),
        ("pgsql -l probe -d shop -q 'SELECT 1'", "postgres://probe@192.0.2.1/shop", "-q"),
    ],
)
def test_a_plugin_of_a_service_becomes_its_probe(tmp_path, line, url, lost):
    draft = imported("x.cfg", PLUGIN.format(f"check_{line}"), "nagios")
    more = {"expect": {"certificate_days": 14}} if "imap" in line else {}
    more = {"expect": {"latency": "500ms"}} if "ping" in line else more
    if "http " in line:
        more = {"redirects": False} | ({"verify": False} if "-S" in line else {})

    assert draft.endpoints == [{"name": "db it", "url": url, **more}]
    said = f"x.cfg:5: db it: {lost} of check_{line.split()[0]} is not imported"
    assert notes(draft) == [said] * bool(lost)
    assert "hunter2" not in str(notes(draft))
    loaded(draft, tmp_path)


PLUGIN = (
    "define host {{\n host_name db\n address 192.0.2.1\n}}\n"
    "define service {{\n host_name db\n service_description it\n check_command own\n}}\n"
    "define command {{\n command_name own\n command_line /opt/plugins/{}\n}}\n"
)
KUMA_FIELDS = [
    ({"body": "{}"}, {"headers": {"Content-Type": "application/json"}, "body": "{}"}),
    ({"body": "a=1", "httpBodyEncoding": "form"},
     {"headers": {"Content-Type": "application/x-www-form-urlencoded"}, "body": "a=1"}),
    ({"body": "<a/>", "httpBodyEncoding": "xml"},
     {"headers": {"Content-Type": "text/xml; charset=utf-8"}, "body": "<a/>"}),
    ({"body": "x", "httpBodyEncoding": "form", "headers": '{"content-type": "text/plain"}'},
     {"headers": {"content-type": "text/plain"}, "body": "x"}),
    ({"ipFamily": "ipv6"}, {"ip": 6}),
    ({"interval": 20}, {"every": "20s", "timeout": "16s"}),
    ({"interval": 20, "timeout": 0}, {"every": "20s", "timeout": "16s"}),
    ({"accepted_statuscodes": ["200-299", "301"]}, {"expect": {"status": "200-299"}}),
    ({"authMethod": "ntlm"}, None),
    ({"type": "json-query", "jsonPath": "$.a", "jsonPathOperator": ">"}, None),
    ({"type": "dns", "hostname": "a.example", "conditions": "[{}]"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "made"), KUMA_FIELDS)
def test_a_monitor_of_uptime_kuma_asks_the_same_or_is_left_out(fields, made):
    monitor = {"name": "x", "type": "http", "url": "https://a.example/", **fields}
    draft = imported("x", json.dumps({"monitorList": [monitor]}), "uptime-kuma")

    found = [{k: v for k, v in e.items() if k not in {"name", "url"}} for e in draft.endpoints]
    assert found == [made] * (made is not None)
    assert bool(notes(draft)) == (made is None)


ALERTING = {"alerting": {"slack": {"default-alert": {"failure-threshold": 10}}}}
SLACK = {"alerts": [{"type": "slack", "success-threshold": 1}]}
GATUS_FIELDS = [
    (SLACK, {"threshold": 10, "recovery": 1}, "alerting"),
    ({"alerts": [{"type": "slack", "enabled": False}]}, {}, "alerting"),
    ({"graphql": True, "body": "{ a }", "method": "POST"},
     {"method": "POST", "headers": {"Content-Type": "application/json"},
      "body": '{"query": "{ a }"}'}, "alerting"),
    ({"maintenance-windows": [{"start": "23:00"}]}, {}, "add [[maintenance]]"),
    ({"client": {"tls": {"certificate-file": "a.pem", "private-key-file": "a.key"}}},
     {"client_certificate": "a.pem"}, "append a.key"),
    ({"client": {"oauth2": {"scopes": []}}}, None, "a login by oauth2"),
    ({"client": {"proxy-url": "${WARP}"}}, None, "this kind of proxy"),
    ({"url": "wss://a.example/x", "conditions": []},
     {"url": "wss://a.example/x"}, "no message is sent"),
    ({"url": "wss://a.example/x", "conditions": ["[BODY] == pat(*x*)"]}, None, "websocket has no"),
    ({"url": "tcp://a.example:25", "body": "QUIT", "conditions": []},
     {"url": "tcp://a.example:25", "send": "QUIT"}, "alerting"),
    ({"conditions": ["has([BODY].a) == true", "[BODY].a.b == 1"]},
     {"expect": {"json": {"a.b": "1"}}}, "alerting"),
    ({"conditions": ["has([BODY].a) == true", "[STATUS] == 1 || [STATUS] == 2"]}, None,
     "without the conditions 'has([BODY].a) == true', '[STATUS] == 1 || [STATUS] == 2'"),
    ({"conditions": ["has([BODY].a)"]}, None, "without the condition 'has([BODY].a)'"),
    ({"conditions": ["[BODY].a == 1 || [BODY].a == 2"]}, None, "without the condition"),
    ({"conditions": ["[BODY].a == [BODY].b"]}, None, "without the condition"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "made", "said"), GATUS_FIELDS)
def test_an_endpoint_of_gatus_asks_the_same_or_is_left_out(fields, made, said):
    endpoint = {"name": "x", "url": "http://a.example", "conditions": ["[STATUS] == 200"], **fields}
    draft = imported("x", json.dumps({**ALERTING, "endpoints": [endpoint]}), "gatus")

    if made is not None:
        (found,) = draft.endpoints
        http = found["url"].startswith("http")
        status = {"expect": {"status": 200}} if "conditions" not in fields and http else {}
        if "expect" in made:  # any status is well where nothing is said
            made["expect"]["status"] = ["100-300", "304-306", "309-599"]
        assert found == {"name": "x", "url": "http://a.example", **status, **made}
    else:
        assert draft.endpoints == []
    assert said in str(notes(draft))


SITES = [
    ({"url": "https://a.example/$discovery?x=${y}"}, "https://a.example/$discovery?x=$${y}"),
    ({"url": "https://a.example/$KEY?x=${y}"}, "https://a.example/${KEY}?x=$${y}"),
    ({"expectedStatusCodes": [200, 0]}, None),
    ({"check": "icmp-ping"}, None),
    ({"maxRedirects": 0}, "https://a.example/"),
]


@pytest.mark.parametrize(("fields", "url"), SITES)
def test_a_site_of_upptime_asks_the_same_or_is_left_out(fields, url, tmp_path):
    site = {"name": "x", "url": "https://a.example/", **fields}
    draft = imported("x", json.dumps({"sites": [site]}), "upptime")

    loaded(draft, tmp_path)
    assert (f'url = "{url}"' in to_toml(draft)) == (url is not None)
    assert bool(notes(draft)) == (url is None)


SAME_OR_NOT = [
    "http -u http://other.example/x",  # asks the same server for another's page
    "http -u https://$HOSTADDRESS$/x",
    "http -u x",
    "http -H a.example --invert-regex -r error",
    "http -H a.example -e Welcome",
    "http -H a.example -d 'X-Up: yes'",
    "http -H a.example -u $USER5$",
    "tcp -p 25 -e 220 -e ESMTP",
    "tcp -p 993 -S -e '* OK'",
    "tcp -p 25 -M warn",
    "dns -H a.example -a 192.0.2.9 -A",
    "dns -H a.example -A -a 192.0.2.9",
    "dns -H a.example -a 192.0.2.9",  # further addresses pass, or not: that differs by version
    "dns -H a.example -L",
    "imap -p $HOSTADDRESS$",
]


@pytest.mark.parametrize("line", SAME_OR_NOT)
def test_a_plugin_that_cannot_be_followed_is_left_out(line):
    draft = imported("x.cfg", PLUGIN.format(f"check_{line}"), "nagios")

    assert draft.endpoints == []
    assert "db it: skipped: " in notes(draft)[0]


def test_a_command_that_is_elsewhere_is_not_guessed_from_its_arguments():
    service = PLUGIN.partition("define command")[0].format()
    drafts = [
        imported("x.cfg", service.replace("own", command), "nagios")
        for command in ("check_ping!100.0,20%!500.0,60%", "check_ping")
    ]

    assert [len(draft.endpoints) for draft in drafts] == [0, 1]
    assert "its command check_ping is not in these files" in notes(drafts[0])[0]
    assert "the command check_ping is not in these files" in notes(drafts[1])[0]


def test_an_interval_under_its_older_name_goes_before_a_templates():
    base = "define service {\n name base\n check_interval 10\n register 0\n}\n"
    own = PLUGIN.format("check_ssh").replace(
        "service_description", "use base\n normal_check_interval 2\n service_description"
    )
    draft = imported("x.cfg", base + own, "nagios")

    assert [endpoint["every"] for endpoint in draft.endpoints] == ["2m"]


def test_the_hosts_of_nested_groups_of_nagios_are_in_the_same_order_every_time():
    names = [f"host{number}" for number in range(40)]
    hosts = "".join(
        f"define host {{\n host_name {name}\n hostgroups in\n address 192.0.2.1\n}}\n"
        for name in names
    )
    rest = (
        "define hostgroup {\n hostgroup_name all\n hostgroup_members in\n}\n"
        "define service {\n hostgroup_name all\n description it\n check_command check_ssh\n}\n"
    )
    draft = imported("x.cfg", hosts + rest, "nagios")

    assert [endpoint["name"] for endpoint in draft.endpoints] == [f"{name} it" for name in names]


TIMEOUTS = [  # of global, job and module, and what blackbox_exporter makes of them
    ({}, {}, None, "9.5s"),
    ({"scrape_interval": "5s"}, {}, None, "4.5s"),
    ({"scrape_timeout": "20s"}, {}, "30s", "19.5s"),
    ({"scrape_interval": "5s"}, {"scrape_interval": "1m30s"}, "5s", "5s"),
    ({}, {"scrape_timeout": "5s"}, "5s", "4.5s"),
    ({}, {"scrape_timeout": "500ms"}, "2s", "2s"),
]


@pytest.mark.parametrize(("whole", "job", "module", "timeout"), TIMEOUTS)
def test_a_time_out_of_prometheus_is_the_shorter_one(whole, job, module, timeout):
    modules = {"http_2xx": {"prober": "http", **({"timeout": module} if module else {})}}
    job = {"metrics_path": "/probe", "static_configs": [{"targets": ["a.example"]}], **job}
    text = json.dumps({"modules": modules, "global": whole, "scrape_configs": [job]})

    assert imported("x", text, "prometheus").endpoints[0]["timeout"] == timeout


MEANT = [  # of Icinga, of blackbox_exporter and of Upptime: what is written, and what is said
    ("icinga", ("ping4", ""), {"latency": "200ms"}, "the share of lost packets (-c)"),
    ("icinga", ("ping", "vars.ping_crta = 500\nvars.ping_cpl = 100"), {"latency": "500ms"}, ""),
    ("icinga", ("hostalive", ""), {"latency": "5s"}, ""),
    (
        "icinga",
        ("icmp", "vars.icmp_ttl = 3\nvars.icmp_cpl = 100"),
        {"latency": "200ms"},
        "icmp_ttl",
    ),
    ("icinga", ("icmp", "vars.icmp_crta = 50"), {"latency": "50ms"}, "lost packets (-c)"),
    ("icinga", ("ping6", "vars.ping_crta = {{ 1 }}"), None, "ping_crta$ is not understood"),
    ("icinga", ("http", 'vars.http_headerstring = "x"'), None, "-d has no equivalent"),
    ("icinga", ("http", "vars.http_invertregex = true"), None, "--invert-regex has no"),
    ("icinga", ("tcp", "vars.tcp_port = 1\nvars.tcp_all = true"), None, "-A has no equivalent"),
    (
        "icinga",
        ("http", 'vars.http_expect_body_regex = "a\\\\$$"\ncommand_endpoint = "b"'),
        {"matches": "a\\$"},
        "it is asked from here",
    ),
    ("icinga", ("smtp", "vars.smtp_starttls = true"), {}, ""),
    ("icinga", ("dns", ""), {}, ""),
    ("icinga", ("dns", 'vars.dns_expected_answers = "192.0.2.9"'), None, "it expects (-a)"),
    ("prometheus", ["HTTP/1.1", "HTTP/2.0"], {"status": "2xx"}, ""),
    ("prometheus", ["HTTP/1.1"], {"status": "2xx"}, "lacks HTTP/2.0"),
    ("upptime", 3, {}, "maxRedirects is not imported"),
]


@pytest.mark.parametrize(("kind", "given", "expect", "said"), MEANT)
def test_a_limit_of_the_original_is_kept_or_told(kind, given, expect, said):
    if kind == "icinga":
        text = HOST.replace("{", f'{{\n check_command = "{given[0]}"\n{given[1]}\n', 1)
    elif kind == "prometheus":
        module = {"prober": "http", "http": {"valid_http_versions": given}}
        text = json.dumps({"modules": {"http_2xx": module}, "scrape_configs": [
            {"metrics_path": "/probe", "static_configs": [{"targets": ["a.example"]}]}
        ]})  # fmt: skip
    else:
        text = json.dumps({"sites": [{"name": "x", "url": "a.example", "maxRedirects": given}]})
    draft = imported("x", text, kind)

    assert [endpoint.get("expect", {}) for endpoint in draft.endpoints] == [expect] * (
        expect is not None
    )
    assert bool(notes(draft)) == bool(said)
    assert said in str(notes(draft))
    if given in (("smtp", "vars.smtp_starttls = true"), ("dns", "")):
        url = {"smtp": "tls://192.0.2.1:25", "dns": "dns://web"}[given[0]]
        assert [endpoint["url"] for endpoint in draft.endpoints] == [url]


GROUPS = """
define host {\n host_name a\n address 192.0.2.1\n}
define host {\n name base\n hostgroups one\n register 0\n}
define host {\n host_name b\n use base\n hostgroups +two\n address 192.0.2.2\n}
define hostgroup {\n hostgroup_name all\n hostgroup_members one\n members a\n}
"""
CONTACT = "define contact {\n contact_name x\n}\ndefine timeperiod {\n timeperiod_name y\n}"


@pytest.mark.parametrize(
    ("of", "names"),
    [
        ("host a", ["a"]),
        ("hostgroup one", ["b"]),
        ("hostgroup_name two", ["b"]),
        ("hostgroups all", ["a", "b"]),
        ("hostgroup_name all,!one", ["a"]),
        ("hostgroup_name *", ["a", "b"]),
        ("host_name *\n active_checks_enabled 0", []),
    ],
)
def test_the_hosts_of_a_service_of_nagios(of, names):
    service = f"define service {{\n {of}\n description it\n check_command check_ssh\n}}\n"
    files = {"hosts.cfg": GROUPS, "services.cfg": service, "contacts.cfg": CONTACT}
    draft = convert([ImportedFile(Path(name), text) for name, text in files.items()])

    assert [endpoint["name"] for endpoint in draft.endpoints] == [f"{name} it" for name in names]
    said = ["command check_ssh is not in these"] if names else ["skipped: it is passive"]
    for note, part in zip(notes(draft), ["contacts are not imported", *said], strict=True):
        assert part in note


MONITOR = '{{"monitorList": [{{"id": 1, "name": "x", {}}}]}}'
SITE = "owner: x\nsites:\n- name: x\n  url: {}\n"
GATUS = "endpoints:\n- {{name: x, url: {}, conditions: ['[CONNECTED] == true']}}\n"
JOB = "scrape_configs:\n- {{metrics_path: /probe, static_configs: [{{targets: ['{}']}}]}}"
SECRETS = [
    ("nagios", PLUGIN.format("check_imap -H a -p hunter2")),
    ("nagios", PLUGIN.format("check_mysql -H a -u x -p hunter2")),
    ("nagios", PLUGIN.format("check_http -u '/health?api_key=hunter2'")),
    ("nagios", PLUGIN.format("check_http -P 'user=a&password=hunter2'")),
    ("uptime-kuma", MONITOR.format('"type": "http", "url": "https://u:hunter2@a.example/"')),
    ("uptime-kuma", MONITOR.format('"type": "mysql", "databaseConnectionString": "mysql://u:hunter2/@a"')),
    ("uptime-kuma", MONITOR.format(
        r'"type": "http", "url": "https://a.example/", "body": "{\"password\": \"hunter2 x\"}"'
    )),
    ("upptime", SITE.format("https://u:hunter2@a.example/${literal}")),
    ("gatus", GATUS.format("https://u:hunter2/@a.example")),
    ("gatus", GATUS.format("'https://a.example?token=hunter2&x=1'")),
    ("gatus", "endpoints:\n- password: 'hunter2'x\n"),
    ("prometheus", JOB.format("https://u:hunter2@a.example/")),
    ("prometheus", JOB.format("https://u:hunter2/x@a.example/")),
    ("urls", "https://u:hunter2/x@a.example/\nhttps://b.example"),
    ("urls", "https://hunter2@a.example/\npostgres://u:hunter2@a.example\n"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), SECRETS)
def test_no_secret_is_written_or_printed(kind, text, tmp_path):
    try:
        draft = imported("x", text, kind)
    except ImportRefused as refused:
        said = str(refused)
    else:
        loaded(draft, tmp_path)
        said = to_toml(draft) + str(notes(draft))

    assert "hunter2" not in said


@pytest.mark.parametrize("text", ["", "hello\nworld\n", "a: 1\n", "{}", "[1, 2]", "\x00"])
def test_a_file_of_no_known_type_is_refused(text):
    with pytest.raises(ImportRefused, match="use --from"):
        imported("x", text)


@pytest.mark.parametrize("kind", ["gatus", "upptime", "prometheus", "uptime-kuma"])
def test_a_file_that_cannot_be_read_is_refused(kind):
    with pytest.raises(ImportRefused, match=r"^x is not valid (YAML|JSON): "):
        imported("x", "a: [", kind)


def test_a_bomb_of_merge_keys_is_refused_before_it_is_read():
    lines = ["a: &a {x: 1, y: 2}"]
    for inner, outer in itertools.pairwise("abcdefghijkl"):
        lines.append(f"{outer}: &{outer} {{<<: [{', '.join([f'*{inner}'] * 9)}]}}")

    tracemalloc.start()
    try:
        with pytest.raises(ImportRefused, match="more than 1000000 values"):
            imported("x", "\n".join(lines), "gatus")
        assert tracemalloc.get_traced_memory()[1] < 20_000_000  # 1,400 bytes; it took all there is
    finally:
        tracemalloc.stop()


COMMAND = "define command {\n command_name tcp\n command_line check_tcp -H $HOSTADDRESS$ -p 80\n}\n"
NAGIOS = (
    "define host {{\n name {name}\n use {others}\n address h.example\n}}",
    COMMAND + "define host {\n use t0\n host_name web\n check_command tcp\n}",
)
ICINGA = (
    'template Host "{name}" {{\n{others}\n address = "h.example"\n}}',
    'object Host "web" {\n import "t0"\n check_command = "hostalive"\n}',
)


@pytest.mark.parametrize(("kind", "texts"), [("nagios", NAGIOS), ("icinga", ICINGA)])
@pytest.mark.parametrize("number", [1, 19])
def test_templates_that_use_each_other_ever_again_are_read_once(kind, texts, number):
    """Else each level takes five times as long as the one below."""
    template, host = texts
    lines = [host]
    for level in range(number):
        others = [f"t{(level + 1) % number}"] * 5
        used = ",".join(others) if kind == "nagios" else "\n".join(f'import "{o}"' for o in others)
        lines.append(template.format(name=f"t{level}", others=used))

    (found,) = imported("x", "\n".join(lines), kind).endpoints

    assert "h.example" in str(found)


leaves = st.one_of(st.text(max_size=12), st.integers(), st.booleans(), st.floats(allow_nan=False))
lists = st.lists(leaves, max_size=3)
tables = st.dictionaries(st.text(max_size=8), st.one_of(leaves, lists), min_size=1, max_size=3)


@given(st.one_of(leaves, lists, tables, st.lists(tables, max_size=3)))
def test_what_is_written_is_read_back(value):
    text = f"x = {toml_value(value)}\n"

    assert json.dumps(tomllib.loads(text)["x"]).replace("$${", "${") == json.dumps(value)


ODD = [None, True, -3, 0, 10**9, 1.5, "", "x", "$X", "${", "[", "://", "https://[", "http://a b"]
ODD += ["1h", "é\n", [], {}, [{}], ["a"], {"a": [1]}, "a:b:c", "tcp://x:999999"]


def spoil(data, random):
    """Replace something in it, at any depth."""
    key = random.choice(list(data if isinstance(data, dict) else range(len(data))))
    if isinstance(data[key], dict | list) and data[key] and random.random() < 0.8:
        spoil(data[key], random)
    else:
        data[key] = copy.deepcopy(random.choice(ODD))


def outcome_of(name, text, tmp_path_factory):
    (kind,) = (kind for kind in SETS if name in SETS[kind])
    others = [sample(other) for other in SETS[kind] if other != name]
    draft = convert([*others, ImportedFile(SAMPLES / name, text)], kind)
    found = loaded(draft, tmp_path_factory.mktemp("imported"))
    assert len(found.endpoints) == len(draft.endpoints)


MUTABLE = ["blackbox.yml", "prometheus.yml", "gatus.yaml", "upptimerc.yml", "uptime-kuma.json"]


@settings(max_examples=examples(60), deadline=None)
@given(st.sampled_from(MUTABLE), st.randoms(use_true_random=False))
def test_whatever_stands_in_a_file_the_outcome_can_be_used(tmp_path_factory, name, random):
    whole = yaml.safe_load(sample(name).text)
    for _ in range(random.randint(1, 3)):
        spoil(whole, random)
    outcome_of(name, json.dumps(whole), tmp_path_factory)


@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_objects_with_lines_missing_or_twice_can_be_used_as_well(tmp_path_factory, data):
    name = data.draw(st.sampled_from(["nagios.cfg", "icinga.conf", "urls.txt"]))
    lines = sample(name).text.splitlines()
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at : at + 1] = data.draw(st.sampled_from([[], [lines[at]] * 2, [lines[at][::-1]]]))
    outcome_of(name, "\n".join(lines), tmp_path_factory)


HEARTBEAT = {"heartbeat": {"interval": "25h"}}
HEARTBEATS = [
    ({**HEARTBEAT, **SLACK}, [{"every": "25h", "threshold": 10, "recovery": 1}], "must now report"),
    ({**HEARTBEAT, "enabled": False}, [], "x: skipped: it is not enabled"),
    ({"interval": "25h"}, [], "x: skipped: without heartbeat.interval"),
]


@pytest.mark.parametrize(("fields", "made", "said"), HEARTBEATS)
def test_an_external_endpoint_of_gatus_is_overdue_as_there(fields, made, said):
    """The provider's default stands in another file, as all files are one for Gatus."""
    endpoints = json.dumps({"external-endpoints": [{"name": "x", **fields}]})
    texts = [
        ImportedFile(Path(name), text)
        for name, text in (("a", endpoints), ("b", json.dumps(ALERTING)))
    ]
    draft = convert(texts, "gatus")

    assert draft.endpoints == [{"name": "x", "type": "heartbeat", **one} for one in made]
    assert any(said in note for note in notes(draft))
