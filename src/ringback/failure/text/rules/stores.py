"""What key-value and document stores, search engines and directories say."""

from ringback.failure.reading import BARE, EXACT
from ringback.failure.text.rule import NARROWER, SENTENCE, VERDICT, Rule, says

REJECTED = "service.rejected"

_SELECTION = 62
"""Outweighs the bare timeout inside it."""

STORES: list[Rule] = [
    # Redis
    *says(
        REJECTED,
        "noauth",
        "wrongpass",
        "noperm",
        "clusterdown",
        "masterdown",
        "misconf redis",
        rank=NARROWER,
        phase="wait",
        before=r"\b",
    ),
    *says(
        REJECTED,
        "invalid username-password pair",
        "client sent auth, but no password is set",
        "without any password configured",
        "max number of clients reached",
        "loading the dataset in memory",
        "redis is running in protected mode",
        "you can't write against a read only replica",
        rank=NARROWER,
        phase="wait",
    ),
    *says(
        REJECTED,
        "invalid password",
        rank=NARROWER,
        phase="wait",
        before=r"(?:Redis|ERR)[^\n]{0,40}",
    ),
    *says("tcp.closed", "error while reading from socket", rank=SENTENCE),
    *says(
        "client.pool_exhausted",
        "too many connections",
        rank=VERDICT,
        phase="pool",
        before=r"redis\.exceptions\.\w{1,30}: ",
    ),
    # MongoDB
    *says(
        REJECTED,
        "bad auth",
        "not primary",
        "not authorized on",
        "requires authentication",
        "user is not allowed to do action",
        rank=NARROWER,
        phase="wait",
    ),
    *says(
        "tcp.timed_out",
        ": timed out",
        rank=_SELECTION,
        phase="connect",
        before=r"ServerSelectionTimeoutError:? [^\n]{1,120}",
    ),
    *says(REJECTED, "no primary available for writes", rank=BARE),
    # Cassandra, Neo4j, LDAP, Elasticsearch
    *says(
        REJECTED,
        "protocol version",
        rank=EXACT,
        phase="wait",
        before=r"\[Server error\][^\n]{0,200}",
    ),
    *says(
        REJECTED,
        "the client is unauthorized due to authentication failure",
        "unsupported authentication token",
        "invalidcredentials",
        "data 52e",
        "missing authentication credentials for rest request",
        rank=NARROWER,
        phase="wait",
    ),
    # any of them
    *says(
        REJECTED, "authentication failed", "auth failed", rank=NARROWER, phase="wait", before=r"\b"
    ),
]
