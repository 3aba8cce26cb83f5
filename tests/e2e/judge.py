"""What is right and wrong about a report, held against the truth of its world."""

import re
import traceback

SHARED = 0.8
"""Confidence of a verdict beside which something else fits as well, at most."""

_SECRETS = ("hunter2", "open-sesame", "old-password", "secret")
_STATUS = {"healthy": 0, "unknown": 3}


def named(verdict):
    """Every cause the verdict names: its own, and what else it could be."""
    return {
        verdict.get("cause"),
        *(alternative.get("cause") for alternative in verdict.get("alternatives", ())),
    }


def misses(world, report):
    """Say what is wrong with a report, an entry each; empty where nothing is."""
    if not report:
        return ["no report"]
    verdict, expected = report["verdict"], world.expected
    held = (
        ("cause", verdict["cause"], expected.causes),
        ("kind", verdict["kind"], expected.kinds),
        ("layer", verdict["layer"], expected.layers),
        ("where", verdict["where"], expected.where),
    )
    wrong = [f"{what} is {found!r}" for what, found, right in held if found not in right]
    wrong += [f"{cause} is not named" for cause in expected.also if cause not in named(verdict)]
    return wrong


_PLACEHOLDER = re.compile(r"`[^`]*\b(URL|HOST|NAME|PORT|@ADDRESS|GATEWAY)\b[^`]*`|\{\w+\}")
_ASKS = (
    ("dig NAME", re.compile(r"`dig (?!\+trace)"), "name/nameserver"),
    ("getent", re.compile(r"`getent "), "name/getaddrinfo"),
    ("a route", re.compile(r"`ip route get|`ip neigh|`ping "), "host/route_to"),
    ("a port", re.compile(r"`nc |`curl -v https?://"), "tcp/connect"),
    ("a handshake", re.compile(r"`openssl s_client -connect \S+ (?!-cert)"), "tls/handshake"),
    ("a request", re.compile(r"`curl (?!-v --raw|-v -x)"), "http/request"),
    ("the proxy variables", re.compile(r"`env "), "host/proxy_variables"),
    ("interfaces", re.compile(r"`ip (link|addr)`"), "host/interfaces"),
)
"""What a step may ask for, and the reading that has answered it."""


def unhelpful(report):
    """Say what is wrong with the advice of a report, an entry each; empty where nothing is."""
    steps = report["verdict"]["advice"]
    read = {f"{reading['layer']}/{reading['what']}" for reading in report["readings"]}
    wrong = [f"not filled in: {step}" for step in steps if _PLACEHOLDER.search(step)]
    wrong += [
        f"{what} was read: {step}"
        for what, asks, reading in _ASKS
        for step in steps
        if reading in read and asks.search(step)
    ]
    if not steps and report["verdict"]["kind"] != "healthy":
        wrong.append("nothing is advised")
    return wrong + [f"twice: {step}" for step in set(steps) if steps.count(step) > 1]


def faults(world, came):
    """Say what is wrong with the report and the output of a visit to a world, an entry each."""
    if isinstance(came, Exception):
        return ["".join(traceback.format_exception(came))]
    report, said = came
    wrong = misses(world, report)
    leaked = [secret for secret in _SECRETS if secret in said.out + said.err]
    if leaked:
        wrong.append(f"{leaked} is shown")
    if not report:
        return [*wrong, said.err]
    verdict = report["verdict"]
    if said.status != _STATUS.get(verdict["kind"], 1):
        wrong.append(f"exit status {said.status}")
    if verdict["alternatives"] and verdict["confidence"] > SHARED:
        wrong.append("something else fits as well, and it is sure")
    if not all(reading["result"].isprintable() for reading in report["readings"]):
        wrong.append("what others sent can write on the terminal")
    wrong += unhelpful(report)
    wrong += [each["result"] for each in report["readings"] if each["what"] == "defect"]
    return [*wrong, summary(report)] if wrong else []


def summary(report):
    """One line of what a report says."""
    if not report:
        return "no report"
    verdict = report["verdict"]
    said = "{kind} · {cause} · {layer} · {where} · {confidence}".format_map(verdict)
    shown = [
        f"{reading['layer']}/{reading['what']} {reading['subject']}: {reading['result']}"
        for reading in report["readings"]
        if reading["state"] == "failed"
    ]
    return f"{said} in {report['elapsed']:.2f} s; failed: {' | '.join(shown) or 'nothing'}"
