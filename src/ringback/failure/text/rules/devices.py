"""What small devices, telephones and printers say: esp-tls, mbedTLS, Tasmota, Asterisk, CUPS.

Sources: ESP-IDF's ``esp_tls_errors.h`` and ``esp_http_client.h``; mbedTLS's ``net_sockets.h``,
``ssl.h`` and ``x509.h`` (2.x and 3.x), and what ``mbedtls_strerror`` makes of them; lwIP's
``netdb.h``; PubSubClient's states; Arduino's HTTPClient; Asterisk's chan_sip and res_pjsip; the
backends of CUPS.
"""

from ringback.failure.clue import SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.text.rule import HINT, OVERRIDE, PHRASE, SENTENCE, TextRule, say_each, says

_MBEDTLS: dict[str, tuple[ClueKind, int]] = {
    "0x0044": ("tcp.failed", TEXT),
    "0x004c": ("tcp.closed", TEXT),
    "0x004e": ("tcp.closed", TEXT),
    "0x0050": ("tcp.reset", SPECIFIC),
    "0x0052": ("dns.name_not_resolved", SENTENCE),
    "0x2700": ("tls.cert.invalid", TEXT),  # the lines after it name the reason
    "0x3000": ("tls.cert.invalid", TEXT),
    "0x2780": ("config.tls_files_invalid", SENTENCE),
    "0x6800": ("tls.timed_out", SENTENCE),
    "0x6980": ("tls.version_or_cipher_mismatch", SENTENCE),
    "0x6e00": ("tls.version_or_cipher_mismatch", SENTENCE),
    "0x6e80": ("tls.version_or_cipher_mismatch", SENTENCE),
    "0x7200": ("tls.protocol.error.not_tls", TEXT),
    "0x7280": ("tls.closed", SENTENCE),
    "0x7680": ("config.tls_files_invalid", SENTENCE),
    "0x7700": ("tls.protocol.error", SENTENCE),
    "0x7780": ("tls.failed", TEXT),
    "0x7880": ("tls.closed", SENTENCE),
    "0x7900": ("tls.protocol.error", TEXT),
    "0x7980": ("tls.protocol.error", TEXT),
    "0x7a00": ("tls.cert.invalid", TEXT),
    "0x7f00": ("client.resources_exhausted", SPECIFIC),
}
_MBEDTLS_WORDS: dict[str, tuple[ClueKind, int]] = {
    "net - connection was reset by peer": ("tcp.reset", SPECIFIC),
    "net - the connection to the given server / port failed": ("tcp.failed", SENTENCE),
    "net - failed to get an ip address for the given hostname": (
        "dns.name_not_resolved",
        SENTENCE,
    ),
    "net - reading information from the socket failed": ("tcp.closed", SENTENCE),
    "net - sending information through the socket failed": ("tcp.closed", SENTENCE),
    "ssl - memory allocation failed": ("client.resources_exhausted", SPECIFIC),
}
_ESP: dict[str, tuple[ClueKind, int]] = {
    "esp_err_esp_tls_cannot_resolve_hostname": ("dns.failed", SENTENCE),
    "esp_err_esp_tls_failed_connect_to_host": ("tcp.failed", SENTENCE),
    "esp_err_esp_tls_connection_timeout": ("tcp.timed_out", SENTENCE),
    "esp_err_esp_tls_tcp_closed_fin": ("tcp.closed", SENTENCE),
    "esp_err_mbedtls_ssl_handshake_failed": ("tls.failed", PHRASE),
    "esp_err_http_connect": ("tcp.failed", PHRASE),
    "esp_err_http_fetch_header": ("http.response.invalid.empty", PHRASE),
    "esp_err_http_max_redirect": ("http.response.redirect_loop", SENTENCE),
    "failed to open new connection in specified timeout": ("tcp.timed_out", SENTENCE),
    "failed to open a new connection: 32769": ("dns.failed", SENTENCE),
    "failed to open a new connection: 32772": ("tcp.failed", SENTENCE),
    "failed to open a new connection: 32774": ("tcp.timed_out", SENTENCE),
    "couldn't get hostname for": ("dns.failed", PHRASE),
    "connection failed, sock < 0": ("tcp.failed", PHRASE),
}
_SIGN = r"(?:mbedtls|ssl|tls|net_|handshake|returned)[^\n]{0,60}"

_EMBEDDED: list[TextRule] = [
    *[
        rule
        for code, said in _MBEDTLS.items()
        for rule in says(*said)(f"-{code}", before=_SIGN, then=r"\b")
    ],
    *[
        rule
        for code, said in _MBEDTLS.items()
        if code.startswith("0x00")
        for rule in says(*said)(f"-0x{code[4:]}", before=_SIGN, then=r"\b")
    ],
    *[rule for words, said in {**_MBEDTLS_WORDS, **_ESP}.items() for rule in says(*said)(words)],
    # Arduino's HTTPClient names what its codes -1 to -11 are
    *says("tcp.failed", TEXT, "connect")(
        "connection refused", before=r"\[HTTPS?\] [^\n]{1,80}error: "
    ),
    *says(TIMEOUT, SENTENCE, "wait")("read timeout", before=r"\[HTTPS?\] [^\n]{1,80}error: "),
    *says("tcp.closed", PHRASE)(
        "send header failed",
        "send payload failed",
        "connection lost",
        before=r"\[HTTPS?\] [^\n]{1,80}",
    ),
    # MQTT: brokers' words, and Arduino's PubSubClient (its state codes)
    *says("tcp.timed_out.established", SENTENCE, "wait")("has exceeded timeout, disconnecting"),
    *say_each(
        {"rc=-4": "http.response.timed_out", "rc=-3": "tcp.closed", "rc=-2": "tcp.failed"},
        rank=HINT,
        before=r"(?:MQTT|connect|failed)[^\n]{0,60}",
    ),
    # Tasmota
    *say_each(
        {"rc -5": "dns.failed", "rc -4": "http.response.timed_out", "rc -3": "tcp.closed"},
        rank=HINT,
        before=r"connect[^\n]{0,60}",
    ),
    *says("tcp.failed", HINT, "connect")("rc -2", before=r"connect[^\n]{0,60}"),
    *says("service.rejected", OVERRIDE, "wait")(
        "connection refused: not authorized",
        "connection refused, not authori",
        "bad connack return code",
    ),
    *says("service.rejected", OVERRIDE, "wait")(
        "connection refused, bad user",
        "connection refused, server unavailable",
        "connection refused, identifier rejected",
        "connection refused, bad protocol",
    ),
    *says("tls.closed", TEXT + 1, "tls")("-0x4c", "-0x004c", before=r"ssl_handshake returned "),
]


# Telephony: Asterisk, PJSIP, FreeSWITCH.

_TELEPHONY: list[TextRule] = [
    *says("http.response.timed_out", SENTENCE, "wait")(
        "no response received from '", then=r"sips?:[^\n]{1,200}"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")(
        " timed out, trying again (attempt", before=r"registration for[^\n]{1,120}"
    ),
    *says("http.response.timed_out", TEXT, "wait")(
        "retransmission timeout reached on transmission", "recovery_on_timer_expire"
    ),
    *says("http.response.timed_out", TEXT, "wait")(
        " is now unreachable", before=r"(?:peer|contact|endpoint|aor)[^\n]{1,120}"
    ),
    *says("service.rejected", SPECIFIC, "wait")(
        "wrong password on authentication", "no matching endpoint found", before=r"\b"
    ),
    *says("service.rejected", SPECIFIC, "wait")(
        " - wrong password",
        "failed to authenticate",
        before=r"(?:registration|request|sip)[^\n]{1,200}",
    ),
    *says("http.error.auth", SENTENCE, "wait")("got sip response 401", "got sip response 403"),
    *says("http.error.unavailable", SENTENCE, "wait")("got sip response 503"),
    *says("http.response.timed_out", SENTENCE, "wait")("request timeout [408]"),
    *says("dns.failed", SENTENCE, "dns")("(pj_eresolve)"),
    *says("dns.name_not_resolved", SPECIFIC, "dns")("pjlib_util_edns_nxdomain"),
    *says(TIMEOUT, TEXT)("(pj_etimedout)"),
    *says("tcp.failed", TEXT)("network_out_of_order", "gateway_down"),
    # OpenSIPS and Kamailio, of clients
    *says("tls.failed", TEXT, "tls")(
        "failed to accept: rejected by client", "tls accept:error:", before=r"\b(?:new )?"
    ),
    *says("client.resources_exhausted", SENTENCE)(":malloc failure"),
]


# Printing: CUPS and its backends.

_PRINTING: list[TextRule] = [
    *says("dns.name_not_resolved", TEXT, "dns")("unable to locate printer"),
    *says("tcp.timed_out", TEXT, "connect")("the printer is not responding"),
    *says("tcp.address_unreachable.host", SENTENCE, "connect")(
        "the printer is unreachable at this time"
    ),
    *says("tcp.failed", HINT, "connect")(
        "unable to connect to printer", "the printer is not connected", "scheduler not responding"
    ),
    *says("tls.cert.date_invalid.expired", SPECIFIC, "tls")("cups-pki-expired"),
    *says("tls.cert.invalid", SENTENCE, "tls")("cups-pki-invalid", "cups-certificate-error"),
    *says("tls.cert.pinned_key_not_in_cert_chain", SENTENCE, "tls")("cups-pki-changed"),
    *says("http.error.unavailable", SENTENCE, "wait")("server-error-service-unavailable"),
    *says("http.response.timed_out", SENTENCE, "wait")("remote host did not respond with"),
]

# Industry: Modbus, OPC UA (its status codes begin with "Bad").

_OPC_UA: dict[str, tuple[ClueKind, int]] = {
    "badtimeout": ("http.response.timed_out", SENTENCE),
    "badrequesttimeout": ("http.response.timed_out", SENTENCE),
    "badconnectionclosed": ("tcp.closed", SENTENCE),
    "badsecurechannelclosed": ("tcp.closed", SENTENCE),
    "badcommunicationerror": ("tcp.failed", TEXT),
    "badnotconnected": ("tcp.failed", TEXT),
    "badservernotconnected": ("tcp.failed", TEXT),
    "badhostunknown": ("dns.name_not_resolved", SENTENCE),
    "badtcpendpointurlinvalid": ("url.invalid", SENTENCE),
    "badcertificateuntrusted": ("tls.cert.authority_invalid.unknown_issuer", TEXT + 5),
    "badcertificatetimeinvalid": ("tls.cert.date_invalid.expired", TEXT),
    "badcertificatehostnameinvalid": ("tls.cert.name_invalid", SENTENCE),
    "badcertificaterevoked": ("tls.cert.revoked", SENTENCE),
    "badsecuritychecksfailed": ("tls.failed", PHRASE),
    "badidentitytokenrejected": ("service.rejected", SENTENCE),
    "badidentitytokeninvalid": ("service.rejected", SENTENCE),
    "baduseraccessdenied": ("service.rejected", SENTENCE),
    "badtoomanysessions": ("service.rejected", SENTENCE),
}

_INDUSTRY: list[TextRule] = [
    *[rule for name, said in _OPC_UA.items() for rule in says(*said)(name, then=r"\b")],
    *says("http.response.timed_out", SENTENCE, "wait")("no response received from the remote unit"),
    # SNMP and Modbus in Python
    *says("http.response.timed_out", SENTENCE, "wait")("no snmp response received"),
    *says("tcp.failed", SENTENCE, "connect")("[connection] failed to connect["),
    *says("http.response.timed_out", SENTENCE, "wait")("no response received, expected at least"),
    *says("unknown", PHRASE)("unable to establish ipmi", "unable to establish lan session"),
]

# Routers: BGP's notifications (RFC 4271 section 4.5, RFC 4486), Cisco's messages.

_BGP: dict[str, tuple[ClueKind, int]] = {
    "hold timer expired": ("tcp.timed_out.established", SENTENCE),
    "hold time expired": ("tcp.timed_out.established", SENTENCE),
    "connection rejected": ("service.rejected", SENTENCE),
    "connection collision resolution": ("service.rejected", SENTENCE),
    "administrative shutdown": ("service.rejected", SENTENCE),
    "administratively shutdown": ("service.rejected", SENTENCE),
    "peer de-configured": ("service.rejected", SENTENCE),
    "maximum number of prefixes reached": ("service.rejected", SENTENCE),
    "bad peer as": ("service.rejected", SENTENCE),
    "peer closed the session": ("tcp.closed", SENTENCE),
    "peer closed the tcp connection": ("tcp.closed", SENTENCE),
    "dead timer expired": ("tcp.timed_out.established", SENTENCE),
    "bfd adjacency down": ("tcp.timed_out.established", SENTENCE),
    "interface flap": ("tcp.closed", PHRASE),
}
_CISCO: dict[str, tuple[ClueKind, int]] = {
    "certificate_invalid_expired": ("tls.cert.date_invalid.expired", SPECIFIC),
    "certificate_invalid_not_yet_valid": ("tls.cert.date_invalid.not_yet_valid", SPECIFIC),
    "certificate_invalid_unauthorized": ("tls.cert.invalid", SENTENCE),
    "certificate_revoked": ("tls.cert.revoked", SPECIFIC),
    "login_failed": ("service.rejected", SENTENCE),
    "badauth": ("service.rejected", SENTENCE),
}
_ROUTERS: list[TextRule] = [
    *[
        rule
        for words, said in _BGP.items()
        for rule in says(*said)(
            words, before=r"(?:bgp|ospf|neighbou?r|peer|%[A-Z]{2,12}-)[^\n]{0,200}"
        )
    ],
    *[
        rule
        for name, said in _CISCO.items()
        for rule in says(*said)(name, before=r"%[A-Z_]{2,20}-\d-")
    ],
]

# Homes and laboratories: ESPHome, PubSubClient, SNMP, PLCs, boards that are flashed.

_PUBSUBCLIENT: dict[str, ClueKind] = {
    "-4": "http.response.timed_out",
    "-3": "tcp.closed",
    "-2": "tcp.failed",
    "1": "service.rejected",
    "2": "service.rejected",
    "3": "service.rejected",
    "4": "service.rejected",
    "5": "service.rejected",
}
"""The states of PubSubClient, as its example and what is made of it print them."""

_HOMES: list[TextRule] = [
    *[
        rule
        for state, kind in _PUBSUBCLIENT.items()
        for rule in says(kind, SENTENCE, "wait")(
            f"rc={state} ", f"rc {state}.", before=r"(?:MQTT|mqtt|MQT)[^\n]{0,80}fail[^\n]{0,60}"
        )
    ],
    *says("tcp.closed", SENTENCE)("mqtt disconnected: tcp disconnected"),
    *says("service.rejected", SENTENCE, "wait")(
        "malformed credentials",
        "not authorized",
        "identifier rejected",
        "unacceptable protocol version",
        before=r"MQTT Disconnected: ",
    ),
    *says("service.rejected", SENTENCE, "wait")("mqtt not authorized"),
    *says("dns.failed", SENTENCE, "dns")("couldn't resolve ip address for '"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "timeout while waiting for message response", "timeout while waiting for api response"
    ),
    *says("tcp.failed", TEXT, "connect")("http request failed; url: "),
    *says("tcp.timed_out.established", SENTENCE)("ping response not received after"),
    *says("service.rejected", SENTENCE, "wait")(
        "invalidencryptionkeyapierror",
        "requiresencryptionapierror",
        "invalidauthapierror",
        "request with invalid authentication from",
    ),
    *says("not_a_connection_failure", OVERRIDE)(  # over a serial line
        "failed to connect to esp", "waiting for packet header", "no serial data received"
    ),
    *says("not_a_connection_failure", OVERRIDE)("stk500_getsync()", "stk500_recv()", "ser_open()"),
    *says("service.rejected", SENTENCE, "wait")("unknown user name", before=r"snmp\w{1,12}: "),
    *says("service.rejected", TEXT, "wait")(
        "incorrect password, community or key", "illegal data address", "illegal function"
    ),
    *says("http.error.gateway", SENTENCE, "wait")("gateway target device failed to respond"),
    *says("tcp.failed", SENTENCE, "connect")(
        "tcp : unreachable peer", "cli : client not connected"
    ),
    *says("tcp.failed", TEXT, "connect")("network host '", then=r"[^'\n]{1,255}' is busy; will"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "no response received after ", "genbasic failed (timeout", "after 10000ms)"
    ),
    *says("tls.failed", PHRASE, "tls")(
        "badsecuritypolicyrejected", "failed to open secure channel"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "[error]: no answer", "[error]: no response from device"
    ),
    *says("service.rejected", TEXT, "wait")("(unauthorized)", before=r"printer[^\n]{0,60}"),
    *says("service.rejected", TEXT, "wait")("unauthorized", before=r"\blp\w{0,8}: "),
]

DEVICES: list[TextRule] = [*_HOMES, *_ROUTERS, *_INDUSTRY, *_EMBEDDED, *_TELEPHONY, *_PRINTING]
