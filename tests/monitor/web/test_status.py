from monitor.web.asking import TOKENS, Asking

from ringback.monitor.web.settings import WebSettings

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


def test_it_is_made_once_for_many():
    asking = Asking(settings=PUBLIC)
    asked = []
    buckets = asking.service.store.buckets
    asking.service.store.buckets = lambda *given: asked.append(given) or buckets(*given)
    asking.get("/status")
    asking.get("/status")

    assert len(asked) == 2  # once for each of the two public endpoints
