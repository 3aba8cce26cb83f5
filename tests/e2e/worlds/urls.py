"""URLs that cannot be used."""

from e2e.building import NAME, listen, name, secure, world
from e2e.world import World, broken


def _bad_url(label, text, causes, kinds, *, curl=()):
    return World(
        name=f"url-{label}",
        target=text,
        build=(name(), listen()),
        expected=broken(causes, kinds, "config", "this program"),
        curl=curl,
        fact=("malformed|invalid|not supported|bad/illegal|unsupported|Port number",),
    )


WORLDS = (
    _bad_url(
        "scheme-mistyped",
        f"htps://{NAME}/",
        "scheme_invalid|url_invalid",
        "url.scheme_invalid",
        curl=(1,),
    ),
    _bad_url("port-too-large", f"http://{NAME}:99999/", "url_invalid", "url.invalid", curl=(3,)),
    _bad_url("space-in-host", "http://www.exam ple.org/", "url_invalid", "url.invalid", curl=(3,)),
    world(
        "routes-scheme-typo",
        f"htps://{NAME}/",
        broken("scheme_invalid", "url.scheme_invalid", "config|url", "this program"),
        name(),
        secure(),
    ),
)
