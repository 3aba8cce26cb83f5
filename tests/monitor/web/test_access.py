import ipaddress
import re

import pytest
from monitor.web.asking import TOKENS, Asking, bearer
from monitor.web.service import NOW

from ringback.monitor.web.access import SESSION_SECONDS
from ringback.monitor.web.settings import ProxyLogin, Token, WebSettings, digest_of

GUARDED = WebSettings(tokens=TOKENS)
PAGES = ["/", "/endpoints/api", "/incidents", "/incidents/inc-1", "/discovered", "/kinds/unknown"]
FORMS = {
    "/endpoints/api/check": {},
    "/endpoints/api/pause": {},
    "/endpoints/api/resume": {},
    "/incidents/inc-1/acknowledge": {},
    "/incidents/inc-1/unacknowledge": {},
    "/incidents/inc-1/note": {"text": "x"},
    "/silences": {"endpoint": "api", "seconds": "60", "back": "/"},
    "/silences/s1/end": {},
    "/discovered/payments/adopt": {},
}


@pytest.fixture(scope="module")
def guarded():
    return Asking(settings=GUARDED)


@pytest.mark.parametrize("name", ["forwarded", "x-forwarded-for", "x-real-ip"])
def test_without_a_token_nobody_comes_through_a_proxy(asking, name):
    response = asking.get("/api/v1/endpoints", headers={name: "192.0.2.1"})

    assert response.status_code == 403
    assert "configure" in response.json()["detail"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *((host, 421) for host in ("evil.example", "evil.example:8480", "192.0.2.1", "")),
        *((host, 200) for host in ("localhost", "127.0.0.1:8480", "[::1]:8480", "LOCALHOST:1")),
    ],
)
def test_only_own_names_are_answered(asking, host, status):
    assert asking.get("/", headers={"host": host}).status_code == status


def test_with_a_token_pages_ask_for_it(guarded):
    for path in PAGES:
        response = guarded.get(path)
        assert response.status_code == 303
        assert response.headers["location"] == f"/login?next={path}"
    api = guarded.get("/api/v1/endpoints")
    assert (api.status_code, api.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    ("name", "method", "path", "status"),
    [
        ("reader", "GET", "/api/v1/endpoints", 200),
        ("reader", "POST", "/api/v1/incidents/inc-1/acknowledge", 403),
        ("reader", "POST", "/api/v1/endpoints/api/check", 403),
        ("reader", "POST", "/api/v1/endpoints/api/pause", 403),
        ("reader", "POST", "/api/v1/heartbeat/job", 403),
        ("operator", "POST", "/api/v1/incidents/inc-1/acknowledge", 200),
        ("reader", "POST", "/api/v1/incidents/inc-1/notes", 403),
        ("operator", "POST", "/api/v1/discovered/payments/adopt", 403),
        ("operator", "POST", "/api/v1/agents", 403),
        ("chief", "POST", "/api/v1/discovered/payments/adopt", 200),
        ("chief", "POST", "/api/v1/incidents/inc-1/acknowledge", 200),
        ("program", "POST", "/api/v1/heartbeat/job", 204),
        ("program", "GET", "/api/v1/endpoints", 403),
        ("nobody", "GET", "/api/v1/endpoints", 401),
    ],
)
def test_token_may_do_what_it_was_made_for(name, method, path, status):
    asking = Asking(settings=GUARDED)
    body = {"by": "Mallory"} if "acknowledge" in path else None
    response = asking(method, path, json=body, headers=bearer(name))

    assert response.status_code == status
    assert asking.service.open[0].acknowledged_by in ("", None, name)


def logged_in(asking, name):
    response = asking.post("/login", data={"token": f"{name}-secret", "next": "/incidents"})
    assert (response.status_code, response.headers["location"]) == (303, "/incidents")
    return response


def session_of(asking, name):
    return {"cookie": f"ringback_session={logged_in(asking, name).cookies['ringback_session']}"}


def test_logged_in_operator_sees_pages_and_acts_in_the_name_of_the_token():
    asking = Asking(settings=GUARDED)
    headers = session_of(asking, "operator") | {"origin": "http://127.0.0.1:8480"}

    assert asking.get("/", headers=headers).status_code == 200
    done = asking.post("/incidents/inc-1/acknowledge", headers=headers, data={"by": "Mallory"})
    assert done.status_code == 303
    assert asking.service.open[0].acknowledged_by == "operator"


def test_session_ends_after_its_time_and_is_out_of_reach_of_scripts_and_other_sites():
    now = [NOW]
    asking = Asking(settings=GUARDED, clock=lambda: now[0])
    said = logged_in(asking, "reader").headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict"} <= set(said.split("; "))
    assert "reader-secret" not in said
    headers = session_of(asking, "reader")
    for passed, status in ((SESSION_SECONDS - 1, 200), (2, 303)):
        now[0] += passed
        assert asking.get("/", headers=headers).status_code == status


@pytest.mark.parametrize(
    "forge",
    [
        lambda cookie: "",
        lambda cookie: cookie[:-1] + ("0" if cookie[-1] != "0" else "1"),
        lambda cookie: f"{int(NOW) + 10**6}.{cookie.partition('.')[2]}",
        lambda cookie: f"1.{cookie.partition('.')[2]}",
        lambda cookie: "²." + cookie,
        lambda cookie: cookie + "é",
    ],
)
def test_cookie_that_was_changed_is_worth_nothing(guarded, forge):
    cookie = forge(logged_in(guarded, "operator").cookies["ringback_session"])

    response = guarded.get("/", headers={"cookie": f"ringback_session={cookie}".encode()})
    assert response.status_code == 303


def test_wrong_or_empty_token_lets_nobody_in():
    empty = Token(name="mistake", hash=digest_of(""), scopes=frozenset({"read"}))
    asking = Asking(settings=WebSettings(tokens=(*TOKENS, empty)))
    for token in ("guess", ""):
        response = asking.post("/login", data={"token": token, "next": "/"})
        assert response.status_code == 403
        assert "set-cookie" not in response.headers
    assert asking.get("/api/v1/status", headers={"authorization": "Bearer "}).status_code == 401


def test_login_leads_nowhere_else(guarded):
    for wanted in ("//evil.example", "https://evil.example", "/\\evil", "x"):
        response = guarded.post("/login", data={"token": "reader-secret", "next": wanted})
        assert response.headers["location"] == "/"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ],
)
def test_form_of_another_site_is_refused(name, value):
    asking, headers = Asking(), {name: value}
    asking.service.silence(("web",), 60, "Ada", "")
    before = (asking.service.open, asking.service.silences(), asking.service.found)
    answers = [asking.post(path, data=form, headers=headers) for path, form in FORMS.items()]

    assert {answer.status_code for answer in (*answers, acknowledged(asking, headers))} == {403}
    assert (asking.service.open, asking.service.silences(), asking.service.found) == before


@pytest.mark.parametrize("path", [*PAGES, "/static/live.js", "/api/v1/endpoints", "/nothing"])
def test_every_response_forbids_what_does_not_come_from_here(asking, path):
    policy = asking.get(path).headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


ACTS = {"Acknowledge", "Silence", "Check now", "Pause", "Add note"}


@pytest.mark.parametrize(
    ("name", "sees"), [("reader", set()), ("operator", ACTS), ("chief", {*ACTS, "Adopt"})]
)
def test_button_is_shown_to_whom_may_press_it(guarded, name, sees):
    pages = ("/endpoints/api", "/incidents/inc-1", "/discovered", "/incidents")
    text = "".join(guarded.get(page, headers=bearer(name)).text for page in pages)
    buttons = set(re.findall("<button[^>]*>([^<]+)</button>", text))

    assert buttons & {*ACTS, "Adopt"} == sees


PROXY = ProxyLogin(
    header="X-Remote-User",
    trusted=tuple(map(ipaddress.ip_network, ("192.0.2.0/28", "2001:db8::1"))),
    roles={"ada": "administer", "bob": "act", "*": "view"},
)
BEHIND = WebSettings(proxy=PROXY)


def named(name, **more):
    return {"x-remote-user": name, "host": "page.example", **more}


def acknowledged(asking, headers):
    return asking.post("/api/v1/incidents/inc-1/acknowledge", headers=headers)


@pytest.mark.parametrize("peer", ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"])
def test_a_trusted_proxy_says_who_asks(peer):
    asking = Asking(settings=BEHIND, peer=peer)

    assert asking.get("/", headers=named("ada")).status_code == 200
    forged = named("ada", origin="https://evil.example")
    assert acknowledged(asking, forged).status_code == 403
    assert acknowledged(asking, named("eve")).status_code == 403
    assert asking.service.open[0].state == "open"
    assert acknowledged(asking, named("bob")).json()["acknowledged_by"] == "bob"
    adopt = "/api/v1/discovered/payments/adopt"
    assert asking.post(adopt, headers=named("bob")).status_code == 403
    assert asking.post(adopt, headers=named("ada")).status_code == 200


TWICE = [("x-remote-user", "eve"), ("x-remote-user", "ada"), ("host", "page.example")]


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        *((peer, named("ada")) for peer in ("192.0.2.99", "127.0.0.1", "::1", "2001:db8::2", "")),
        *(("192.0.2.1", named(name)) for name in ("", " ", "*", "a" * 201, "ada\x07")),
        ("192.0.2.1", TWICE),
    ],
)
def test_any_other_header_or_name_means_nothing(peer, headers):
    asking = Asking(settings=BEHIND, peer=peer)

    assert asking.get("/api/v1/endpoints", headers=headers).status_code == 401
    assert acknowledged(asking, headers).status_code == 401


def test_without_a_role_for_everybody_only_who_has_one_comes_in():
    few = ProxyLogin(header="X-Remote-User", trusted=PROXY.trusted, roles={"ada": "view"})
    asking = Asking(settings=WebSettings(proxy=few), peer="192.0.2.1")

    assert asking.get("/", headers=named("ada")).status_code == 200
    assert asking.get("/", headers=named("eve")).status_code == 403


def test_tokens_are_good_beside_a_proxy_which_may_listen_everywhere():
    asking = Asking(settings=WebSettings(tokens=TOKENS, proxy=PROXY))

    WebSettings(host="0.0.0.0", proxy=PROXY).verify()
    assert asking.get("/api/v1/endpoints", headers=bearer("reader")).status_code == 200
    assert asking.get("/").headers["location"] == "/login?next=/"


def audited(caplog):
    said = (record.getMessage() for record in caplog.records if record.name == "ringback.audit")
    return [text.removeprefix("ringback: audit: ") for text in said]


def test_each_act_is_a_line_in_the_log_with_who_where_and_what(caplog):
    caplog.set_level("INFO", "ringback")
    asking = Asking(settings=GUARDED, peer="198.51.100.7")
    silence = {"endpoints": ["a*"], "seconds": 60, "reason": "move\nof it"}
    asking.post("/api/v1/silences", json=silence, headers=bearer("operator"))
    acknowledged(asking, bearer("reader"))
    asking.get("/api/v1/endpoints", headers=bearer("reader"))
    asking.post("/api/v1/heartbeat/job", headers=bearer("program"))
    acknowledged(asking, {})
    asking.post("/api/v1/incidents/x%22y/acknowledge", headers=bearer("operator"))
    asking.post("/login", data={"token": "guess"})
    logged_in(asking, "chief")

    assert audited(caplog) == [
        "operator (token) from 198.51.100.7: POST /api/v1/silences: 201: a* for 60 s: move of it",
        "reader (token) from 198.51.100.7: POST /api/v1/incidents/inc-1/acknowledge: 403",
        "operator (token) from 198.51.100.7: POST /api/v1/incidents/x%22y/acknowledge: 404",
        "somebody from 198.51.100.7: POST /login: 403: a wrong token",
        "chief (token) from 198.51.100.7: POST /login: 303: logged in",
    ]


def test_behind_a_proxy_it_is_said_from_where_as_the_proxy_says(caplog):
    caplog.set_level("INFO", "ringback")
    forwarded = {"x-forwarded-for": "10.9.9.9, 203.0.113.5"}
    acknowledged(Asking(settings=BEHIND, peer="192.0.2.1"), named("ada", **forwarded))
    acknowledged(Asking(settings=GUARDED), bearer("operator") | forwarded)

    path = "POST /api/v1/incidents/inc-1/acknowledge: 200"
    assert audited(caplog) == [
        f"ada (proxy) from 203.0.113.5: {path}",
        f"operator (token) from 127.0.0.1: {path}",
    ]
