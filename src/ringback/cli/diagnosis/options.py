"""What the options of ``ringback diagnose`` ask for, checked, and the target of a pasted text."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from ringback.cli.input import InputError, read_text
from ringback.cli.terminal import plain
from ringback.client.proxies import Proxies
from ringback.client.trust import Trust, ssl_context
from ringback.failure.target import split_port, without_secrets
from ringback.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence


NO_PROXY = "none"
"""What ``--proxy`` takes for no proxy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnoseOptions:
    """How to diagnose; the fields are those of ``ringback.diagnosis.diagnose``."""

    timeout: float = 10.0
    trust: Trust | None = None
    proxies: Proxies | None = None
    nameservers: tuple[tuple[str, int], ...] = ()
    controls: tuple[str, ...] = ()
    neighbours: bool = False

    def keywords(self) -> dict[str, Any]:
        """Return them as keyword arguments."""
        return {name: getattr(self, name) for name in self.__slots__}


def proxies_of(text: str | None) -> Proxies | None:
    """Return the proxies that ``--proxy`` names; ``None``: those of the environment."""
    if text is None:
        return None
    try:
        return Proxies(() if text.lower() == NO_PROXY else text)
    except ValueError as error:
        raise InputError(
            f"--proxy: {plain(str(error))}; write http://host:port, or none"
        ) from error


def trust_of(path: str | None) -> Trust | None:
    """Return the trust in the authorities of a file; ``None``: the program's own."""
    if path is None:
        return None
    trust = Trust.of(path)
    try:
        ssl_context(trust)
    except (OSError, ValueError) as error:
        raise InputError(f"--ca: {plain(str(error))}") from error
    return trust


def nameservers_of(texts: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Return addresses and ports of resolvers; the port is 53 where none is given."""
    return tuple(_nameserver(text) for text in texts)


def _nameserver(text: str) -> tuple[str, int]:
    host, port = split_port(text)
    wrong = port is None and text.strip("[]") != host
    try:
        if wrong or port == 0:
            raise ValueError(text)
        return str(ip_address(host)), port or 53
    except ValueError as error:
        hint = "is not the address of a resolver; write 192.0.2.53, or [2001:db8::53]:5353"
        raise InputError(f"--nameserver: {plain(text)} {hint}") from error


def controls_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the targets known to be healthy, checked."""
    for text in texts:
        host, port = split_port(text)
        if not host or not port or "/" in text:
            raise InputError(f"--control: {plain(without_secrets(text))} is not HOST:PORT")
    return tuple(texts)


def options_of(
    *,
    timeout: float,
    neighbours: bool,
    proxy: str | None,
    ca: str | None,
    nameserver: Sequence[str],
    control: Sequence[str],
) -> DiagnoseOptions:
    """Return what the options ask for."""
    return DiagnoseOptions(
        timeout=timeout,
        trust=trust_of(ca),
        proxies=proxies_of(proxy),
        nameservers=nameservers_of(nameserver),
        controls=controls_of(control),
        neighbours=neighbours,
    )


def pasted_target(name: str) -> str:
    """Return the target that a traceback or log names: its URL, else its host and port."""
    from ringback.failure import explain  # noqa: PLC0415 - only a pasted text needs the rules

    target = explain(read_text(name)).target
    if target.url:
        return target.url
    if target.host and target.port:
        host = f"[{target.host}]" if ":" in target.host else target.host
        return f"{host}:{target.port}"
    where = "standard input" if name == "-" else plain(name)
    raise InputError(f"{where} names no URL and no host with a port; give the URL instead")
