"""The rules for texts, one file per family of writers."""

from ringback.failure.text.rule import Rule
from ringback.failure.text.rules import (
    browsers,
    cloud,
    databases,
    gateways,
    http_clients,
    languages,
    messaging,
    names,
    other,
    proxies,
    python,
    sockets,
    status,
    tls,
    tools,
)

RULES: tuple[Rule, ...] = tuple(
    rule
    for family in (
        sockets,
        names,
        tls,
        proxies,
        http_clients,
        python,
        status,
        databases,
        messaging,
        cloud,
        gateways,
        browsers,
        tools,
        languages,
        other,
    )
    for rule in family.RULES
)
"""Every rule; the order says nothing."""
