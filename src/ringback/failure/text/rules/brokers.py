"""What brokers and WebSockets say: AMQP, Kafka, MQTT, NATS, IBM MQ, Pulsar, Artemis.

Sources: RabbitMQ and its client for Java; Kafka, librdkafka, kafka-go, Sarama; NATS and its client
for Go; Mosquitto, Paho for Java; Artemis.
"""

from ringback.failure.clue import GENERIC, SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.text.rule import (
    HINT,
    NARROWER,
    PHRASE,
    SENTENCE,
    TextRule,
    say_each,
    says,
)
from ringback.failure.text.rules.other import OTHER
from ringback.failure.text.rules.services import REJECTED, SYSTEM_NUMBERS

_MQRC: dict[str, tuple[ClueKind, int]] = {
    "connection_broken": ("tcp.closed", SPECIFIC),
    "host_not_available": ("tcp.failed", SENTENCE),
    "not_authorized": (REJECTED, SPECIFIC),
    "q_mgr_not_available": (REJECTED, TEXT),
    "channel_not_available": (REJECTED, SENTENCE),
    "unknown_channel_name": (REJECTED, SENTENCE),
    "ssl_initialization_error": ("tls.failed", SENTENCE),
    "jssl_error": ("tls.failed", SENTENCE),
}

_LIBRDKAFKA: dict[str, tuple[ClueKind, int]] = {
    "timed out": ("client.deadline_exceeded", PHRASE),
    "message timed out": ("client.deadline_exceeded", PHRASE),
    "authentication failure": (REJECTED, SPECIFIC),
    "host resolution failure": ("dns.failed", SENTENCE),
    "ssl error": ("tls.failed", HINT),
}

BROKERS: list[TextRule] = [
    # IBM MQ, ActiveMQ
    *[
        rule
        for number, kind in SYSTEM_NUMBERS.items()
        for rule in says(kind, SPECIFIC)("return code from tcp/ip is ", then=rf"{number}\b")
    ],
    *[rule for name, said in _MQRC.items() for rule in says(*said)(f"mqrc_{name}", then=r"\b")],
    *says("tcp.timed_out.established", SPECIFIC)("channel was inactive for too "),
    # AMQP: RabbitMQ's replies
    *says(REJECTED, NARROWER, "wait")(
        "accessrefused",
        "access_refused",
        "access refused",
        "not_allowed - access to vhost",
        "not_allowed - vhost",
        "login was refused using authentication mechanism",
        "connection_forced",
        "precondition_failed",
        "resource_locked",
    ),
    *says(REJECTED, NARROWER, "wait")("not_found - no", then=r" (?:queue|exchange|vhost)"),
    *says("tcp.closed", SENTENCE)("amqp:connection:forced", "transport indicated eof"),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("hostname verification check failed"),
    *says("config.tls_files_invalid", SPECIFIC, "config")(
        "ca_certs parameter is not a path", "client_cert parameter is not a path"
    ),
    *says("http.response.invalid.not_http", SENTENCE, "wait")(
        "invalid response size", then=r" \d{1,12} \(0\.\."
    ),
    *says(TIMEOUT, SENTENCE, "wait")("timeout opening channel"),
    *says(REJECTED, SENTENCE, "wait")("error from server: code=", then=r"1\d{3} \["),
    # Kafka
    *says(REJECTED, NARROWER, "wait")(
        "sasl authentication error",
        "topic authorization failed",
        "group authorization failed",
        "cluster authorization failed",
    ),
    *says("tcp.failed", HINT, "connect")(
        "nobrokersavailable",
        "no brokers available",
        "node_not_ready",
        "all broker connections are down",
        "no servers available for connection",
    ),
    *says("tcp.closed", SENTENCE)("disconnected while requesting", "disconnected (after"),
    *says("http.response.timed_out", SENTENCE, "wait")("kafkajsrequesttimeouterror"),
    # librdkafka
    *[
        rule
        for words, said in _LIBRDKAFKA.items()
        for rule in says(*said)(f"local: {words}", then=r"\b")
    ],
    # its hints, and what was said before them; settings are tried before anything is sent
    *says("tls.protocol.error.not_tls", SENTENCE, "tls")(
        "connecting to a plaintext broker listener?"
    ),
    *says("tcp.timed_out", SENTENCE, "connect")("connection setup timed out in state connect"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "request in flight", before=r"timed out [^\n]{1,60}"
    ),
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")("connecting to a ssl listener?"),
    *says("tls.bad_client_auth_cert", SPECIFIC, "tls")(
        "client ssl authentication might be required"
    ),
    # also of one that has expired, and of one for another name
    *says("tls.cert.authority_invalid.unknown_issuer", SENTENCE, "tls")(
        "broker certificate could not be verified"
    ),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("broker certificate hostname mismatch"),
    *says("config.tls_files_invalid", SPECIFIC, "config")(
        "ssl.ca.location ",
        "ssl.key.location ",
        "ssl.certificate.location ",
        "ssl.keystore.location ",
        then=r"(?:open )?failed: ",
    ),
    # NATS
    *says(REJECTED, NARROWER, "wait")("authorization violation"),
    # MQTT: CONNACK's return codes (MQTT 3.1.1 section 3.2.2.3; 5.0 section 3.2.2.2)
    *says(REJECTED, NARROWER, "wait")(
        "not authorised",
        "connection refused: not authori",
        "connection refused: unacceptable protocol version",
        "connection refused: identifier rejected",
        "connection refused: broker unavailable",
        "bad user name or password",
        "bad username or password",
        "connectreturncode.",
    ),
    *says(REJECTED, NARROWER, "wait")(
        "connected with result code ", "connect failed, rc=", then=r"[1-5]\b"
    ),
    *says(REJECTED, SENTENCE, "wait")("connect failed", then=r"[^\n]{0,80}\brc[ =][1-5]\b"),
    *says("tcp.timed_out.established", PHRASE, "wait")("no ping_resp"),
    *says("tcp.closed", PHRASE)(
        "disconnected with result code ", "unexpected disconnection rc=", then=r"(?:7|1|16)\b"
    ),
    *says("tcp.closed", PHRASE)(
        "the connection was lost.", "socket error on client", "disconnected from mqtt server"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "timed out waiting for a response from the server (32000)"
    ),
    *says("tcp.closed", SENTENCE)("connection lost (32109)"),
    *says("tcp.failed", HINT, "connect")("unable to connect to server (32103)"),
    *says(REJECTED, SPECIFIC, "wait")("not authorized to connect (5)", "(mqttexception: 5)"),
    *says(REJECTED, SPECIFIC, "wait")(
        "reason code", "return code", before=r"connection refused?,? ", then=r":? ?\d"
    ),
    *says(REJECTED, SPECIFIC, "wait")("connack to", then=r" [^\n]{1,60}\(\d, [1-5]\)"),
    *says(REJECTED, SPECIFIC, "wait")("received connack (", then=r"[1-5]\)"),
    *says(REJECTED, SPECIFIC, "wait")(
        "connack", then=r"[^\n]{0,60}(?:code|reason)[^\n]{0,20}[1-5]\b"
    ),
    *says(REJECTED, SPECIFIC, "wait")("error: 0x00 0x0", then=r"[1-5]"),
    *says("tcp.closed", SENTENCE)(
        "connection to broker lost", "closed by remote broker", "disconnected during handshake"
    ),
    *says("tcp.closed", SENTENCE)(
        "disconnected: ", then=r"(?:verify|EOF|(?:connection )?(?:closed|lost))"
    ),
    # WebSockets in browsers, socket.io
    *says("tcp.closed", PHRASE)("websocket is already in closing or closed state"),
    *says("tcp.closed", PHRASE)("transport close", before=r"disconnect[^\n]{0,60}"),
    *says("unknown", HINT)("xhr poll error"),
    # WebSockets (RFC 6455 section 7.4.1: 1006 is an end without a closing handshake, for
    # which the system may have had a word)
    *says("tcp.closed", PHRASE)("code = 1006", "code: 1006"),
    *says("tcp.closed", SENTENCE)(
        "no close frame received or sent",
        "connection closed abnormally [1006]",
        "1006 (connection closed abnormally",
        "websocket closed with",
        "websocket connection is closed: code",
        "closed with an unexpected code",
    ),
    # Kafka's clients in Java: what became of a node
    *says("tcp.timed_out", SENTENCE, "connect")("due to socket connection setup timeout"),
    *says("tcp.failed", SENTENCE, "connect")(
        " could not be established. ", before=r"[Cc]onnection to node [^\n]{1,120}"
    ),
    *says("tcp.closed", NARROWER, "wait")(" terminated during authentication."),
    # NATS
    *say_each(
        {
            "nats: timeout": TIMEOUT,
            "nats: stale connection": "tcp.timed_out.established",
            "nats: maximum connections exceeded": REJECTED,
            "nats: no responders available": REJECTED,
            "nats: no servers available": "tcp.failed",
            "nats: authorization violation": REJECTED,
        },
    ),
    *says("tcp.closed", SENTENCE)("disconnected from server at "),  # Pulsar
    *says("tcp.failed", SENTENCE, "connect")(
        "none of the specified endpoints were reachable", "brokerunreachableexception"
    ),
    *says("http.response.invalid.not_http", SENTENCE, "wait")("{bad_header,"),  # RabbitMQ
    *says("tcp.closed", NARROWER)("connection is already closed due to connection error"),
    *says("tcp.closed", TEXT)(" closed its connection.", before=r"\bclient [^\n]{1,80}"),
    *says(REJECTED, SENTENCE, "wait")("authentication timeout", before=r"\bnats: '?"),
    *says("unknown", PHRASE)(
        "send a request to node which is not ready", "nodenotreadyerror"
    ),  # aiokafka
    # Kafka, further: the broker, its clients in Java, Go and Node
    *says(REJECTED, SPECIFIC, "wait")(
        "not authorized to access topics",
        "not authorized to access group",
        "transactional id authorization failed",
        "transactionalid authorization failed",
        "delegation token authorization failed",
        "broker authorization failed",
        "client is not authorized to ",
        "unexpected handshake request with client mechanism",
        "not enabled in the server, enabled mechanisms are",
        "mechanism handshake failed: ",
        "sasl handshake failed: broker",
    ),
    *says(REJECTED, SENTENCE, "wait")(
        "during sasl handshake", "could not successfully authenticate"
    ),
    *says(REJECTED, HINT, "wait")("failed authentication with /", "failed authentication with "),
    *says(REJECTED, PHRASE, "wait")(
        "leader_not_available",
        "leader not available",
        "broker not available",
        "coordinator not available",
        "in the middle of a leadership election",
    ),
    *says("http.response.invalid.not_http", SPECIFIC, "wait")("invalid receive (size = "),
    *says("dns.name_not_resolved", SPECIFIC, "dns")("from bootstrap.servers as dns resolution fai"),
    *says("http.response.timed_out", SPECIFIC, "wait")(
        "due to request timeout", before=r"node -?\d{1,10} "
    ),
    *says(TIMEOUT, SENTENCE, "wait")("apiversionrequest failed: local: timed out"),
    *says("client.deadline_exceeded", PHRASE)("timeout of ", then=r"\d{1,9} ?ms expired before"),
    *says("tcp.timed_out", SPECIFIC, "connect")("failed to connect within ", then=r"\d{1,9} ms"),
    *says("tcp.closed", SPECIFIC)(
        "was disconnected before the response was read",
        "broker disconnected before response received",
    ),
    *says("tcp.closed", TEXT)(
        "apiversionrequest failed: local: broker transport failure", "receive failed: disconnected"
    ),
    *says("tcp.closed", TEXT)(
        "run out of available brokers to talk to", then=r"[^\n]{0,80}\* (?:unexpected )?EOF"
    ),
    *says("tcp.closed", SENTENCE)("being disconnected", before=r"due to node -?\d{1,10} "),
    *says("tcp.closed", PHRASE)("is unavailable or invalid"),
    *says("tcp.closed", PHRASE)(
        "connection with ", then=r"[\w.\-/:]{1,120}(?: \(channelId=[^)\n]{1,120}\))? disconnected"
    ),
    *says("tcp.failed", SENTENCE, "connect")(
        ") failed.",
        before=r"connection to [\w.\-]{1,120}:\d{1,5} \(id: -?\d{1,10} rack: [^)\n]{1,40}",
    ),
    *says("tcp.failed", PHRASE, "connect")(
        " was unsuccessful", before=r"connection to broker [^\n]{1,120}"
    ),
    *says("tcp.failed", HINT, "connect")(
        "run out of available brokers to talk to",
        "communication failure with broker",
        "no broker available for ",
    ),
    # RabbitMQ, further: its log, its tools, Erlang's nodes, its clients
    *says("tcp.timed_out.established", SPECIFIC)(
        "heartbeat_send_error", "{inet_error,etimedout", "net_tick_timeout"
    ),
    *says("tcp.timed_out.established", SENTENCE)(
        "** node ", then=r"[^\n]{1,80} not responding \*\*"
    ),
    *says("tcp.timed_out.established", PHRASE)(
        "running_partitioned_network", "not responding to pings"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "{handshake_timeout,",
        "continuation call for method",
        "com.rabbitmq.utility.blockingcell",
    ),
    *says("http.request.timed_out", SENTENCE, "send")("send_failed,{error,timeout}"),
    *says("tcp.closed", SENTENCE)(
        "send_failed,{error,closed}",
        "send_failed,{error,enotconn}",
        "{inet_error,enotconn}",
        "socket closed abruptly",
        "text='end of stream'",
    ),
    *says("tcp.closed", SENTENCE)("exception (501) reason: ", then=r"\"EOF"),
    *says("tcp.closed", PHRASE)("connection_closed_abruptly", "exception (504) reason: "),
    *says("tcp.closed", SPECIFIC)(" down: connection_closed", before=r"\bnode [\w.\-@']{1,80}"),
    *says("tcp.closed", PHRASE)("rabbit on node ", then=r"[\w.\-@']{1,80} down\b"),
    *says("tcp.failed", SENTENCE, "connect")(
        "unable to perform an operation on node", "unable to connect to epmd"
    ),
    *says("tcp.failed", PHRASE, "connect")("nodedown", before=r"[{:,]"),
    *says(REJECTED, SPECIFIC, "wait")(
        "can only connect via localhost",
        " login refused: user '",
        "precondition-failed",
        "resource-locked",
        "access-refused",
    ),
    *says(REJECTED, SENTENCE, "wait")(
        "erlang distribution failed",
        "connection attempt from disallowed node",
        "http access denied: user",
        "expected connectionopenok; got",
        "is already closed due to channel error",
    ),
    *says(REJECTED, SENTENCE, "wait")("closed by server: ", then=r"[1-5]\d\d \("),
    *says(REJECTED, SENTENCE, "wait")("exception (", then=r"(?:4\d\d|320|530|541)\) reason: "),
    *says(REJECTED, SENTENCE, "wait")("initiated by peer, code=", then=r"(?:4\d\d|320|530|541)\b"),
    *says("http.protocol.error", SENTENCE, "wait")("frame_error - type", "unexpected_frame - "),
    *says("client.closed", SPECIFIC, "pool")("closed due to clean connection shutdown"),
    *says(OTHER, PHRASE + 5)("clean connection shutdown; ", "clean channel shutdown; "),
    # ActiveMQ, Artemis, NMS
    *says("tcp.closed", SPECIFIC)("[code=remote_disconnect]"),
    *says("tcp.timed_out.established", SPECIFIC)("ms connection ttl"),
    *says(TIMEOUT, SPECIFIC, "wait")("for response when sending packet"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "timed out waiting to receive cluster topology", "wire format negotiation timeout"
    ),
    *says("tcp.failed", SENTENCE, "connect")("tried with all available servers"),
    *says("tcp.failed", GENERIC, "connect")("failed to create netty connection"),
    *says("tcp.closed", SENTENCE)(
        "unblocking a blocking call that will never get a response",
        "channel has already failed: ",
    ),
    *says("tcp.closed", PHRASE)(
        "client connection failed, clearing up resources", "attempting to automatically reconnect"
    ),
    *says("tcp.closed", HINT)("connection is destroyed", "disposed due to prior exception"),
    *says(REJECTED, SPECIFIC, "wait")(
        "unable to validate user", "maximum number of allowed client connections"
    ),
    *says(REJECTED, SPECIFIC, "wait")("password is invalid", before=r"user name [^\n]{1,80} or "),
    *says(REJECTED, SENTENCE, "wait")("does not have permission='"),
    # NATS, further
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")("nats: secure connection not available"),
    *says(REJECTED, SENTENCE, "wait")(
        "user authentication expired",
        "account authentication expired",
        "nats: authentication expired",
        "maximum account active connections exceeded",
        "server maximum connections exceeded",
        "permissions violation for",
        "natserror: authorization_violation",
        "nats: secure connection required",
    ),
    *says("tcp.timed_out.established", SPECIFIC)("stale client connection", "stale leaf node conn"),
    *says("http.request.timed_out", SENTENCE, "send")("slow consumer detected: writedeadline"),
    *says("http.response.timed_out", PHRASE, "wait")("no response from stream"),
    *says("tcp.closed", SENTENCE)("nats: server is disconnected"),
    # Pulsar, further
    *says("client.deadline_exceeded", SENTENCE)("can not send message to the topic"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        " request timeout {'durationms'", "request timedout after ms "
    ),
    *says("tcp.timed_out.established", SPECIFIC)("after keep-alive timeout"),
    *says("tcp.failed", HINT, "connect")("could not get connection while"),
    *says(REJECTED, SENTENCE, "wait")(
        "lookup requests outstanding",
        "not served by this instance",
        "pulsar service is not ready",
    ),
    # MQTT, further: Mosquitto, Paho, HiveMQ; the reasons of MQTT 5.0
    *says(REJECTED, SPECIFIC, "wait")(
        "connection error: ",
        then=r"(?:unsupported protocol|bad user|not authori|server (?:un|bu|mo)|banned|bad auth"
        r"|quota|use another|connection rate|client identifier)",
    ),
    *says(REJECTED, SPECIFIC, "wait")(
        "disconnected: ",
        then=r"(?:not authori|administrative|client banned|quota|client identifier)",
    ),
    *says(REJECTED, SPECIFIC, "wait")(
        "denied: max_connections exceeded",
        "denied access by tcpd",
        "broker unavailable (3)",
        "invalid client id (2)",
        "connack contained an error code",
    ),
    *says(REJECTED, SENTENCE, "wait")("authentication_failure", before=r"(?:msg|reason): "),
    *says("tcp.timed_out.established", SPECIFIC)("disconnected: exceeded timeout"),
    *says("tcp.timed_out.established", PHRASE)("keepalive_timeout", before=r"reason[:=] ?"),
    *says("http.request.timed_out", SPECIFIC, "send")("waiting to write messages to the server (3"),
    *says("http.response.timed_out", SPECIFIC, "wait")("connack timeout"),
    *says("http.protocol.error", SENTENCE, "wait")(
        "when communicating with the broker",
        "when communicating with broker",
        before=r"protocol error(?: occurred)? ",
    ),
    *says("http.protocol.error", SENTENCE, "wait")(
        "disconnected: ", "disconnected due to ", then=r"(?:malformed packet|protocol error)"
    ),
    *says("tcp.closed", SPECIFIC)("closed connection without disconnect"),
    *says("tcp.closed", PHRASE)(
        "already connected, closing old connection", "client is not connected (32104)"
    ),
    *says("tcp.closed", HINT)("bad socket read/write on client"),
    *says("tcp.failed", HINT, "connect")("unable to connect bridge"),
    *says("tls.failed", SENTENCE, "tls")("a tls error occurred"),
    *says("config.tls_files_invalid", SENTENCE, "config")(
        "problem setting tls options: file not found"
    ),
    *says("dns.failed", PHRASE, "dns")("lookup error.", before=r"(?:error: |bridge: )"),
    # MQTT's reasons, as Paho for Go and MQTT.js add them
    *says(REJECTED, NARROWER, "wait")(
        "connection refused: ",
        then=r"(?:bad |client identifier|identifier rej|server (?:un|bu)|username or|not auth"
        r"|banned|quota|unaccept|broker unav|protocol viol|unsupported prot|unspecified)",
    ),
    *says("tcp.timed_out.established", SENTENCE)("pingresp not received"),
    *says("tcp.closed", SENTENCE)("connection to server lost"),
    # Kafka's clients for Go and Node, RabbitMQ's for Go and .NET
    *says("tcp.closed", SENTENCE)(
        "broker closed the connection immediately",
        "read from broker errored, killing connection",
        "broker closed socket unexpectedly",
    ),
    *says("http.response.timed_out", SENTENCE, "wait")("connection.start was never received"),
    *says(REJECTED, SENTENCE, "wait")(
        "mechanism is not supported by the server", "sasl could not negotiate a shared mechanism"
    ),
    *says(REJECTED, SPECIFIC, "wait")("username or password not allowed"),
    *says("tcp.closed", PHRASE)("not connected to the server", before=r"already closed: "),
    # RocketMQ, ActiveMQ
    *says("http.response.timed_out", SENTENCE, "wait")("wait response timeout"),
    *says("tcp.timed_out.established", SENTENCE)("no connection attempt made) for too"),
]
