"""What brokers and WebSockets say: AMQP, Kafka, MQTT, NATS."""

from ringback.failure.reading import SPECIFIC
from ringback.failure.text.rule import HINT, NARROWER, SENTENCE, Rule, says

REJECTED = "service.rejected"

BROKERS: list[Rule] = [
    # AMQP: RabbitMQ's replies
    *says(
        REJECTED,
        "accessrefused",
        "access_refused",
        "access refused",
        "not_allowed - access to vhost",
        "not_allowed - vhost",
        "login was refused using authentication mechanism",
        "connection_forced",
        "precondition_failed",
        "resource_locked",
        rank=NARROWER,
        phase="wait",
    ),
    *says(
        REJECTED, "not_found - no", rank=NARROWER, phase="wait", then=r" (?:queue|exchange|vhost)"
    ),
    *says("tcp.closed", "amqp:connection:forced", "transport indicated eof", rank=SENTENCE),
    # Kafka
    *says(
        REJECTED,
        "sasl authentication error",
        "topic authorization failed",
        "group authorization failed",
        "cluster authorization failed",
        rank=NARROWER,
        phase="wait",
    ),
    *says(
        "tcp.failed",
        "nobrokersavailable",
        "no brokers available",
        "node_not_ready",
        "all broker connections are down",
        "no servers available for connection",
        rank=HINT,
        phase="connect",
    ),
    *says("tcp.closed", "disconnected while requesting", "disconnected (after", rank=SENTENCE),
    # NATS
    *says(REJECTED, "authorization violation", rank=NARROWER, phase="wait"),
    # MQTT: CONNACK's return codes (MQTT 3.1.1 section 3.2.2.3; 5.0 section 3.2.2.2)
    *says(
        REJECTED,
        "not authorised",
        "connection refused: not authori",
        "connection refused: unacceptable protocol version",
        "connection refused: identifier rejected",
        "connection refused: broker unavailable",
        "bad user name or password",
        "bad username or password",
        "connectreturncode.",
        rank=NARROWER,
        phase="wait",
    ),
    *says(
        REJECTED,
        "reason code",
        "return code",
        rank=SPECIFIC,
        phase="wait",
        before=r"connection refused?,? ",
        then=r":? ?\d",
    ),
    *says(REJECTED, "connack to", rank=SPECIFIC, phase="wait", then=r" [^\n]{1,60}\(\d, [1-5]\)"),
    *says(
        REJECTED,
        "connack",
        rank=SPECIFIC,
        phase="wait",
        then=r"[^\n]{0,60}(?:code|reason)[^\n]{0,20}[1-5]\b",
    ),
    *says(REJECTED, "error: 0x00 0x0", rank=SPECIFIC, phase="wait", then=r"[1-5]"),
    *says(
        "tcp.closed",
        "connection to broker lost",
        "closed by remote broker",
        "disconnected during handshake",
        rank=SENTENCE,
    ),
    *says(
        "tcp.closed",
        "disconnected: ",
        rank=SENTENCE,
        then=r"(?:verify|EOF|(?:connection )?(?:closed|lost))",
    ),
    # WebSockets (RFC 6455 section 7.4.1: 1006 is an end without a closing handshake)
    *says(
        "tcp.closed",
        "no close frame received or sent",
        "connection closed abnormally [1006]",
        "1006 (connection closed abnormally",
        "code = 1006",
        "code: 1006",
        "websocket closed with",
        "websocket connection is closed: code",
        "closed with an unexpected code",
        rank=SENTENCE,
    ),
]
