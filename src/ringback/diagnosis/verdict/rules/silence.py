"""Rules about TCP without any answer."""

from ringback.diagnosis.facts import (
    HopFacts,
    NeighbourFacts,
    SilenceFacts,
    TcpAgainFacts,
    TcpConnectFacts,
)
from ringback.diagnosis.model import Alternative
from ringback.diagnosis.sorts import ReadingOf
from ringback.diagnosis.verdict.evidence import Evidence, is_loopback, listed
from ringback.diagnosis.verdict.rule import Finding, need, new_rule
from ringback.values import replace


def _silent(evidence: Evidence) -> list[ReadingOf[TcpConnectFacts]]:
    if evidence.reached or evidence.proxied:
        return []
    return [reading for reading in evidence.unopened if reading.facts["outcome"] == "timeout"]


def _again(evidence: Evidence) -> list[ReadingOf[TcpAgainFacts]]:
    return [reading for reading in evidence.all(TcpAgainFacts) if reading.facts["opened"]]


def _overloaded(evidence: Evidence) -> Finding | None:
    partly = _again(evidence)
    if not partly:
        return _full_here(evidence)
    opened, of = partly[0].facts["opened"], partly[0].facts["attempts"]
    losing = [
        reading
        for reading in (*evidence.all(NeighbourFacts), *evidence.connects)
        if reading.facts["repeats"] or reading.facts["outcome"] == "timeout"
    ]
    elsewhere = [reading for reading in losing if reading.layer == "neighbours"]
    return Finding(
        f"{partly[0].subject} accepts {opened} of {of} connections and leaves the others "
        f"unanswered: {'packets are lost on the path' if elsewhere else 'its queue is full'}.",
        (*partly, *evidence.unopened, *elsewhere),
        confidence=0.6 if elsewhere else 0.8,
        where="path" if elsewhere else None,
        alternatives=(_OVERLOAD if elsewhere else _LOSS,),
    )


def _loopback(evidence: Evidence) -> list[ReadingOf[TcpConnectFacts]]:
    silent = _silent(evidence)
    local = [reading for reading in silent if is_loopback(reading.facts["address"])]
    return local if len(local) == len(evidence.unopened) else []


def _dropped_here(evidence: Evidence) -> Finding | None:
    """Between a host and itself there is no path: a rule drops it, or the queue is full."""
    silent = _loopback(evidence)
    if not silent or _again(evidence) or _siblings(evidence):
        return None
    return Finding(
        f"{listed(silent)} does not answer, although it is on this host: a firewall of this "
        "host drops it, or the service's queue is full.",
        tuple(silent),
        alternatives=(replace(_OVERLOAD, where="this host"),),
        confidence=0.7,
    )


def _full_here(evidence: Evidence) -> Finding | None:
    silent, beside = _loopback(evidence), _siblings(evidence)
    if not silent or _again(evidence) or not beside:
        return None
    return Finding(
        f"{listed(silent)} does not answer, while port {beside[0].facts['port']} of this "
        "host does: the service's queue is full, or a firewall of this host drops it.",
        (*silent, *beside),
        where="this host",
        alternatives=(replace(_DROPS, cause="local_firewall", where="this host"),),
        confidence=0.7,
    )


def _siblings(evidence: Evidence) -> list[ReadingOf[NeighbourFacts]]:
    same = {str(reading.facts["address"]) for reading in evidence.connects}
    return [
        reading
        for reading in evidence.all(NeighbourFacts)
        if reading.facts["role"] in {"partner", "common"}
        and str(reading.facts["address"]) in same
        and reading.facts["outcome"] in {"open", "refused", "reset"}
    ]


_OVERLOAD = Alternative(
    kind="tcp.timed_out",
    cause="overloaded",
    where="their host",
    summary="The service's queue of new connections is full (overload, or a SYN flood).",
    check="try again several times: some succeed; on its host `nstat -az TcpExtListenOverflows`",
)
_DROPS = Alternative(
    kind="tcp.timed_out",
    cause="firewall_drops",
    where="path",
    summary="A firewall drops the packets to this port without an answer.",
    check="on the service's host: `tcpdump port PORT` sees no SYN, or the rules say DROP",
)
_LOSS = Alternative(
    kind="tcp.timed_out",
    cause="path_silent",
    where="path",
    summary="Packets are lost on the path.",
    check="`mtr HOST` shows where; other services on the same path are affected too",
)
_OFF = Alternative(
    kind="tcp.timed_out",
    cause="path_silent",
    where="their host",
    summary="The host is off, or its address is wrong.",
    check="ask its operators, or `ping` it from its own network",
)


def _drops(evidence: Evidence) -> Finding | None:
    silent = need(_silent(evidence))
    return (
        _lost_before(evidence, silent)
        or _beside_a_port(evidence, silent)
        or _after(evidence, silent)
    )


def _lost_before(evidence: Evidence, silent: list[ReadingOf[TcpConnectFacts]]) -> Finding | None:
    """A router that packets to another port pass never sees those to this one."""
    lost = evidence.first(SilenceFacts, lost_before=True)
    if lost is None:
        return None
    return Finding(
        f"A firewall on the path drops the connections to {listed(silent)}: packets to port "
        f"{lost.facts['other_port']} of the same host get further.",
        (*silent, lost),
        confidence=0.9,
    )


def _beside_a_port(evidence: Evidence, silent: list[ReadingOf[TcpConnectFacts]]) -> Finding | None:
    beside = _siblings(evidence)
    if not beside:
        return None
    return Finding(
        f"A firewall drops the connections to {listed(silent)}, or the service's queue is "
        f"full: port {beside[0].facts['port']} of the same host answers.",
        (*silent, *beside),
        alternatives=(_OVERLOAD,),
        confidence=0.7,
    )


def _after(evidence: Evidence, silent: list[ReadingOf[TcpConnectFacts]]) -> Finding | None:
    last = _last_hop(evidence)
    if last is None:
        return None
    return Finding(
        f"{listed(silent)} does not answer; packets get as far as {last.facts['sender']}: "
        "a firewall there or on the host drops them, the host is off, or its queue is full.",
        (*silent, last),
        alternatives=(_OVERLOAD, _OFF),
        confidence=0.6,
    )


def _last_hop(evidence: Evidence) -> ReadingOf[HopFacts] | None:
    seen = [reading for reading in evidence.all(HopFacts) if reading.facts["sender"]]
    return seen[-1] if seen else None


def _path(evidence: Evidence) -> Finding | None:
    silent = need(_silent(evidence))
    hops = [reading for reading in evidence.all(HopFacts) if reading.facts["silent"]]
    return Finding(
        f"{listed(silent)} does not answer: a firewall on the path drops the packets, the host "
        "is off, or its queue is full.",
        (*silent, *hops),
        alternatives=(_DROPS, _OVERLOAD),
        confidence=0.5,
    )


SILENCE = (
    new_rule("local_firewall", "tcp.timed_out", "this host")(
        meaning="A firewall of this host drops packets that it sends to itself.",
        decided_by="no answer over loopback, neither from this port nor from others",
        when=_dropped_here,
        advice=(
            "Check the rules for incoming packets, also those for `-i lo`: `nft list ruleset`, `iptables -L INPUT -nv`.",
            "Check the service's queue: `ss -ltn 'sport = :PORT'` (Recv-Q against Send-Q).",
        ),
    ),
    new_rule("overloaded", "tcp.timed_out", "their service")(
        meaning="The service accepts some connections and leaves others unanswered.",
        decided_by="several attempts at one address: some open, some time out",
        when=_overloaded,
        advice=(
            "Check the load of the service; on its host `ss -ltn 'sport = :PORT'` shows its queue (Recv-Q against Send-Q).",
            "Raise its backlog and number of workers, or send fewer requests.",
            "Wait longer between retries: more attempts only keep the queue full.",
        ),
    ),
    new_rule("firewall_drops", "tcp.timed_out", "path")(
        meaning="Packets to the port are dropped, although the host or the last router answers.",
        decided_by="no answer and no ICMP message in 3.2 s, while another port of the host "
        "or the routers on the path answer",
        when=_drops,
        advice=(
            "Ask those who run the firewall or security group in front of {address} to allow TCP from {source} to port {port}.",
            "On the host of the service, look whether it is asked at all: `tcpdump -ni any 'tcp port PORT'`; no packet means that something before it drops them.",
            "If packets arrive, look at its queue: on its host `ss -ltn 'sport = :PORT'` and `nstat -az TcpExtListenOverflows`.",
        ),
    ),
    new_rule("path_silent", "tcp.timed_out", "path")(
        meaning="Nothing on the path to the target answers.",
        decided_by="no answer and no ICMP message in 3.2 s, not even to packets with a short time to live",
        when=_path,
        advice=(
            "Check that the host {address} is up, and that this is still its address; ask those who run it.",
            "{if_private}The address is one of a private network: connect the VPN that leads there.",
            "On the host of the service, look whether it is asked at all: `tcpdump -ni any 'tcp port PORT'`; no packet means that something before it drops them.",
        ),
    ),
)
