"""Write how Linux's programs word failures in other languages, from their message catalogues.

    apt-get download libc-l10n wget apt libpq5 git postgresql-15
    for package in *.deb; do dpkg-deb -x $package catalogues; done
    python scripts/languages.py catalogues

A ``%`` in a wording stands for whatever is there, a ``+`` before a code for wordings that another
code's are a part of. What means two things, in one language or in two,
is left out; so is what is too short to mean anything.
"""

import argparse
import json
import re
import struct
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).parents[1] / "src/ringback/failure/text/languages.json"

SYSTEM = {
    "Connection refused": "ECONNREFUSED",
    "Connection timed out": "ETIMEDOUT",
    "No route to host": "EHOSTUNREACH",
    "Host is down": "EHOSTDOWN",
    "Network is unreachable": "ENETUNREACH",
    "Network is down": "ENETDOWN",
    "Connection reset by peer": "ECONNRESET",
    "Network dropped connection on reset": "ENETRESET",
    "Software caused connection abort": "ECONNABORTED",
    "Broken pipe": "EPIPE",
    "Transport endpoint is not connected": "ENOTCONN",
    "Cannot send after transport endpoint shutdown": "ESHUTDOWN",
    "Address family not supported by protocol": "EAFNOSUPPORT",
    "Protocol not available": "ENOPROTOOPT",
    "Cannot assign requested address": "EADDRNOTAVAIL",
    "Address already in use": "EADDRINUSE",
    "No buffer space available": "ENOBUFS",
    "Transport endpoint is already connected": "client.closed",
    "Too many open files": "EMFILE",
    "Too many open files in system": "ENFILE",
}
RESOLVER = {
    "Name or service not known": "EAI_NONAME",
    "Unknown host": "EAI_NONAME",
    "No address associated with hostname": "EAI_NODATA",
    "No address associated with name": "EAI_NODATA",
    "Temporary failure in name resolution": "EAI_AGAIN",
    "Host name lookup failure": "EAI_AGAIN",
    "Non-recoverable failure in name resolution": "EAI_FAIL",
    "Address family for hostname not supported": "EAI_ADDRFAMILY",
    "Servname not supported for ai_socktype": "EAI_SERVICE",
    "ai_family not supported": "EAI_FAMILY",
    "ai_socktype not supported": "EAI_SOCKTYPE",
    "Bad value for ai_flags": "EAI_BADFLAGS",
    "Memory allocation failure": "EAI_MEMORY",
}
PROGRAMS = {
    "wget": {
        "%s: unable to resolve host address %s\n": "dns.failed",
        "Unknown host": "dns.name_not_resolved",
        "couldn't connect to %s port %d: %s\n": "tcp.failed",
        "Unable to establish SSL connection.\n": "tls.failed",
        "%s: cannot verify %s's certificate, issued by %s:\n": "tls.cert.invalid",
        "  Unable to locally verify the issuer's authority.\n": (
            "tls.cert.authority_invalid.unknown_issuer"
        ),
        "  Self-signed certificate encountered.\n": "tls.cert.authority_invalid.self_signed",
        "  Issued certificate has expired.\n": "tls.cert.date_invalid.expired",
        "  Issued certificate not yet valid.\n": "tls.cert.date_invalid.not_yet_valid",
        "The certificate has expired\n": "tls.cert.date_invalid.expired",
        "%s: The certificate of %s has been revoked.\n": "tls.cert.revoked",
        "%s: no certificate subject alternative name matches\n\trequested host name %s.\n": (
            "tls.cert.name_invalid"
        ),
        "    %s: certificate common name %s doesn't match requested host name %s.\n": (
            "tls.cert.name_invalid"
        ),
        "Proxy tunneling failed: %s": "proxy.upstream_failed",
        "No data received.\n": "http.response.invalid.empty",
        "Read error (%s) in headers.\n": "http.response.headers.truncated",
    },
    "apt": {
        "Could not resolve '%s'": "dns.name_not_resolved",
        "Temporary failure resolving '%s'": "dns.temporary_failure",
        "System error resolving '%s:%s'": "dns.failed",
        "Could not connect to %s:%s (%s), connection timed out": "tcp.timed_out",
        "Could not connect to %s:%s (%s).": "tcp.failed",
        "Cannot initiate the connection to %s:%s (%s).": "tcp.address_unreachable.network",
        "Unable to connect to %s:%s:": "tcp.failed",
        "Connection failed": "tcp.failed",
        "Connection timed out": "tcp.timed_out",
        "Connection timeout": "tcp.timed_out",
        "Data socket connect timed out": "tcp.timed_out",
        "Connection closed prematurely": "tcp.closed",
        "Server closed the connection": "tcp.closed",
        "Error reading from server. Remote end closed connection": "tcp.closed",
        "The server refused the connection and said: %s": "service.rejected",
    },
    "libpq5-15": {
        'could not translate host name "%s" to address: %s\n': "dns.failed",
        'connection to server at "%s" (%s), port %s failed: ': "tcp.failed",
        'connection to server at "%s", port %s failed: ': "tcp.failed",
        'connection to server on socket "%s" failed: ': "tcp.failed",
        "could not establish SSL connection: %s\n": "tls.failed",
        "could not receive data from server: %s\n": "tcp.closed",
        "could not send data to server: %s\n": "tcp.closed",
        "SSL connection has been closed unexpectedly\n": "tls.closed",
        "SSL SYSCALL error: EOF detected\n": "tls.closed",
        "server does not support SSL, but SSL was required\n": "tls.protocol.error.not_tls",
        'server certificate for "%s" does not match host name "%s"\n': "tls.cert.name_invalid",
        'root certificate file "%s" does not exist\n': "config.tls_files_invalid",
        "timeout expired\n": "tcp.timed_out",
        "server closed the connection unexpectedly\n": "tcp.closed",
    },
    "postgres-15": dict.fromkeys(
        (
            'password authentication failed for user "%s"',
            'Peer authentication failed for user "%s"',
            'Ident authentication failed for user "%s"',
            'LDAP authentication failed for user "%s"',
            'GSSAPI authentication failed for user "%s"',
            'certificate authentication failed for user "%s"',
            'no pg_hba.conf entry for host "%s", user "%s", database "%s", %s',
            'pg_hba.conf rejects connection for host "%s", user "%s", database "%s", %s',
            'role "%s" is not permitted to log in',
            "the database system is starting up",
            "the database system is shutting down",
            "the database system is in recovery mode",
            "the database system is not accepting connections",
            'database "%s" is not currently accepting connections',
            "sorry, too many clients already",
            'too many connections for database "%s"',
            'too many connections for role "%s"',
            "terminating connection due to administrator command",
        ),
        "service.rejected",
    ),
    "git": {
        "the remote end hung up unexpectedly": "tcp.closed",
        "the remote end hung up upon initial contact": "tcp.closed",
        "unable to connect to %s:\n%s": "tcp.failed",
        "unable to look up %s (port %s) (%s)": "dns.failed",
        "unable to look up %s (%s)": "dns.failed",
        "Authentication failed for '%s'": "http.error.auth",
    },
}
DOMAINS = {
    "libc": {**SYSTEM, **RESOLVER},
    "wget-gnulib": RESOLVER,
    "apt": PROGRAMS["apt"],
    "libapt-pkg6.0": PROGRAMS["apt"],
    **{domain: PROGRAMS[domain] for domain in ("wget", "libpq5-15", "postgres-15", "git")},
}
_PLACEHOLDER = re.compile(r"%(?:\d+\$)?[-+#0]*\d*(?:\.\d+)?l*[a-zA-Z]|%%")
_SIGNS = " :.,;()[]'\"«»„‚「」『』\n"
_MIN_LETTERS = {True: 10, False: 4}
"""Letters that a wording has at least: of one in ASCII, and of another."""


def wording(message: str) -> str:
    """Return a message as texts are made before rules are tried, with ``%`` for placeholders."""
    even = message.translate(str.maketrans("’‘“”，：（）\u00a0İ", "''\"\",:() i")).lower()
    parts = (" ".join(part.split()).strip(_SIGNS) for part in _PLACEHOLDER.split(even))
    return "%".join(part for part in parts if any(letter.isalpha() for letter in part))


def _first(message: str) -> str:
    return message.strip().partition("\n")[0]


def messages(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the messages of a catalogue, English first.

    The form is gettext's manual's, "The Format of GNU MO Files". Python's own reader stops at a
    header that is not UTF-8, which some have.
    """
    order = "<" if content[:4] == b"\xde\x12\x04\x95" else ">"
    count, ids, texts = struct.unpack_from(f"{order}3I", content, 8)
    charset = re.search(rb"charset=([\w-]+)", content)
    encoding = charset[1].decode() if charset else "utf-8"
    for index in range(count):
        message, said = (_string(content, order, table + 8 * index) for table in (ids, texts))
        yield message.decode(encoding), said.partition(b"\0")[0].decode(encoding)


def _string(content: bytes, order: str, entry: int) -> bytes:
    length, offset = struct.unpack_from(f"{order}2I", content, entry)
    return content[offset : offset + length]


def wordings(root: Path) -> dict[str, list[str]]:
    """Return what each code is called, of all catalogues below a folder."""
    meanings: dict[str, set[str]] = defaultdict(set)
    for path in sorted(root.rglob("*.mo")):
        codes = {_first(message): code for message, code in DOMAINS.get(path.stem, {}).items()}
        for original, said in messages(path.read_bytes()) if codes else ():
            message, found = _first(original), wording(_first(said))
            letters = sum(letter.isalpha() for letter in found)
            if message in codes and letters >= _MIN_LETTERS[found.isascii()]:
                meanings[found].add(codes[message])
    english = {wording(_first(message)) for codes in DOMAINS.values() for message in codes}
    clear = {
        said: code
        for said, codes in sorted(meanings.items())
        if (code := _only(codes)) and said not in english
    }
    found: dict[str, list[str]] = defaultdict(list)
    for said, code in clear.items():
        longer = any(other in said for other, its in clear.items() if its != code)
        found[f"+{code}" if longer else code].append(said)
    return dict(sorted(found.items()))


def _only(codes: set[str]) -> str | None:
    """Return the one thing that is meant: a number's name before what a program makes of it."""
    names = {code for code in codes if code.isupper()} or codes
    return names.pop() if len(names) == 1 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("catalogues", type=Path, help="a folder with .mo files below it")
    found = wordings(parser.parse_args().catalogues)
    TARGET.write_text(json.dumps(found, ensure_ascii=False, indent=0) + "\n", "utf-8")
    print(f"{sum(map(len, found.values()))} wordings of {len(found)} codes: {TARGET}")


if __name__ == "__main__":
    main()
