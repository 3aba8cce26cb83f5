from xml.etree import ElementTree as ET

import pytest
from monitor.web.asking import TOKENS, Asking
from monitor.web.service import MemoryService, view

from ringback.monitor.web.settings import WebSettings


@pytest.fixture(scope="module")
def asking():
    return Asking()


def said(response):
    assert response.headers["content-type"] == "image/svg+xml"
    return ET.fromstring(response.text).get("aria-label")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/badge/web/status.svg", "Web shop: ok"),
        ("/badge/api/status.svg", "api: down"),
        ("/badge/web/uptime-7d.svg", "Web shop uptime 7d: 100%"),
        ("/badge/api/uptime-30d.svg", "api uptime 30d: 99.54%"),
        ("/badge/api/latency.svg", "api latency 24h: 41 ms"),
        ("/badge/job/uptime-7d.svg", "job uptime 7d: not known"),
    ],
)
def test_badge_says_how_an_endpoint_is(asking, path, says):
    assert said(asking.get(path)) == says


def test_name_is_text_in_a_badge():
    evil = view("x", of={"name": '<script>"&'})

    assert said(Asking(MemoryService(evil)).get("/badge/x/status.svg")) == '<script>"&: ok'


def test_badges_of_public_endpoints_are_for_everybody_when_the_status_page_is():
    everybody = Asking(settings=WebSettings(tokens=TOKENS, status_page=True))
    nobody = Asking(settings=WebSettings(tokens=TOKENS))

    assert everybody.get("/badge/web/status.svg").status_code == 200
    assert everybody.get("/badge/db/status.svg").status_code == 401
    assert everybody.get("/badge/nobody/status.svg").status_code == 401
    assert nobody.get("/badge/web/status.svg").status_code == 401


@pytest.mark.parametrize("path", ["/badge/nobody/status.svg", "/badge/web/nonsense.svg"])
def test_there_is_no_other_badge(asking, path):
    assert asking.get(path).status_code == 404
