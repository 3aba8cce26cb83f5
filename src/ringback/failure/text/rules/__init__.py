"""The rules for texts, one file per family of writers or of wordings."""

from ringback.failure.text.rule import TextRule
from ringback.failure.text.rules.devices import DEVICES
from ringback.failure.text.rules.gateways import GATEWAYS
from ringback.failure.text.rules.http import HTTP2, REQUESTS, RESPONSES
from ringback.failure.text.rules.jvm import JVM
from ringback.failure.text.rules.languages import TRANSLATED
from ringback.failure.text.rules.names import NAMES
from ringback.failure.text.rules.other import LOOKALIKES
from ringback.failure.text.rules.proxies import PROXIES, SQUID
from ringback.failure.text.rules.remote import REMOTE
from ringback.failure.text.rules.runtimes import APPLE, LANGUAGES, PACKAGES
from ringback.failure.text.rules.served import SERVED
from ringback.failure.text.rules.services import BROKERS, CLOUD, DATABASES, STORES
from ringback.failure.text.rules.sockets import CLOSED, SOCKETS, UNIX
from ringback.failure.text.rules.status import STATUS
from ringback.failure.text.rules.timeouts import ABANDONED, TIMEOUTS
from ringback.failure.text.rules.tls import CERTIFICATES, HANDSHAKES
from ringback.failure.text.rules.tools import BROWSERS, CURL, OWN, TOOLS
from ringback.failure.text.rules.windows import DOTNET, WINDOWS

RULES: tuple[TextRule, ...] = (
    *SOCKETS,
    *UNIX,
    *CLOSED,
    *TIMEOUTS,
    *NAMES,
    *CERTIFICATES,
    *HANDSHAKES,
    *PROXIES,
    *SQUID,
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
    *SERVED,
    *BROWSERS,
    *CURL,
    *TOOLS,
    *JVM,
    *DOTNET,
    *WINDOWS,
    *APPLE,
    *LANGUAGES,
    *PACKAGES,
    *DEVICES,
    *ABANDONED,
    *LOOKALIKES,
    *OWN,
    *TRANSLATED,
)
"""Every rule; the order says nothing."""
