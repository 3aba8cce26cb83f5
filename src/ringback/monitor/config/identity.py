"""What an endpoint is called, and its id."""

from ringback.failure.target import without_secrets
from ringback.monitor.config.slug import slug


def name_of(name: str, url: str) -> str:
    """Return what people call an endpoint: its name, or else its URL without secrets.

    Args:
        name: As it was written; ``""``: it was not.
        url: As it was written.
    """
    return name or without_secrets(url).partition("?")[0]


def id_of(name: str, url: str) -> str:
    """Return an endpoint's id.

    Args:
        name: As it was written; ``""``: it was not.
        url: As it was written.
    """
    return slug(name_of(name, url))
