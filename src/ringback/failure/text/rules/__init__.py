"""The rules for texts, one file per family of writers or of wordings."""

from ringback.failure.text.rule import TextRule
from ringback.failure.text.rules.brokers import BROKERS
from ringback.failure.text.rules.chat import CHAT
from ringback.failure.text.rules.databases import DATABASES
from ringback.failure.text.rules.devices import DEVICES
from ringback.failure.text.rules.directories import DIRECTORIES
from ringback.failure.text.rules.gateways import GATEWAYS
from ringback.failure.text.rules.general import GENERAL
from ringback.failure.text.rules.go import GO
from ringback.failure.text.rules.http import HTTP2, REQUESTS, RESPONSES
from ringback.failure.text.rules.jvm import JVM
from ringback.failure.text.rules.languages import TRANSLATED
from ringback.failure.text.rules.links import LINKS
from ringback.failure.text.rules.mail import MAIL
from ringback.failure.text.rules.mobile import ANDROID, APPLE, DART
from ringback.failure.text.rules.names import NAMES
from ringback.failure.text.rules.native import NATIVE
from ringback.failure.text.rules.node import NODE
from ringback.failure.text.rules.operations import OPERATIONS
from ringback.failure.text.rules.other import LOOKALIKES
from ringback.failure.text.rules.packages import PACKAGES, SOURCES
from ringback.failure.text.rules.proxies import PROXIES, SQUID
from ringback.failure.text.rules.remote import REMOTE
from ringback.failure.text.rules.runtimes import LANGUAGES
from ringback.failure.text.rules.served import SERVED
from ringback.failure.text.rules.services import CLOUD
from ringback.failure.text.rules.sockets import CLOSED, JOINED, SOCKETS, UNIX
from ringback.failure.text.rules.ssh import SSH
from ringback.failure.text.rules.status import STATUS
from ringback.failure.text.rules.stores import STORES
from ringback.failure.text.rules.symbols import SYMBOLS
from ringback.failure.text.rules.timeouts import ABANDONED, TIMEOUTS
from ringback.failure.text.rules.tls import CERTIFICATES, HANDSHAKES
from ringback.failure.text.rules.tools import BROWSERS, CURL, OWN, TOOLS
from ringback.failure.text.rules.windows import DOTNET, WINDOWS

RULES: tuple[TextRule, ...] = (
    *SOCKETS,
    *UNIX,
    *CLOSED,
    *JOINED,
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
    *SSH,
    *LINKS,
    *CHAT,
    *SOURCES,
    *MAIL,
    *DIRECTORIES,
    *CLOUD,
    *GATEWAYS,
    *SERVED,
    *OPERATIONS,
    *BROWSERS,
    *CURL,
    *TOOLS,
    *JVM,
    *DOTNET,
    *WINDOWS,
    *APPLE,
    *GO,
    *ANDROID,
    *DART,
    *NODE,
    *NATIVE,
    *SYMBOLS,
    *LANGUAGES,
    *PACKAGES,
    *DEVICES,
    *GENERAL,
    *ABANDONED,
    *LOOKALIKES,
    *OWN,
    *TRANSLATED,
)
"""Every rule; the order says nothing."""
