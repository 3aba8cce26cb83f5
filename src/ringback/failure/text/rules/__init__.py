"""The rules for texts, one file per family of writers or of wordings."""

from ringback.failure.text.rule import Rule
from ringback.failure.text.rules import (
    abandoned,
    brokers,
    browsers,
    certificates,
    closed,
    cloud,
    curl,
    databases,
    gateways,
    handshakes,
    http2,
    http_responses,
    names,
    other,
    own,
    proxies,
    remote,
    requests,
    sockets,
    status,
    stores,
    timeouts,
    tools,
    unix,
)

RULES: tuple[Rule, ...] = tuple(
    rule
    for family in (
        sockets,
        unix,
        closed,
        timeouts,
        names,
        certificates,
        handshakes,
        proxies,
        requests,
        http_responses,
        http2,
        status,
        databases,
        stores,
        brokers,
        remote,
        cloud,
        gateways,
        browsers,
        curl,
        tools,
        abandoned,
        other,
        own,
    )
    for rule in family.RULES
)
"""Every rule; the order says nothing."""
