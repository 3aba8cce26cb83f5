"""The rules for texts, one file per family of writers or of wordings."""

from ringback.failure.text.rule import Rule
from ringback.failure.text.rules.abandoned import ABANDONED
from ringback.failure.text.rules.brokers import BROKERS
from ringback.failure.text.rules.browsers import BROWSERS
from ringback.failure.text.rules.certificates import CERTIFICATES
from ringback.failure.text.rules.closed import CLOSED
from ringback.failure.text.rules.cloud import CLOUD
from ringback.failure.text.rules.curl import CURL
from ringback.failure.text.rules.databases import DATABASES
from ringback.failure.text.rules.gateways import GATEWAYS
from ringback.failure.text.rules.handshakes import HANDSHAKES
from ringback.failure.text.rules.http2 import HTTP2
from ringback.failure.text.rules.http_responses import RESPONSES
from ringback.failure.text.rules.names import NAMES
from ringback.failure.text.rules.other import LOOKALIKES
from ringback.failure.text.rules.own import OWN
from ringback.failure.text.rules.proxies import PROXIES
from ringback.failure.text.rules.remote import REMOTE
from ringback.failure.text.rules.requests import REQUESTS
from ringback.failure.text.rules.sockets import SOCKETS
from ringback.failure.text.rules.status import STATUS
from ringback.failure.text.rules.stores import STORES
from ringback.failure.text.rules.timeouts import TIMEOUTS
from ringback.failure.text.rules.tools import TOOLS
from ringback.failure.text.rules.unix import UNIX

RULES: tuple[Rule, ...] = (
    *SOCKETS,
    *UNIX,
    *CLOSED,
    *TIMEOUTS,
    *NAMES,
    *CERTIFICATES,
    *HANDSHAKES,
    *PROXIES,
    *REQUESTS,
    *RESPONSES,
    *HTTP2,
    *STATUS,
    *DATABASES,
    *STORES,
    *BROKERS,
    *REMOTE,
    *CLOUD,
    *GATEWAYS,
    *BROWSERS,
    *CURL,
    *TOOLS,
    *ABANDONED,
    *LOOKALIKES,
    *OWN,
)
"""Every rule; the order says nothing."""
