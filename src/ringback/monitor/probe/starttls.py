"""How TLS is begun on a connection that is plain at first: one function and one line each."""

import socket
from collections.abc import Awaitable, Callable

from ringback.monitor.probe.outcome import PhaseTimer, ProbeError, ProbeFailure
from ringback.monitor.probe.stream import LineStream, unexpected_answer

Dialogue = Callable[[LineStream], Awaitable[None]]
"""Ends where the handshake begins; raises ``Refused`` where the server will not have it."""

_POSTGRES = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
_LDAP_OID = b"1.3.6.1.4.1.1466.20037"
_LDAP = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + _LDAP_OID
_MAX_LINES = 100


async def _smtp(stream: LineStream) -> None:
    """RFC 3207."""
    await _reply(stream, "220")
    await stream.send(f"EHLO {_literal(stream.connected)}\r\n".encode())
    offered = [line[4:].strip().upper() for line in await _reply(stream, "250")]
    if "STARTTLS" not in offered:
        raise _not_offered()
    await stream.send(b"STARTTLS\r\n")
    await _reply(stream, "220")


def _by_codes(command: bytes, greeting: tuple[str, ...], ready: str) -> Dialogue:
    """What a server says begins with a code: one for its greeting, one for its consent."""

    async def dialogue(stream: LineStream) -> None:
        await _reply(stream, *greeting)
        await stream.send(command)
        await _reply(stream, ready)

    return dialogue


async def _imap(stream: LineStream) -> None:
    """RFC 9051, section 6.2.1."""
    greeting = await stream.line()
    if not greeting.upper().startswith("* OK"):
        raise unexpected_answer(greeting)
    await stream.send(b"a STARTTLS\r\n")
    answer = await _until(stream, lambda line: line.startswith("a "))
    if not answer.upper().startswith("A OK"):
        raise unexpected_answer(answer)


async def _pop3(stream: LineStream) -> None:
    """RFC 2595, section 4."""
    for said in (b"", b"STLS\r\n"):
        await stream.send(said)
        answer = await stream.line()
        if not answer.startswith("+OK"):
            raise unexpected_answer(answer)


async def _sieve(stream: LineStream) -> None:
    """RFC 5804, sections 1.7 and 2.2."""
    for said in (b"", b"STARTTLS\r\n"):
        await stream.send(said)
        answer = await _until(stream, lambda line: not line.startswith('"'))
        if not answer.upper().startswith("OK"):
            raise unexpected_answer(answer)


async def _postgres(stream: LineStream) -> None:
    """PostgreSQL's protocol 3.0: SSLRequest, answered with one byte."""
    await stream.send(_POSTGRES)
    answer = await stream.take(1)
    if answer == b"N":
        raise _not_offered()
    if answer != b"S":
        raise unexpected_answer(answer)


async def _ldap(stream: LineStream) -> None:
    """RFC 4511, section 4.14: an extended operation, answered with a result code."""
    await stream.send(_LDAP)
    tag, message = await _element(stream)
    if tag != 0x30 or len(message) < 3:
        raise unexpected_answer(bytes((tag,)) + message)
    operation = message[2 + message[1] :]  # behind the message's number
    code = operation.find(b"\x0a\x01")
    if not operation.startswith(b"\x78") or not 0 < code < len(operation) - 2:
        raise unexpected_answer(operation)
    if operation[code + 2] != 0:
        said = f"the server refuses STARTTLS: result {operation[code + 2]}"
        raise ProbeError(ProbeFailure("service.rejected", said))


DIALOGUES: dict[str, Dialogue] = {
    "smtp": _smtp,
    "imap": _imap,
    "pop3": _pop3,
    "ftp": _by_codes(b"AUTH TLS\r\n", ("220",), "234"),  # RFC 4217
    "nntp": _by_codes(b"STARTTLS\r\n", ("200", "201"), "382"),  # RFC 4642
    "sieve": _sieve,
    "postgres": _postgres,
    "ldap": _ldap,
}
"""What is spoken before TLS to how it is begun."""


async def start_tls(protocol: str, connected: socket.socket, phases: PhaseTimer) -> None:
    """Bring a connection to where the TLS handshake begins; plain text does not count then."""
    phases.on_timeout = ProbeFailure(
        "tls.timed_out", f"timed out waiting for {protocol} to begin TLS"
    )
    await DIALOGUES[protocol](LineStream(connected))
    phases.on_timeout = None


async def _reply(stream: LineStream, *wanted: str) -> list[str]:
    """A reply with a code, maybe of several lines (RFC 5321, section 4.2.1)."""
    lines = [await stream.line()]
    while lines[-1][3:4] == "-" and len(lines) < _MAX_LINES:
        lines.append(await stream.line())
    if not lines[-1].startswith(wanted):
        raise unexpected_answer(lines[-1])
    return lines


async def _until(stream: LineStream, last: Callable[[str], bool]) -> str:
    for _ in range(_MAX_LINES):
        line = await stream.line()
        if last(line):
            return line
    raise unexpected_answer(line)


async def _element(stream: LineStream) -> tuple[int, bytes]:
    """An element in BER (X.690, section 8.1), at most 4 kB of it."""
    tag, length = await stream.take(2)
    if length & 0x80:
        length = int.from_bytes(await stream.take(length & 0x07))
    if length > 4096:
        raise unexpected_answer(f"{length} bytes")
    return tag, await stream.take(length)


def _literal(connected: socket.socket) -> str:
    """How a client names itself that has no name (RFC 5321, section 4.1.3)."""
    address = connected.getsockname()[0].partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _not_offered() -> ProbeError:
    return ProbeError(ProbeFailure("service.rejected", "the server does not offer STARTTLS"))
