"""Reference data: the server's certificate itself is unacceptable."""

from ringback.failure.kind import Kind

CERTIFICATE = (
    Kind(
        name="tls.cert.date_invalid.expired",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="The server's certificate, or one that signed it, has expired.",
        looks_like={
            "python": "`[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired` (verify code 10)",
            "requests": "`SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired'))`",
            "aiohttp": "`ClientConnectorCertificateError: Cannot connect to host localhost:443 ssl:True [SSLCertVerificationError: (1, '… certificate has expired')]`",
            "curl": "`curl: (60) SSL certificate problem: certificate has expired`",
        },
        causes=(
            "The certificate was not renewed.",
            "It was renewed, but the server was not reloaded and still shows the old one.",
            "An intermediate certificate in the chain has expired, or the client's CA bundle is years old.",
            "This machine's clock is ahead.",
        ),
        do=(
            "Read the dates: `openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -dates`.",
            "Compare this machine's clock with another: `date -u`, and `curl -sI http://HOST` shows `Date`.",
            "If the server is yours, renew the certificate and reload the server; check every node behind the balancer.",
            "If only old clients fail, update certifi or the system's CA certificates.",
        ),
        dont=(
            "Do not set `verify=False`: then anybody on the way can read and change the traffic.",
            "Do not retry: the certificate does not become valid again.",
        ),
        related=(
            "tls.cert.date_invalid.not_yet_valid",
            "tls.cert.authority_invalid.unknown_issuer",
            "tls.bad_client_auth_cert",
        ),
        also_known_as={
            "curl": "60",
            "chromium": "ERR_CERT_DATE_INVALID",
            "ooni": "ssl_invalid_certificate",
            "grpc": "UNAVAILABLE",
        },
    ),
    Kind(
        name="tls.cert.date_invalid.not_yet_valid",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="The server's certificate becomes valid only later, as this machine's clock has it.",
        looks_like={
            "python": "`[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate is not yet valid` (verify code 9)",
            "curl": "`curl: (60) SSL certificate problem: certificate is not yet valid`",
        },
        causes=(
            "This machine's clock is behind: a resumed virtual machine, an empty battery, no NTP.",
            "The certificate was issued just now by a machine whose clock is ahead.",
            "The certificate was installed before its first day.",
        ),
        do=(
            "Compare this machine's clock with another: `date -u`, and `curl -sI http://HOST` shows `Date`.",
            "Set the clock: `timedatectl set-ntp true`, or `chronyc makestep`.",
            "Read the dates: `openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -dates`.",
        ),
        dont=("Do not set `verify=False`: set the clock right.",),
        related=("tls.cert.date_invalid.expired",),
        also_known_as={
            "curl": "60",
            "chromium": "ERR_CERT_DATE_INVALID",
            "ooni": "ssl_invalid_certificate",
        },
    ),
    Kind(
        name="tls.cert.name_invalid",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="The server's certificate is for another name or address than the one that was called.",
        looks_like={
            "python": "`certificate verify failed: Hostname mismatch, certificate is not valid for 'localhost'.` (62), `IP address mismatch, certificate is not valid for '192.0.2.1'.` (64)",
            "urllib3": "`CertificateError: hostname 'example.test' doesn't match either of '*.example.org', 'example.org'`",
            "curl": "`curl: (60) SSL: no alternative certificate subject name matches target host name 'localhost'`",
        },
        causes=(
            "The service is called by its IP address or by an internal alias.",
            "The server shows its default site, as it does not know this name.",
            "The name points to another server: an old DNS record, a hosts file, a captive portal.",
            "The certificate has the name only as Common Name, without a Subject Alternative Name.",
            "A wildcard covers only one level: `*.example.com` is not valid for `a.b.example.com`.",
        ),
        do=(
            "Call the service by a name that its certificate lists (`-ext subjectAltName` of `openssl x509` shows them).",
            "See what is served: `openssl s_client -connect HOST:443 -servername NAME </dev/null | openssl x509 -noout -ext subjectAltName`.",
            "Check where the name leads: `dig +short NAME` and `/etc/hosts`.",
            "If the server is yours, issue a certificate with this name as Subject Alternative Name.",
        ),
        dont=(
            "Do not set `check_hostname=False` or `verify=False`: it may really be another server.",
        ),
        related=("tls.unrecognized_name_alert", "dns.bogus_address", "http.error.captive_portal"),
        also_known_as={
            "curl": "60",
            "chromium": "ERR_CERT_COMMON_NAME_INVALID",
            "ooni": "ssl_invalid_hostname",
        },
    ),
    Kind(
        name="tls.cert.revoked",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="The server's certificate has been revoked by the authority that issued it.",
        looks_like={
            "python": "`[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate revoked` (verify code 23), where a CRL is checked",
            "curl": "`curl: (60) SSL certificate problem: certificate revoked`",
        },
        causes=(
            "The private key was lost or stolen, and the owner had the certificate revoked.",
            "The authority revoked it because it had been issued in error.",
            "A renewal revoked the old certificate, and a node still shows it.",
        ),
        do=(
            "Tell the owner of the service: the certificate must be replaced.",
            "If the server is yours, issue a certificate with a new key and reload every node.",
            "Compare the serial number with the list: `openssl crl -noout -text -in crl.pem`.",
        ),
        dont=("Do not go on without verification: a revoked key may be in someone else's hands.",),
        related=("tls.cert.invalid", "tls.bad_client_auth_cert"),
        also_known_as={
            "curl": "60",
            "chromium": "ERR_CERT_REVOKED",
            "ooni": "ssl_invalid_certificate",
        },
    ),
    Kind(
        name="tls.cert.invalid",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="The server's certificate breaks a rule: a weak key, a wrong purpose, a bad chain or a missing extension.",
        looks_like={
            "python": "`certificate verify failed: EE certificate key too weak` (66), `CA signature digest algorithm too weak` (68), `unsuitable certificate purpose` (26), `invalid CA certificate` (79)",
            "python 3.13": "`certificate verify failed: Missing Authority Key Identifier` (85), `Basic Constraints of CA cert not marked critical` (89)",
            "curl": "`curl: (60) SSL certificate problem: CA signature digest algorithm too weak`",
        },
        causes=(
            "An older private CA misses extensions that Python 3.13 and later demand (strict checks are the default there).",
            "The key has under 2048 bits, or the signature uses SHA-1.",
            "The certificate is not meant for servers, or the signer is not a CA.",
            "Name constraints of the CA exclude this host, or the chain is longer than it permits.",
            "A CRL check is on, but no CRL was loaded (3).",
        ),
        do=(
            "Read the certificate: `openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -text`.",
            "Have the certificate or the CA issued anew, with 2048 bits or more, SHA-256 and the usual extensions.",
            "Until then, clear `ssl.VERIFY_X509_STRICT` in a context that only this host uses.",
        ),
        dont=(
            "Do not set `verify=False` for a rule about one extension.",
            "Do not go back to an old Python to hide a weak CA.",
        ),
        related=(
            "tls.cert.authority_invalid.untrusted_root",
            "tls.cert.revoked",
            "config.tls_files_invalid",
        ),
        also_known_as={
            "curl": "60",
            "chromium": "ERR_CERT_INVALID, ERR_CERT_WEAK_KEY, ERR_CERT_WEAK_SIGNATURE_ALGORITHM",
            "ooni": "ssl_invalid_certificate",
        },
    ),
)
