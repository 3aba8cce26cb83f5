"""What is imported is run against a server that tells a request by its original's meaning."""

import asyncio
import json
from pathlib import Path

import pytest

from ringback.monitor.config.load import load
from ringback.monitor.importing.draft import ImportedFile, to_toml
from ringback.monitor.importing.registry import convert
from ringback.monitor.probe import ProbeContext, probe
from ringback.testing.lab import Lab
from ringback.testing.lab.http import redirect
from ringback.testing.lab.message import responding, response

ANSWERS = {
    "/ok": response(200, b'{"state": "well"}'),
    "/broken": response(500, b"sorry"),
    "/to_ok": redirect("/ok"),
    "/to_broken": redirect("/broken"),
}
GRAPHQL = {"query": '{ a(b: "c") }'}
MEANT = {
    "/json": lambda r: r.headers["content-type"] == "application/json" and json.loads(r.body),
    "/form": lambda r: "form-urlencoded" in r.headers["content-type"] and r.body == b"a=1",
    "/graphql": lambda r: (r.method, json.loads(r.body)) == ("POST", GRAPHQL),
    "/$discovery": lambda r: True,
    "/of_another": lambda r: r.headers["host"].startswith("shop.invalid:"),
    "/login": lambda r: r.headers["authorization"] == "Basic dTpodW50ZXIy",
    "/token?token=hunter2": lambda r: True,
}
"""Path to what a request must be, where another is refused."""


def answered(request):
    if request.target in ANSWERS:
        return ANSWERS[request.target]
    try:
        well = MEANT[request.target](request)
    except (LookupError, ValueError):
        well = False
    return response(200 if well else 400, b"")


@pytest.fixture(scope="module")
def server():
    with Lab() as lab:
        yield lab.listen(responding(answered)).url.removeprefix("http://").rstrip("/")


def kuma(path, **fields):
    monitor = {"name": "x", "type": "http", "url": f"http://SERVER{path}", **fields}
    return "uptime-kuma", json.dumps({"monitorList": [monitor]})


def gatus(path, *conditions, **fields):
    url = path if "://" in path else f"http://SERVER{path}"
    endpoint = {"name": "x", "url": url, "conditions": conditions, **fields}
    return "gatus", json.dumps({"endpoints": [endpoint]})


def upptime(path, **fields):
    return "upptime", json.dumps(
        {"sites": [{"name": "x", "url": f"http://SERVER{path}", **fields}]}
    )


def nagios(line):
    return "nagios", (
        "define host {\n host_name x\n address MACHINE\n}\n"
        "define service {\n host_name x\n description it\n check_command own\n}\n"
        f"define command {{\n command_name own\n command_line check_{line}\n}}\n"
    )


def icinga(command, **options):
    said = {f"{command}_port": "PORT", **options}.items()
    lines = "".join(f" vars.{key} = {json.dumps(value)}\n" for key, value in said)
    return "icinga", (
        f'object Host "x" {{\n address = "MACHINE"\n check_command = "{command}"\n{lines}}}\n'
    )


def prometheus(http, *rules):
    job = {"metrics_path": "/probe", "params": {"module": ["m"]}, "relabel_configs": rules}
    job["static_configs"] = [{"targets": ["SERVER"], "labels": {"path": "/ok"}}]
    modules = {"m": {"prober": "http", "http": http}}
    return "prometheus", json.dumps({"modules": modules, "scrape_configs": [job]})


def target(text):
    return {
        "source_labels": ["__address__", "path"],
        "target_label": "__param_target",
        "regex": "(.*);(.*)",
        "replacement": text,
    }


ROWS = [
    (kuma("/json", method="POST", body="{}"), False),  # an empty object is refused
    (kuma("/json", method="POST", body='{"a": 1}'), True),
    (kuma("/form", method="POST", body="a=1", httpBodyEncoding="form"), True),
    (kuma("/form", method="POST", body="a=1", httpBodyEncoding="xml"), False),
    (kuma("/to_ok", accepted_statuscodes=["200-299", "302"]), True),
    (kuma("/to_broken", accepted_statuscodes=["200-299", "302"]), False),
    (kuma("/to_broken", accepted_statuscodes=["302"], maxredirects=0), True),
    (kuma("/ok", type="keyword", keyword="well"), True),
    (kuma("/ok", type="keyword", keyword="well", invertKeyword=True), False),
    (kuma("/ok", type="json-query", jsonPath="$.state", expectedValue="well"), True),
    (kuma("/ok", type="json-query", jsonPath="$.state", expectedValue="ill"), False),
    (kuma("/ok", type="real-browser", accepted_statuscodes=["500"]), True),  # any below 400
    (kuma("/broken", type="real-browser", accepted_statuscodes=["500"]), False),
    (kuma("", type="port", hostname="MACHINE", port="PORT"), True),
    (kuma("", type="port", hostname="MACHINE", port=1), False),
    (gatus("/broken", "[CONNECTED] == true"), True),
    (gatus("/to_broken", "[STATUS] < 400"), False),
    (gatus("/to_ok", "[STATUS] < 400"), True),
    (gatus("/to_ok", "[STATUS] == 302", client={"ignore-redirect": True}), True),
    (gatus("/ok", "[BODY].state == well"), True),
    (gatus("/ok", "[BODY] == pat(*ill*)"), False),
    (gatus("/graphql", "[STATUS] == 200", graphql=True, method="POST", body='{ a(b: "c") }'), True),
    (gatus("/graphql", "[STATUS] == 200", method="POST", body='{ a(b: "c") }'), False),
    (gatus("tcp://SERVER", "[CONNECTED] == true"), True),
    (gatus("tcp://SERVER", "[BODY] == pat(*HTTP/1.1 200*)", body="GET /ok HTTP/1.1\r\n\r\n"), True),
    (upptime("/$discovery"), True),
    (upptime("/broken"), False),
    (upptime("/broken", expectedStatusCodes=[200, 500]), True),
    (upptime("/ok", maxResponseTime=0.001), True),  # slow is degraded, and that is up
    (upptime("/ok", __dangerous__body_down="well"), False),
    (upptime("/ok", __dangerous__body_down_if_text_missing="well"), True),
    (upptime("/ok", __dangerous__body_down_if_text_missing="ill"), False),
    (upptime("/token?token=hunter2"), True),
    (nagios("http -p PORT -u http://$HOSTADDRESS$:PORT/ok"), True),
    (nagios("http -p PORT -u /to_broken"), True),
    (nagios("http -p PORT -u /to_broken -f follow"), False),
    (nagios("http -p PORT -u /to_ok -f follow -e 200"), False),  # the first answer is judged
    (nagios("http -p PORT -u /ok -s ill"), False),
    (nagios("http -I $HOSTADDRESS$ -H shop.invalid -p PORT -u /of_another"), True),
    (nagios("http -H shop.invalid -p PORT -u /of_another"), False),
    (icinga("http", http_vhost="shop.invalid", http_uri="/of_another"), True),
    (icinga("http", http_vhost="shop.invalid", http_uri="/of_another", http_string="x"), False),
    (icinga("http", http_uri="/ok", http_ssl="false"), True),
    (nagios("http -p PORT -u /login -a u:hunter2"), True),
    (nagios("tcp -p PORT -E -s 'GET /ok HTTP/1.1\\r\\n\\r\\n' -e 'HTTP/1.1 200'"), True),
    (nagios("ssh -p PORT"), False),
    (nagios("http --unknown -p PORT -u /ok"), True),
    (nagios("http --unknown -p PORT -u /broken"), False),
    (prometheus({}, target("http://$1$2")), True),
    (prometheus({}, target("http://$1/broken")), False),
    (prometheus({"valid_status_codes": [500]}, target("http://$1/to_broken")), True),
    (prometheus({"valid_status_codes": [302], "follow_redirects": False},
                target("http://$1/to_broken")), True),
    (prometheus({"fail_if_body_matches_regexp": ["we.l"]}, target("http://$1$2")), False),
    (prometheus({"fail_if_body_not_matches_regexp": ["we.l"]}, target("http://$1$2")), True),
    (prometheus({"method": "POST", "body": '{"a": 1}',
                 "headers": {"Content-Type": "application/json"}}, target("$1/json")), True),
]  # fmt: skip


def test_what_is_imported_is_up_when_the_original_is(server, tmp_path):
    """All rows in one configuration, each endpoint checked once."""
    host, _, port = server.partition(":")
    found, wanted = [], []
    for number, ((kind, text), up) in enumerate(ROWS):
        written = text.replace("SERVER", server)
        written = written.replace("PORT", port).replace("MACHINE", host)
        draft = convert([ImportedFile(Path("x"), written)], kind)
        path = tmp_path / f"{number}.toml"
        path.write_text(to_toml(draft), "utf-8")
        values = dict.fromkeys(draft.variables, "hunter2")
        values |= {name: "Basic dTpodW50ZXIy" for name in values if "AUTHORIZATION" in name}
        (endpoint,) = load(path, values).endpoints
        found.append(endpoint)
        wanted.append(up)

    async def look():
        context = ProbeContext(loop=asyncio.get_running_loop(), vantage="here")
        try:
            return await asyncio.gather(*(probe(one, context) for one in found))
        finally:
            context.close()

    checks = asyncio.run(look())
    assert [(ROWS[n], check.up) for n, check in enumerate(checks) if check.up != wanted[n]] == []
