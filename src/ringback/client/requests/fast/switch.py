"""The one switch of the fast paths."""

import os

import urllib3
from requests.adapters import HTTPAdapter


def fits() -> bool:
    """Return whether requests and urllib3 are such as the fast paths were written for.

    Older ones (requests before 2.32.3, urllib3 1) and forks of another make are left to their own
    code.
    """
    major = str(vars(urllib3)["__version__"]).partition(".")[0]
    return (
        hasattr(HTTPAdapter, "build_connection_pool_key_attributes")
        and major.isdigit()
        and int(major) >= 2
        and hasattr(urllib3.connectionpool.HTTPConnectionPool, "_make_request")
    )


on: bool = os.environ.get("RINGBACK_FAST", "1") != "0" and fits()
"""``False`` (or ``RINGBACK_FAST=0`` in the environment): everything goes through requests' own
code."""
