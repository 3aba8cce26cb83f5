"""Commands that ask a running monitor: all of its lists, and one line where there is none."""

import json
import re
from dataclasses import replace

import httpx
import pytest
from monitor.web.asking import Asking
from monitor.web.service import NOW, MemoryService, endpoint, incident, refused

from ringback.monitor.model import EndpointView, ObserverView
from ringback.testing.lab.message import responding, response


def served(lab, answer):
    """The URL of a server; ``answer`` gives status, body and headers for a request."""
    endpoint = lab.listen(responding(lambda request: response(*answer(request))))
    return endpoint.url.rstrip("/")


def monitor(lab, service, most):
    """The monitor's own application, which shows lists in pages of ``most`` at most."""
    asking = Asking(service)

    def answer(request):
        url = httpx.URL(request.target)
        if "limit" not in url.params:
            url = url.copy_merge_params({"limit": most})
        kind = {"Content-Type": "application/json"}
        said = asking(request.method, str(url), content=request.body, headers=kind)
        links = [f"Link: {said.headers['Link']}"] if "Link" in said.headers else []
        return said.status_code, said.content, *links

    return served(lab, answer)


def test_what_to_do_about_an_incident_is_said(ringback, lab):
    verdict = {"advice": ["Call the final URL directly.", "Start it: `systemctl start web`."]}
    diagnosed = incident("web", ("web",), diagnosis={"verdict": verdict})
    ends_soon = incident("soon", ("web",), diagnosis=None, advice=("Renew it.", "Reload it."))
    over = incident("over", ("web",), state="closed", advice=("Nothing.",))
    service = MemoryService()
    service.open = service.store.past = [diagnosed, ends_soon, over]
    url = monitor(lab, service, 5)
    every = ringback("incidents", "--all", "--url", url)
    whole = ringback("incidents", "soon", "--url", url)

    # The first step of the verdict is one of whoever calls the service.
    assert re.findall("do first: (.*)", every.stdout) == [
        "Start it: `systemctl start web`.",
        "Renew it.",
    ]
    assert re.findall("^  - (.*)", whole.stdout, re.MULTILINE) == ["Renew it.", "Reload it."]


def view(number, state):
    name = f"web-{number}"
    return EndpointView(endpoint=endpoint(name), state=state, since=NOW, last=refused(name))


def observer(place, state):
    failing = {"since": NOW, "kind_of_failure": "tcp.refused"} if state == "down" else {}
    given = {"since": None, "kind_of_failure": None, **failing}
    return ObserverView(
        id=f"probe:{place}", kind="probe", domain=place, state=state, at=NOW, **given
    )


def test_the_status_from_one_place_is_what_that_place_sees(ringback, lab):
    split = EndpointView(
        endpoint=endpoint("split"),
        state="partial",
        observers=(observer("tokyo", "down"), observer("oslo", "ok")),
    )
    service = MemoryService(split, view(1, "down"))
    url = monitor(lab, service, 5)
    tokyo = ringback("status", "--url", url, "--vantage", "tokyo")
    oslo = ringback("status", "--url", url, "--vantage", "oslo", "--json")
    down = ringback("status", "--url", url, "--vantage", "oslo", "--state", "down", "--json")

    assert tokyo.returncode == 1
    assert "1 endpoint, 1 down" in tokyo.stdout
    assert "tcp.refused" in tokyo.stdout
    assert [(row["id"], row["state"]) for row in json.loads(oslo.stdout)] == [("split", "ok")]
    assert (oslo.returncode, json.loads(down.stdout)) == (0, [])


WEB = "https://web-1.example/health"


def test_an_endpoint_is_named_by_id_name_url_or_pattern(ringback, one_line, lab):
    service = MemoryService(replace(view(1, "down"), incident="inc-1"), view(2, "ok"))
    service.open = service.store.past = [incident("inc-1", ("web-1",))]
    url = monitor(lab, service, 5)
    for word in ("web-1", WEB, "Web 1", "web-*1"):
        done = ringback("status", word, "--json", "--url", url)
        silenced = ringback("silence", word, "--url", url)
        assert [row["id"] for row in json.loads(done.stdout)] == ["web-1"]
        assert silenced.stdout.split(": ")[1].startswith(word if "*" in word else "web-1")
    none = one_line(ringback("ack", "web-2", "--url", url))
    done = ringback("ack", WEB, "--url", url)

    assert done.stdout == "acknowledged: inc-1\n"
    assert "web-2 has no open incident" in none


def test_what_is_on_a_later_page_is_shown_and_counted(ringback, lab):
    service = MemoryService(*(view(n, "ok") for n in range(4)), view(4, "down"))
    service.store.past = [
        incident("old", opened_at=NOW - 9000),
        incident("taken", opened_at=NOW - 8000, state="acknowledged"),
        *(incident(f"over-{n}", opened_at=NOW - n, state="closed") for n in range(1, 6)),
    ]
    url = monitor(lab, service, 2)
    status = ringback("status", "--url", url)
    listed = ringback("status", "--json", "--url", url)
    done = ringback("incidents", "--json", "--url", url)
    every = ringback("incidents", "--json", "--all", "--url", url)
    assert (status.returncode, done.returncode) == (1, 1)
    assert "5 endpoints, 1 down" in status.stdout
    assert [row["id"] for row in json.loads(listed.stdout)] == [f"web-{n}" for n in range(5)]
    assert [row["id"] for row in json.loads(done.stdout)] == ["taken", "old"]
    assert len(json.loads(every.stdout)) == 7


def test_what_is_no_monitor_is_one_line(ringback, one_line, lab):
    for url in (
        "monitor",
        "http://[::1",
        "http://127.0.0.1:99999",
        "http://a b",
        "ftp://localhost",
    ):
        said = one_line(ringback("status", "--url", url))
        assert "is not the URL of a monitor, such as http://" in said
    url = served(lab, lambda _: (200, b"<html>"))
    for words in (["status"], ["incidents", "a b/ü"], ["silence", "--end", "x"]):
        assert f"{url} is not a monitor" in one_line(ringback(*words, "--url", url))


def test_an_id_is_sent_as_one_segment(ringback, one_line, lab):
    asked = []

    def answer(request):
        asked.append(request.target)
        return 404, b'{"detail": "there is no such incident"}'

    url = served(lab, answer)
    line = one_line(ringback("incidents", "../a b?ü", "--url", url))
    assert "there is no such incident" in line
    assert asked == ["/api/v1/incidents/..%2Fa%20b%3F%C3%BC"]


@pytest.mark.parametrize("token", ["tök€n", "a\nb"])
def test_a_token_that_cannot_be_one_is_one_line(ringback, one_line, token):
    line = one_line(ringback("status", "--token", token))
    assert "--token" in line
    assert token not in line


def test_a_silence_for_an_endpoint_that_is_not_known_says_so(ringback, lab):
    known = json.dumps([{"id": "web", "url": "http://web.test/"}]).encode()

    def answer(request):
        return (201, b'{"id": "s1"}') if request.method == "POST" else (200, known)

    url = served(lab, answer)
    done = ringback("silence", "webb", "--url", url)
    quiet = ringback("silence", "w*", "--url", url)
    assert done.returncode == 0
    assert done.stdout == "s1: webb for 1h\n"
    assert done.stderr == "ringback: no endpoint is called webb yet; did you mean web?\n"
    assert quiet.stderr == ""
