from dataclasses import replace

import pytest
from monitor.web.asking import TOKENS, Asking

from ringback.monitor.web.settings import WebSettings
from ringback.monitor.web.words import status_sentence

PUBLIC = WebSettings(tokens=TOKENS, status_page=True, title="Example status")


def test_it_is_off_unless_it_is_wanted():
    assert Asking().get("/status").status_code == 404


def test_it_shows_names_and_states_of_public_endpoints_and_nothing_else():
    text = Asking(settings=PUBLIC).get("/status").text

    assert "Example status" in text
    assert "1 of 2 services is down." in text
    assert "Web shop" in text
    for secret in ("api.example", "web.example", "mail", "tcp.refused", "db.example", "refused"):
        assert secret not in text


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ([], "No public endpoints yet."),
        (["ok", "ok"], "All services are operational."),
        (["ok", "unknown"], "1 of 2 services is not known just now."),
        (
            ["ok", "partial", "suspect"],
            "1 of 3 services is down for some, 1 is being checked again.",
        ),
        (
            ["down", "recovering", "partial", "unknown", "unknown"],
            "2 of 5 services are down, 1 is down for some, 2 are not known just now.",
        ),
    ],
)
def test_it_says_that_all_is_well_only_where_that_is_known(states, said):
    assert status_sentence(states) == said


def test_a_service_that_nobody_has_seen_is_not_called_operational():
    asking = Asking(settings=PUBLIC)
    for view in list(asking.service.known.values()):
        if view.state == "down":
            asking.service.put(replace(view, state="unknown"))
    text = asking.get("/status").text

    assert "1 of 2 services is not known just now." in text
    assert "operational" not in text


def test_it_is_made_once_for_many():
    asking = Asking(settings=PUBLIC)
    asked = []
    buckets = asking.service.store.buckets
    asking.service.store.buckets = lambda *given: asked.append(given) or buckets(*given)
    asking.get("/status")
    asking.get("/status")

    assert len(asked) == 2  # once for each of the two public endpoints
