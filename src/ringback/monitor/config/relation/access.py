"""Who may see and change what: no secret in the file, no page that is open to everybody."""

from ringback.monitor.config.merged import Item, Merged
from ringback.monitor.config.shape.settings import TokenShape
from ringback.monitor.web.settings import is_loopback

SHORTEST = 16
"""Characters of a token at least: its hash is kept without salt."""


def check_access(whole: Merged) -> None:
    """Note tokens that are no secret, and a page that everybody could change things on.

    Args:
        whole: The configuration.
    """
    for item in whole.tokens:
        _check_token(item)
    host = whole.main.web.host
    if not is_loopback(host) and not any(True for _ in whole.named("token")):
        whole.sources[0].complain(
            ("web", "host"),
            f"everybody who reaches {host} could change what is watched: add a [[token]], "
            "or listen on 127.0.0.1",
        )


def _check_token(item: Item[TokenShape]) -> None:
    shape = item.shape
    if item.is_wrong("token") or item.is_wrong("sha256"):
        return
    if bool(shape.token) == bool(shape.sha256):
        item.complain("needs either token or sha256")
    elif shape.token and (*item.path, "token") not in item.source.secret:
        item.complain('a token must not stand in the file: token = "${NAME}", or sha256', "token")
    elif shape.token and len(shape.token) < SHORTEST:
        item.complain(f"the token has fewer than {SHORTEST} characters", "token")
