"""Redirects that loop or lead nowhere."""

from e2e.building import listen, name, secure, world
from e2e.expectations import HTTP, HTTPS, THEIR_APPLICATION
from e2e.handlers import redirects
from e2e.templates import served
from e2e.world import broken

WORLDS = (
    world(
        "unread-moved-to-http-only-loop",
        HTTPS,
        broken("redirect_loop", "http.response.redirect_loop", "http|status", THEIR_APPLICATION),
        name(),
        secure(handler=redirects({"*": HTTP})),
        listen(80, redirects({"*": HTTPS})),
        curl=(0, 47),
    ),
    world(
        "unread-redirect-to-name-that-is-not-there",
        HTTPS,
        broken(
            "redirect_invalid|name_missing",
            "http.response.redirect_invalid|dns.name_not_resolved",
            "http|dns|status",
            f"{THEIR_APPLICATION}|DNS",
        ),
        name(),
        secure(handler=redirects({"*": "https://login.example.org/"})),
        curl=(6,),
    ),
    served(
        "redirect-loop",
        "redirect_loop",
        "http.response.redirect_loop",
        "redirects|loop",
        listen(80, redirects({"*": "/"})),
        curl=(47,),
    ),
    served(
        "redirect-to-nowhere",
        "redirect_invalid",
        "http.response.redirect_invalid",
        "location|redirect|url",
        listen(80, redirects({"*": "http://:99999/"})),
        curl=(3,),
    ),
)
