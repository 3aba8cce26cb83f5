"""What browsers say, alone or through WebDriver: Chromium's net errors, Firefox's error pages.

Sources: Chromium ``net/base/net_error_list.h``; Firefox ``about:neterror`` and NSS error names.
"""

from ringback.failure.reading import EXACT
from ringback.failure.text.rule import Rule, says

_CHROMIUM = {
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
}
_FIREFOX = {
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
    "e=nssfailure2": "tls.failed",
    "can't establish a connection to the server": "tcp.refused",
}

RULES: list[Rule] = [
    *(
        rule
        for name, kind in _CHROMIUM.items()
        for rule in says(kind, name, rank=EXACT, around=rf"\b{name}\b")
    ),
    *(rule for name, kind in _FIREFOX.items() for rule in says(kind, name, rank=EXACT - 20)),
]
