"""What programs say: curl, browsers, git, clients of other languages, and ringback itself."""

from ringback.failure.clue import EXACT, GENERIC, SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.kinds import KINDS
from ringback.failure.names import KindName
from ringback.failure.text.rule import (
    HINT,
    OVERRIDE,
    PHRASE,
    SENTENCE,
    VERDICT,
    TextRule,
    say_each,
    says,
)

# What curl and libcurl say: exit codes, the words for them, and their own sentences.
#
# Sources: https://curl.se/docs/manpage.html (EXIT CODES), https://curl.se/libcurl/c/libcurl-errors.html.

_CODE = 44
"""The code; the words beside it usually know more."""
_COULD_NOT_CONNECT = 38
"""Usually a refusal; the code 7 beside it stands for any failure to connect."""
_KIND_OF_CODE: dict[int, ClueKind] = {
    1: "url.scheme_invalid",
    3: "url.invalid",
    5: "proxy.unreachable",
    6: "dns.name_not_resolved",
    7: "tcp.failed",
    8: "http.response.invalid.not_http",
    9: "service.rejected",
    10: "tcp.failed",
    12: "tcp.timed_out",
    16: "h2.protocol.error",
    18: "http.response.invalid.content_length_mismatch",
    22: "http.error",
    28: TIMEOUT,
    35: "tls.failed",
    45: "client.local_address",
    47: "http.response.redirect_loop",
    51: "tls.cert.name_invalid",
    52: "http.response.invalid.empty",
    53: "config.tls_files_invalid",
    55: "tcp.closed",
    56: "tcp.closed",
    58: "config.tls_files_invalid",
    59: "tls.version_or_cipher_mismatch",
    60: "tls.cert.invalid",
    61: "http.response.invalid.content_decoding",
    66: "tls.failed",
    67: "service.rejected",
    77: "config.tls_files_invalid",
    80: "tls.failed",
    83: "tls.cert.authority_invalid.unknown_issuer",
    90: "tls.cert.pinned_key_not_in_cert_chain",
    91: "tls.cert.invalid",
    92: "h2.protocol.error",
    94: "service.rejected",
    95: "h2.protocol.error",
    96: "tcp.failed",
    97: "proxy.upstream_failed",
    98: "tls.bad_client_auth_cert",
}
_WORDS: dict[str, KindName] = {
    "couldn't resolve proxy name": "proxy.unreachable",
    "access denied to remote resource": "service.rejected",
    "login denied": "service.rejected",
    "weird server reply": "http.response.invalid.not_http",
    "failed binding local connection end": "client.local_address",
    "failed sending data to the peer": "tcp.closed",
    "failure when receiving data from the peer": "tcp.closed",
    "ssl public key does not match pinned public key": "tls.cert.pinned_key_not_in_cert_chain",
    "ssl server certificate status verification failed": "tls.cert.invalid",
    "issuer check against peer certificate failed": "tls.cert.authority_invalid.unknown_issuer",
    "failed to load ca certificates": "config.tls_files_invalid",
    "proxy handshake error": "proxy.upstream_failed",
    "ssl client certificate required": "tls.bad_client_auth_cert",
    "stream error in the http/2 framing layer": "h2.protocol.error",
    "the server failed to connect to data port": "tcp.failed",
    "accepting server connect has timed out": "tcp.timed_out",
    "authentication function returned an error": "service.rejected",
}
"""``curl_easy_strerror`` where the words tell more than those of other libraries."""
_CURL_BEFORE_A_NUMBER = (
    r"(?:curl(?:_easy_perform\(\) failed)?|cURL error|curl: ?|\[CURL\]|Failed to perform, curl: "
    r"|errno|exit (?:code|status)|error: ?)[ :]{0,3}"
)
_SHORT_OF_THE_NAME = r"CURLE?_\w{0,40} ?"


def _code(number: int, kind: ClueKind) -> list[TextRule]:
    """The code in each of its spellings: tool, PHP, pycurl and git."""
    curl = _CURL_BEFORE_A_NUMBER
    return [
        *says(kind, _CODE)(f"({number})", f"({number}, ", before=curl),
        *says(kind, _CODE)(f"({number})", before=_SHORT_OF_THE_NAME),
        *says(kind, _CODE)(f"error {number}:", before=r"curl[: ]{1,2}"),
        *says(kind, _CODE)(f"curl#{number} - "),  # yum
        # cargo and others in Rust
        *says(kind, _CODE)(f"[{number}] ", before=r"(?:network error|caused by)[^\n]{0,60}: "),
        *says(kind, _CODE)(f"curl_easy_perform() failed {number}", then=r"\b"),
    ]


CURL: list[TextRule] = [
    *(rule for number, kind in _KIND_OF_CODE.items() for rule in _code(number, kind)),
    *say_each(_WORDS),
    *says(TIMEOUT)("timeout was reached"),
    *says("tcp.refused", _COULD_NOT_CONNECT, "connect")(
        "couldn't connect to server", "could not connect to server"
    ),
    *says("tcp.timed_out", SENTENCE, "connect")(
        "failed to connect to",
        then=r" [^\n]{1,120}: (?:timeout was reached|timed out|connection timed out)",
    ),
    # how far a transfer came
    # the code 28 beside it, with the system's words, is no number of the system
    *says(TIMEOUT, OVERRIDE, "wait")(
        "operation timed out after",
        then=r" \d{1,9} (?:milli)?seconds with (?:\d{1,15} (?:out of -?\d{1,15} )?bytes|0 )",
    ),
    *says(TIMEOUT, OVERRIDE + 1, "body")(
        "bytes received",
        before=r"timed out after \d{1,9} milliseconds with (?!0 )\d{1,15} (?:out of -?\d{1,15} )?",
    ),
    *says("http.response.body_timed_out", SPECIFIC, "body")("operation too slow"),
    *says("http.response.body_timed_out", SPECIFIC, "body")(  # cargo
        "failed to transfer more than ", then=r"\d{1,9} bytes in"
    ),
    *says("tcp.reset", SPECIFIC)(
        "recv failure: connection was reset",
        "recv failure: connection reset by peer",
        "openssl ssl_read: connection was reset",
    ),
    # Unity
    *says("dns.failed", SENTENCE, "dns")("cannot resolve destination host"),
    *says("tcp.failed", SENTENCE, "connect")("cannot connect to destination host"),
    *says("tls.failed", SENTENCE, "tls")("unable to complete ssl connection"),
    *says("client.resources_exhausted", SPECIFIC)("getaddrinfo() thread failed to start"),
]


# What browsers say, alone or through WebDriver: Chromium's net errors, Firefox's error pages.
#
# Sources: Chromium ``net/base/net_error_list.h``; Firefox ``about:neterror`` and NSS error names.

_CHROMIUM: dict[str, KindName] = {
    "err_connection_refused": "tcp.refused",
    "err_connection_reset": "tcp.reset",
    "err_connection_closed": "tcp.closed",
    "err_connection_aborted": "tcp.aborted",
    "err_connection_timed_out": "tcp.timed_out",
    "err_timed_out": "tcp.timed_out",
    "err_connection_failed": "tcp.failed",
    "err_address_unreachable": "tcp.address_unreachable.host",
    "err_address_invalid": "tcp.address_invalid",
    "err_internet_disconnected": "tcp.address_unreachable.network",
    "err_network_changed": "tcp.aborted",
    "err_network_io_suspended": "tcp.aborted",
    "err_network_access_denied": "tcp.address_unreachable.prohibited",
    "err_name_not_resolved": "dns.name_not_resolved",
    "err_name_resolution_failed": "dns.temporary_failure",
    "err_icann_name_collision": "dns.bogus_address",
    "err_dns_timed_out": "dns.timed_out",
    "err_dns_server_failed": "dns.temporary_failure",
    "err_insufficient_resources": "client.resources_exhausted",
    "err_address_in_use": "client.local_address",
    "err_ssl_server_cert_bad_format": "tls.cert.invalid",
    "err_cert_invalid": "tls.cert.invalid",
    "err_cert_weak_signature_algorithm": "tls.cert.invalid",
    "err_ssl_pinned_key_not_in_cert_chain": "tls.cert.pinned_key_not_in_cert_chain",
    "err_certificate_transparency_required": "tls.cert.invalid",
    "err_invalid_response": "http.response.invalid.not_http",
    "err_aborted": "abandoned",
    "err_socket_not_connected": "tcp.closed",
    "err_invalid_auth_credentials": "http.error.auth",
    "err_http_response_code_failure": "http.error",
    "err_out_of_memory": "client.resources_exhausted",
    "err_dns_malformed_response": "dns.temporary_failure",
    "err_dns_server_requires_tcp": "dns.temporary_failure",
    "err_dns_no_matching_supported_alpn": "dns.failed",
    "err_cert_non_unique_name": "tls.cert.invalid",
    "err_cert_weak_key": "tls.cert.invalid",
    "err_cert_name_constraint_violation": "tls.cert.invalid",
    "err_cert_validity_too_long": "tls.cert.invalid",
    "err_cert_no_revocation_mechanism": "tls.cert.invalid",
    "err_cert_unable_to_check_revocation": "tls.cert.invalid",
    "err_cert_contains_errors": "tls.cert.invalid",
    "err_ssl_decrypt_error_alert": "tls.protocol.error",
    "err_ssl_bad_record_mac_alert": "tls.protocol.error",
    "err_ssl_decompression_failure_alert": "tls.protocol.error",
    "err_quic_protocol_error": "http.protocol.error",
    "err_quic_handshake_failed": "tls.failed",
    "err_response_headers_too_big": "http.protocol.error",
    "err_response_headers_multiple_content_length": "http.protocol.error",
    "err_response_headers_multiple_location": "http.protocol.error",
    "err_response_headers_multiple_content_disposition": "http.protocol.error",
    "err_invalid_chunked_encoding": "http.protocol.error",
    "err_ssl_key_usage_incompatible": "tls.cert.invalid",
    "err_ssl_no_renegotiation": "tls.protocol.error",
    "err_proxy_certificate_invalid": "proxy.unreachable",
    "err_mandatory_proxy_configuration_failed": "config.proxy_invalid",
    "err_http_1_1_required": "h2.protocol.error",
    "err_host_resolver_queue_too_large": "client.resources_exhausted",
    "err_disallowed_url_scheme": "url.scheme_invalid",
}
_FIREFOX: dict[str, KindName] = {
    "e=connectionfailure": "tcp.refused",
    "ns_error_connection_refused": "tcp.refused",
    "e=nettimeout": "tcp.timed_out",
    "ns_error_net_timeout": "tcp.timed_out",
    "e=netreset": "tcp.reset",
    "ns_error_net_reset": "tcp.reset",
    "e=netinterrupt": "tcp.reset",
    "ns_error_net_interrupt": "tcp.reset",
    "e=dnsnotfound": "dns.name_not_resolved",
    "ns_error_unknown_host": "dns.name_not_resolved",
    "e=netoffline": "tcp.address_unreachable.network",
    "ns_error_offline": "tcp.address_unreachable.network",
    "e=unknownprotocolfound": "url.scheme_invalid",
    "e=malformeduri": "url.invalid",
    "e=redirectloop": "http.response.redirect_loop",
    "ns_error_redirect_loop": "http.response.redirect_loop",
    "ns_error_net_empty_response": "http.response.invalid.empty",
    "ns_error_net_partial_transfer": "http.response.invalid.content_length_mismatch",
    "ns_error_net_inadequate_security": "tls.version_or_cipher_mismatch",
    "ns_error_proxy_bad_gateway": "proxy.upstream_failed",
    "ns_error_proxy_gateway_timeout": "proxy.upstream_failed",
    "ns_error_proxy_authentication_failed": "proxy.auth_required",
    "ns_error_proxy_forbidden": "proxy.denied",
    "ns_error_unknown_protocol": "url.scheme_invalid",
    "ns_error_malformed_uri": "url.invalid",
    "ns_error_invalid_content_encoding": "http.response.invalid.content_decoding",
    "e=nssfailure2": "tls.failed",
    "pr_end_of_file_error": "tls.closed",
    "pr_connect_reset_error": "tcp.reset",
    "pr_connect_refused_error": "tcp.refused",
    "mozilla_pkix_error_self_signed_cert": "tls.cert.authority_invalid.self_signed",
    "mozilla_pkix_error_not_yet_valid_cert": "tls.cert.date_invalid.not_yet_valid",
    "mozilla_pkix_error_not_yet_valid_issuer": "tls.cert.date_invalid.not_yet_valid",
    "mozilla_pkix_error_key_pinning_failure": "tls.cert.pinned_key_not_in_cert_chain",
    "mozilla_pkix_error_mitm_detected": "tls.cert.authority_invalid.unknown_issuer",
    "sec_error_untrusted_issuer": "tls.cert.authority_invalid.untrusted_root",
    "sec_error_expired_issuer_certificate": "tls.cert.date_invalid.expired",
    "ssl_error_handshake_failure_alert": "tls.version_or_cipher_mismatch",
    "ssl_error_protocol_version_alert": "tls.version_or_cipher_mismatch",
    "ssl_error_inappropriate_fallback_alert": "tls.version_or_cipher_mismatch",
    "ssl_error_weak_server_ephemeral_dh_key": "tls.version_or_cipher_mismatch",
    "ssl_error_bad_cert_alert": "tls.bad_client_auth_cert",
    "ssl_error_access_denied_alert": "tls.bad_client_auth_cert",
    "ssl_error_unknown_ca_alert": "tls.bad_client_auth_cert",
    "ssl_error_expired_cert_alert": "tls.bad_client_auth_cert",
    "ssl_error_revoked_cert_alert": "tls.bad_client_auth_cert",
    "ssl_error_certificate_unknown_alert": "tls.bad_client_auth_cert",
    "ssl_error_unrecognized_name_alert": "tls.unrecognized_name_alert",
    "ssl_error_internal_error_alert": "tls.failed",
    "ssl_error_unsafe_negotiation": "tls.protocol.error",
    "ssl_error_bad_mac_read": "tls.protocol.error",
    "ssl_error_bad_mac_alert": "tls.protocol.error",
    "ssl_error_rx_malformed": "tls.protocol.error",
    "ssl_error_rx_unexpected": "tls.protocol.error",
    "redirected you too many times": "http.response.redirect_loop",
}
_TITLES: dict[str, KindName] = {
    # Firefox
    "an error occurred during a connection to": "unknown",
    "firefox can't find the server at": "dns.name_not_resolved",
    "the connection was interrupted": "tcp.reset",
    "firefox is currently in offline mode": "tcp.address_unreachable.network",
    "unable to find the proxy server": "proxy.unreachable",
    "page isn't redirecting properly": "http.response.redirect_loop",
    "redirecting the request for this address in a way that": "http.response.redirect_loop",
    "secure connection failed": "tls.failed",
    "peer using unsupported version of security protocol": "tls.version_or_cipher_mismatch",
    "warning: potential security risk ahead": "tls.cert.invalid",
    "did not connect: potential security issue": "tls.cert.invalid",
    "firefox detected a potential security threat": "tls.cert.invalid",
    "preventing firefox from safely connecting": "tls.cert.authority_invalid.unknown_issuer",
    "invalid or unsupported form of compression": "http.response.invalid.content_decoding",
    "corrupted content error": "http.protocol.error",
    "network protocol violation that cannot be repaired": "http.protocol.error",
    "firefox doesn't know how to open this address": "url.scheme_invalid",
    "the url is not valid and cannot be loaded": "url.invalid",
    "uses a network port which is normally used for": "tcp.address_unreachable.prohibited",
    "you must log in to this network before you can": "http.error.captive_portal",
    "negotiate an inadequate level of security": "tls.version_or_cipher_mismatch",
    "domain name does not match the server's certificate": "tls.cert.name_invalid",
    # Chromium: Chrome, Edge
    "this site can't be reached": "unknown",
    "server ip address could not be found": "dns.name_not_resolved",
    "'s dns address could not be found": "dns.failed",
    "unexpectedly closed the connection": "tcp.closed",
    "didn't send any data": "http.response.invalid.empty",
    "this site can't provide a secure connection": "tls.failed",
    "didn't accept your login certificate": "tls.bad_client_auth_cert",
    "connection isn't private": "tls.cert.invalid",
    "there is no internet connection": "tcp.address_unreachable.network",
    "a network change was detected": "tcp.aborted",
    "antivirus software may have blocked the connection": "tcp.address_unreachable.prohibited",
    "something wrong with the proxy server": "proxy.unreachable",
    "may require you to visit its login page": "http.error.captive_portal",
    "can't reach this page": "unknown",
    "uses outdated or unsafe tls security settings": "tls.version_or_cipher_mismatch",
    "with this website's security certificate": "tls.cert.invalid",
    "this page can't be displayed": "unknown",
    "err_unsafe_port": "tcp.address_unreachable.prohibited",
    "dlg_flags_invalid_ca": "tls.cert.authority_invalid.untrusted_root",
    "dlg_flags_sec_cert_cn_invalid": "tls.cert.name_invalid",
    "dlg_flags_sec_cert_date_invalid": "tls.cert.date_invalid.expired",
    "inet_e_resource_not_found": "dns.name_not_resolved",
    "inet_e_download_failure": "tcp.failed",
    "inet_e_connection_timeout": "tcp.timed_out",
    "inet_e_security_problem": "tls.cert.invalid",
    # Safari
    "safari can't connect to the server": "tcp.failed",
    "server unexpectedly dropped the connection": "tcp.closed",
    "server where this page is located isn't responding": "tcp.timed_out",
    "isn't connected to the internet": "tcp.address_unreachable.network",
    "you are not connected to the internet": "tcp.address_unreachable.network",
    "too many redirects occurred trying to open": "http.response.redirect_loop",
    "this website may be impersonating": "tls.cert.invalid",
}
"""The titles and sentences of browsers' own pages."""
_VAGUE = frozenset({"unknown", "tls.failed", "tls.cert.invalid"})
"""What a title says before the page says what it was."""

_FOREIGN_PAGES: dict[str, KindName] = {
    # Firefox
    "la connexion a échoué": "tcp.failed",
    "firefox ne peut établir de connexion avec le serveur": "tcp.failed",
    "firefox kann keine verbindung zu dem server unter": "tcp.failed",
    "firefox no puede establecer una conexión con el servidor": "tcp.failed",
    "firefox non può stabilire una connessione con il server": "tcp.failed",
    "o firefox não conseguiu estabelecer uma conexão com o servidor": "tcp.failed",
    "firefox kan geen verbinding maken met de server": "tcp.failed",
    "netzwerk-zeitüberschreitung": "tcp.timed_out",
    "le délai d'attente est dépassé": "tcp.timed_out",
    "el tiempo de espera de la conexión ha expirado": "tcp.timed_out",
    "tempo per la connessione esaurito": "tcp.timed_out",
    "o tempo limite da conexão esgotou": "tcp.timed_out",
    "die verbindung wurde zurückgesetzt": "tcp.reset",
    "la connexion a été réinitialisée": "tcp.reset",
    "la conexión ha sido reiniciada": "tcp.reset",
    "a conexão foi redefinida": "tcp.reset",
    "diese website kann leider nicht gefunden werden": "dns.name_not_resolved",
    "nous ne parvenons pas à trouver ce site": "dns.name_not_resolved",
    "tenemos problemas para encontrar ese sitio": "dns.name_not_resolved",
    "non riusciamo a trovare questo sito": "dns.name_not_resolved",
    # Safari
    "safari kann den server nicht finden": "dns.name_not_resolved",
    "safari den server": "dns.name_not_resolved",
    "safari ne parvient pas à trouver le serveur": "dns.name_not_resolved",
    "safari no puede encontrar el servidor": "dns.name_not_resolved",
    "safari no encuentra el servidor": "dns.name_not_resolved",
    "safari non riesce a trovare il server": "dns.name_not_resolved",
    "o safari não encontra o servidor": "dns.name_not_resolved",
    "safari kan de server niet vinden": "dns.name_not_resolved",
    "safari kann keine verbindung zum server": "tcp.failed",
    "safari ne parvient pas à se connecter au serveur": "tcp.failed",
    "safari no puede conectarse al servidor": "tcp.failed",
    "safari non riesce a connettersi al server": "tcp.failed",
    # Chrome and Edge
    "serveradresse wurde nicht gefunden": "dns.name_not_resolved",
    "l'adresse ip du serveur de": "dns.name_not_resolved",
    "no se ha podido encontrar la dirección ip": "dns.name_not_resolved",
    "impossibile trovare l'indirizzo ip": "dns.name_not_resolved",
    "hat die verbindung abgelehnt": "tcp.refused",
    "n'autorise pas la connexion": "tcp.refused",
    "ha rechazado la conexión": "tcp.refused",
    "ha rifiutato la connessione": "tcp.refused",
    "braucht zu lange, um zu antworten": "tcp.timed_out",
    "met trop de temps à répondre": "tcp.timed_out",
    "ha tardado demasiado tiempo en responder": "tcp.timed_out",
    "ha impiegato troppo tempo a rispondere": "tcp.timed_out",
    # Thunderbird and Outlook
    "zeitüberschreitung beim verbinden mit": "tcp.timed_out",
}
"""What the pages of browsers say in German, French, Spanish, Italian, Portuguese and Dutch."""
_FOREIGN_TIMEOUTS = (
    "das zeitlimit für den vorgang wurde erreicht",
    "timeout für vorgang überschritten",
    "le délai d'attente de l'opération a expiré",
    "l'opération a expiré",
    "se agotó el tiempo de espera de la operación",
    "se ha terminado el tiempo de espera de la operación",
    "o tempo limite da operação foi atingido",
    "o tempo limite da operação expirou",
    "timeout dell'operazione",
    "время ожидания операции истекло",
    "upłynął limit czasu operacji",
    "操作超时",
    "操作がタイムアウト",
)
"""The words of .NET and of Windows for an operation that took too long."""

BROWSERS: list[TextRule] = [
    *say_each(_FOREIGN_PAGES, rank=TEXT),
    *says(TIMEOUT, TEXT)(*_FOREIGN_TIMEOUTS),
    *say_each(_CHROMIUM, rank=EXACT, before=r"\b", then=r"\b"),
    *say_each(_FIREFOX, rank=SPECIFIC),
    *say_each({words: kind for words, kind in _TITLES.items() if kind not in _VAGUE}, rank=TEXT),
    *say_each({words: kind for words, kind in _TITLES.items() if kind in _VAGUE}, rank=HINT),
    *says("tcp.refused", TEXT, "connect")(
        "an error occurred during a connection to", before=r"unable to connect\s{1,8}"
    ),
    *says("dns.name_not_resolved", TEXT, "dns")(
        "check if there is a typo in ", then=r"[\w\-]{1,63}\.\w"
    ),
    *says("tls.cert.date_invalid.not_yet_valid", TEXT, "tls")(
        "your clock is behind", then=r"[^\n]{0,40}private connection"
    ),
    *says("tls.cert.date_invalid.expired", TEXT, "tls")(
        "your clock is ahead", then=r"[^\n]{0,40}private connection"
    ),
    *says("url.invalid", TEXT, "config")(
        "because the address is invalid", before=r"open the page[^\n]{0,200}"
    ),
    *says("tls.version_or_cipher_mismatch", TEXT, "tls")(
        "uses an unsupported protocol", before=r"secure connection[^\n]{0,200}"
    ),
    *says("tcp.address_unreachable.network", TEXT)("no internet", then=r"\s{1,8}try:"),
    *says("tcp.address_unreachable.network", TEXT)(
        "you're not connected", then=r"\s{1,8}and the web"
    ),
    *says("tcp.address_unreachable.host", TEXT)(
        " is unreachable", before=r"site can't be reached[^\n]{0,200}"
    ),
    *says("http.response.invalid.not_http", TEXT, "wait")(
        "sent an invalid response", before=r"page isn't working[^\n]{0,200}"
    ),
    *says("tls.cert.invalid", SENTENCE, "tls")("mozilla_pkix_error_", "sec_error_"),
    *says("dns.failed", SENTENCE, "dns")("dns_probe_finished_bad_config"),
    *says("tcp.address_unreachable.network", SENTENCE)("dns_probe_finished_no_internet"),
    *says("dns.failed", HINT, "dns")("dns_probe_started", "dns_probe_possible"),
    # Safari
    *says("dns.name_not_resolved", TEXT, "dns")("safari can't find the server"),
    *says("tls.failed", TEXT, "tls")("establish a secure connection to the server"),
    *says("tls.cert.invalid", PHRASE, "tls")("connection is not private"),
]


# What git says, and Java's and Rust's clients, where the words are their own.

TOOLS: list[TextRule] = [
    # git
    *says("tcp.closed", PHRASE)(
        "the remote end hung up unexpectedly",
        "early eof",
        "unexpected disconnect while reading sideband packet",
    ),
    *says("http.error.auth", VERDICT, "wait")("http basic: access denied"),
    *says("http.error", SENTENCE, "wait")("remote: repository not found"),
    *says("http.error", SENTENCE, "wait")(
        "' not found", before=r"repository 'https?://[^'\n]{1,200}"
    ),
    *says("http.error.auth", TEXT, "wait")("incorrect or missing password"),  # npm
    *says("tls.failed", SENTENCE, "tls")("unable to open tls session"),  # FFmpeg
    # Node
    *says("tcp.closed", SENTENCE)("und_err_socket", "other side closed"),
    # Java
    *says("tcp.refused", SPECIFIC, "connect")(
        "connection refused: connect", "connection refused (connection refused)"
    ),
    # Rust
    *says("tcp.failed", GENERIC, "connect")("error trying to connect", "tcp connect error"),
    # aria2
    *says(TIMEOUT, TEXT)("errorcode=2 timeout"),
    *says("tcp.failed", PHRASE, "connect")("errorcode=6 network problem"),
    # rsync
    *says("tcp.failed", PHRASE)("rsync error: error in socket io"),
    *says("service.rejected", SENTENCE, "wait")(
        "@error: unknown module", "@error: access denied to"
    ),
    # openssl s_client, restic
    *says("tls.closed", SENTENCE, "tls")("write:errno=0", "read:errno=0"),
    *says("tls.failed", SENTENCE, "tls")("find starttls in server response"),
    *says("service.rejected", SENTENCE, "wait")(
        "stat: access denied",
        "access key id you provided does not exist",
        "none of the protocols were accepted",
    ),
    # runners, editors
    *says("http.error", TEXT, "wait")("http response code: notfound from"),
    *says("tcp.timed_out.established", SENTENCE)("pingfailureanalyzer", "ping started at "),
    *says("tcp.closed", SENTENCE)("websocket close with status code 1006"),
    *says("tcp.timed_out", SENTENCE, "connect")(": connecting timed out"),
    *says("unknown", TEXT)("xhr failed"),
    # games
    *says("tcp.timed_out", SENTENCE, "connect")(
        "connection to the host has timed out", "networkfailure: connectiontimeout"
    ),
    *says("tcp.closed", SENTENCE)("networkfailure: connectionlost"),
]


# What ringback itself wrote: the note under an exception of ``ringback.errors``.

_ALREADY_NAMED = OVERRIDE + 10
"""The exception was classified while it was whole; its text says less."""

OWN: list[TextRule] = [
    rule
    for kind in KINDS.values()
    for rule in says(kind.name, _ALREADY_NAMED)(f"ringback: {kind.name}: ")
]
