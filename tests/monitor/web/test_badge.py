from xml.etree import ElementTree as ET

import pytest
from monitor.web.asking import TOKENS, Asking
from monitor.web.service import MemoryService, view

from ringback.monitor.web.settings import WebSettings


def said(response):
    assert response.headers["content-type"] == "image/svg+xml"
    return ET.fromstring(response.text).get("aria-label")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("web/status", "Web shop: ok"),
        ("api/status", "api: down"),
        ("web/uptime-7d", "Web shop uptime 7d: 100%"),
        ("api/uptime-30d", "api uptime 30d: 99.54%"),
        ("api/latency", "api latency 24h: 41 ms"),
        ("job/uptime-7d", "job uptime 7d: not known"),
    ],
)
def test_badge_says_how_an_endpoint_is(asking, path, says):
    assert said(asking.get(f"/badge/{path}.svg")) == says
    assert asking.get(f"/badge/{path}x.svg").status_code == 404
    assert asking.get(f"/badge/x{path}.svg").status_code == 404


def test_name_is_text_in_a_badge():
    evil = view("x", of={"name": '<script>"&'})

    assert said(Asking(MemoryService(evil)).get("/badge/x/status.svg")) == '<script>"&: ok'


def test_badges_of_public_endpoints_are_for_everybody_when_the_status_page_is():
    everybody = Asking(settings=WebSettings(tokens=TOKENS, status_page=True))
    nobody = Asking(settings=WebSettings(tokens=TOKENS))

    for name, status in {"web": 200, "db": 401, "nobody": 401}.items():
        assert everybody.get(f"/badge/{name}/status.svg").status_code == status
    assert nobody.get("/badge/web/status.svg").status_code == 401
