"""The advice of a verdict, for this case: what was read is filled in, and asked for no more.

Rules advise in templates: ``Ask those who run {sender} to let port {port} through.`` A field holds
what was read, and a step of which a field is not known is left out; a field ``if_…`` is empty, and
known where it holds, ``else`` where no other step is left. So a step that a reading may answer
names the reading's result, or the condition that keeps it away. In commands the placeholders of
kinds (``HOST``, ``URL``) are filled in as well, and what is run on this host suits its system.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ringback.diagnosis.fact_values import address_of
from ringback.diagnosis.facts import (
    ChainFacts,
    NameserverFacts,
    ProxyCandidateFacts,
    ProxyConnectFacts,
    ProxyTunnelFacts,
    RequestFacts,
    TrustFacts,
    UrlFacts,
)
from ringback.diagnosis.host_facts import (
    EnvironmentFacts,
    HostsFileFacts,
    InterfacesFacts,
    ProxyVariablesFacts,
    ResolverConfigFacts,
    RouteFacts,
    RouteToFacts,
)
from ringback.diagnosis.verdict.evidence import ARP, PRIVATE_NETWORKS, family, is_loopback
from ringback.failure.advice import filled, is_word, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ringback.diagnosis.model import Reading, Where
    from ringback.diagnosis.verdict.evidence import Evidence

_FIELD: Final = re.compile(r"\{(\w+)\}")
_COMMAND: Final = re.compile(r"(`[^`]*`)")
_MAX_FIELD: Final = 200


def advice_for(steps: Sequence[str], known: Mapping[str, object]) -> tuple[str, ...]:
    """Return the steps of which every field is known, with what is known in its place."""
    told = [step for text in steps if (step := told_step(text, known))]
    last = (told_step(text, {**known, "else": ""}) or in_general(text) for text in steps[-1:])
    return tuple(told or last)


def told_step(step: str, known: Mapping[str, object]) -> str | None:
    """Return one step with its fields filled in; ``None``: one of them is not known."""
    parts = []
    for part in _COMMAND.split(step):
        values = {name: known.get(name) for name in _FIELD.findall(part)}
        if not all(_usable(value, command=part.startswith("`")) for value in values.values()):
            return None
        parts.append(_FIELD.sub(lambda field, values=values: str(values[field[1]]), part))
    text = filled("".join(parts), known)
    if "if_ipv6" in known:
        text = text.replace("`iptables ", "`ip6tables ")
    return _of_platform(text, str(known.get("platform") or ""))


def in_general(step: str) -> str:
    """Return one step as it reads where nothing is known."""
    return _FIELD.sub(lambda f: "" if f[1].startswith(("if_", "else")) else f[1].upper(), step)


def _usable(value: object, *, command: bool) -> bool:
    """Whether it is known; in a command only what a shell takes for a word, for others wrote it."""
    if value is None:
        return False
    text = str(value)
    if command:
        return is_word(text)
    return len(text) <= _MAX_FIELD and text.isprintable() and "`" not in text


def placeholders(
    evidence: Evidence, deciding: Sequence[Reading], where: Where | None = None
) -> dict[str, object]:
    """Return what stands in the place of fields and placeholders, as far as it is known."""
    parsed = evidence.first(UrlFacts)
    tried = [reading.facts["address"] for reading in deciding]
    asked = [reading.facts["server"] for reading in (*deciding, *evidence.all(NameserverFacts))]
    address = next(filter(family, (*tried, *evidence.addresses)), None)
    resolver = next(filter(family, asked), None)  # one at another port is asked in another way
    way = _way(evidence, address)
    tunnel = evidence.facts(ProxyTunnelFacts)["proxy"]
    proxy = str(evidence.facts(ProxyConnectFacts)["proxy"] or tunnel or "")
    return place_of(evidence.host, evidence.asked["port"]) | {
        "URL": parsed and parsed.subject,
        "ADDRESS": address,
        "@ADDRESS": resolver and f"@{resolver}",
        "GATEWAY": way["gateway"],
        "PROXY:PORT": proxy.partition("://")[2],
        "host": evidence.host or None,
        "place": evidence.place or None,
        "port": evidence.asked["port"],
        "address": address,
        "resolver": resolver,
        "proxy": proxy or None,
        "proxy_place": proxy.partition("://")[2] or None,
        "platform": evidence.facts(EnvironmentFacts)["platform"],
        "sender": next(_senders(deciding), None),
        "candidate": next((r.subject for r in evidence.all(ProxyCandidateFacts, works=True)), None),
        "trust_source": evidence.facts(TrustFacts)["source"],
        "trust_path": evidence.facts(TrustFacts)["path"],
        **way,
        **_configured(evidence),
        **_certificate(evidence),
        **_last_answer(evidence),
        **_where(evidence, address),
        **_of_resolver(evidence, resolver),
        **_of_the_proxy(evidence),
        **_held(
            own=not any(_senders(deciding)),
            there=(where or "").startswith("their") or where == "path",
            miscoded=any(reading.kind == _MISCODED for reading in deciding),
            tls_broken=any(reading.facts["outcome"] == "tls_failed" for reading in deciding),
            **{f"at_{where or ''}".replace(" ", "_"): where},
        ),
    }


def _way(evidence: Evidence, address: object) -> dict[str, object]:
    """How packets would leave this host: through what, and as whom."""
    to = evidence.all(RouteToFacts, address=address)
    out = [
        r for r in evidence.all(RouteFacts) if not address or r.facts["family"] == family(address)
    ]
    ways: list[Mapping[str, Any]] = [reading.facts for reading in (*to, *out)]

    def first(key: str) -> object:
        return next((way[key] for way in ways if way[key]), None)

    links = [
        str(link["name"])
        for link in evidence.facts(InterfacesFacts)["interfaces"] or ()
        if not link["loopback"]
    ]
    return {
        "source": first("source"),
        "gateway": None if to and to[0].facts["on_link"] else first("gateway"),
        "interface": first("interface") or (links[0] if len(links) == 1 else None),
    }


def _senders(deciding: Sequence[Reading]) -> Iterator[str]:
    """Who sent the ICMP messages that decided, but for this host itself."""
    for reading in deciding:
        icmp = reading.facts["icmp"]
        if icmp and not icmp["own"] and icmp["sender"]:
            yield str(icmp["sender"])


def _configured(evidence: Evidence) -> dict[str, object]:
    """Where this host says what it uses."""
    listed = evidence.facts(HostsFileFacts)
    config = evidence.facts(ResolverConfigFacts)
    variables = evidence.facts(ProxyVariablesFacts)["variables"] or {}
    scheme = "https" if evidence.asked["tls"] else "http"
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
    return {
        "hosts_file": listed["path"],
        "hosts_line": listed["line"],
        "resolv_conf": config["path"],
        "search": " ".join(config["search"] or ()) or None,
        "hosts_order": " ".join(config["hosts_order"] or ()) or None,
        "variable": next((name for name in names if name in variables), None),
        "wanted_variable": f"{scheme}_proxy",
        "alias": next(
            (r.facts["cnames"][-1] for r in evidence.all(NameserverFacts) if r.facts["cnames"]),
            None,
        ),
        "negative_ttl": next(
            (
                r.facts["negative_ttl"]
                for r in evidence.all(NameserverFacts)
                if r.facts["negative_ttl"]
            ),
            None,
        ),
    }


def _certificate(evidence: Evidence) -> dict[str, object]:
    chain = evidence.facts(ChainFacts)["chain"] or ()
    leaf = chain[0] if chain else None
    names = [name for name in (leaf["names"] if leaf else None) or () if "*" not in name]
    return {
        "until": leaf and str(leaf["not_after"] or "")[:10],
        "from": leaf and str(leaf["not_before"] or "")[:10],
        "issuer": leaf and leaf["issuer"],
        "cert_name": names[0] if names else None,
        "key": leaf and leaf["key"],
        "signature": leaf and leaf["signature"],
    }


def _held(**conditions: object) -> dict[str, object]:
    """What a step may depend on: empty where it holds."""
    return {f"if_{name}": "" for name, holds in conditions.items() if holds}


def _where(evidence: Evidence, address: object) -> dict[str, object]:
    """What sort of a target it is."""
    asked, read = evidence.asked, address_of(address)
    name = evidence.host.rstrip(".").lower()
    here = read is not None and read.is_loopback
    private = any(read in network for network in PRIVATE_NETWORKS) if read else False
    return {
        "looks_like": asked["taken_for"],
        **_held(
            here=here,
            elsewhere=not here,
            container=asked["container"],
            here_in_container=here and asked["container"],
            private=private,
            named=evidence.named,
            one_label=evidence.named and "." not in name,
            dot_local=name.endswith(".local") and name.count(".") == 1,
            ipv6=family(address) == 6,
            odd_port=asked["port"] not in {80, 443},
        ),
    }


def _last_answer(evidence: Evidence) -> dict[str, object]:
    last = evidence.all(RequestFacts)[-1:]
    status = last[0].facts["status"] if last else None
    headers = (last[0].facts["headers"] or {}) if last else {}
    return {"retry_after": headers.get("retry-after"), **_held(late=status == _TOO_LATE)}


_TOO_LATE: Final = 504
_MISCODED: Final = "http.response.invalid.content_decoding"


def _of_resolver(evidence: Evidence, resolver: object) -> dict[str, object]:
    asked = evidence.all(NameserverFacts, server=resolver)
    icmp = next((reading.facts["icmp"] for reading in asked if reading.facts["icmp"]), None)
    own = icmp is not None and bool(icmp["own"])
    silent = own and icmp is not None and (icmp["type"], icmp["code"]) in ARP
    forbidden = any(reading.facts["error"] in {"EPERM", "EACCES"} for reading in asked)
    return _held(
        resolver_here=is_loopback(resolver),
        resolver_elsewhere=resolver and not is_loopback(resolver),
        resolver_near=silent and any(reading.facts["on_link"] for reading in asked),
        resolver_forbidden=forbidden or (own and not silent),
    )


_SINGLE_SIGN_ON: Final = ("negotiate", "ntlm", "kerberos")


def _of_the_proxy(evidence: Evidence) -> dict[str, object]:
    reached, tunnel = evidence.facts(ProxyConnectFacts), evidence.facts(ProxyTunnelFacts)
    wanted = str(tunnel["authenticate"] or "").partition(" ")[0]
    return {
        "authenticate": wanted or None,
        **_held(
            socks=str(reached["proxy"]).startswith(("socks4://", "socks5://")),
            excluded=evidence.facts(ProxyVariablesFacts)["excluded_by"],
            unresolved=reached["outcome"] == "unresolved",
            resolved=reached["outcome"] != "unresolved",
            single_sign_on=wanted.lower() in _SINGLE_SIGN_ON,
        ),
    }


# What is run on this host, for other systems than Linux: what stands after "on its host" is not.

_AT_THEIRS: Final = re.compile(r"\b[Oo]n (?:its|the) host\b|\bshown there\b")
_COMMANDS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "macOS": (
        (r"nft list ruleset|iptables -L \w+ -nv", "sudo pfctl -sr"),
        (r"ip link set (?:dev )?(\S+)", r"sudo ifconfig \1"),
        (r"ip route add default via (\S+)", r"sudo route add default \1"),
        (r"ip route add (\S+) via (\S+)", r"sudo route add \1 \2"),
        (r"ip route show table all|ip rule", "netstat -rn"),
        (r"ss -s\b", "netstat -an"),
        (r"systemctl restart systemd-resolved", "sudo killall -HUP mDNSResponder"),
        (r"resolvectl status", "scutil --dns"),
        (r"timedatectl set-ntp true|chronyc makestep", "sudo sntp -sS time.apple.com"),
        (
            r"sysctl -w net\.ipv4\.ip_local_port_range=\S+ \S+",
            "sysctl -w net.inet.ip.portrange.first=10240",
        ),
        (r"sysctl -w net\.ipv4\.ip_default_ttl", "sysctl -w net.inet.ip.ttl"),
    ),
    "Windows": (
        (r"nft list ruleset", "Get-NetFirewallRule -Enabled True -Direction Outbound"),
        (r"iptables -L \w+ -nv", "netsh advfirewall show currentprofile"),
        (r"ip link set (?:dev )?(\S+) up", r"netsh interface set interface \1 enabled"),
        (
            r"ip link set (?:dev )?(\S+) mtu (\d+)",
            r"netsh interface ipv4 set subinterface \1 mtu=\2",
        ),
        (r"ip route add default via (\S+)", r"route add 0.0.0.0 mask 0.0.0.0 \1"),
        (r"ip route add (\S+) via (\S+)", r"route add \1 \2"),
        (r"ip route show table all|ip rule", "route print"),
        (r"ss -s\b", "netstat -an"),
        (r"dig (\S+) (?:@\S+ )?\w+|dig \+trace (\S+)|delv (\S+)", r"nslookup \1\2\3"),
        (r"systemctl restart systemd-resolved", "Restart-Service Dnscache"),
        (r"resolvectl status", "Get-DnsClientServerAddress"),
        (r"timedatectl set-ntp true|chronyc makestep", "w32tm /resync"),
        (r"traceroute", "tracert"),
    ),
}


def _of_platform(step: str, platform: str) -> str:
    """Return a step whose commands are those of this host's system."""
    system = next((name for name in _COMMANDS if platform.startswith(name)), None)
    if system is None or _AT_THEIRS.search(step):
        return step

    def command(match: re.Match[str]) -> str:
        text = match[0]
        for pattern, put in _COMMANDS[system]:
            text = re.sub(pattern, put, text)
        return text

    return _COMMAND.sub(command, step)
