"""The rule table, in the order of a call: the first rule that holds is the verdict."""

from ringback.diagnosis.verdict.rule import VerdictRule
from ringback.diagnosis.verdict.rules.certificate import CERTIFICATE
from ringback.diagnosis.verdict.rules.connect import CONNECT, UNREACHABLE
from ringback.diagnosis.verdict.rules.handshake import SECURE
from ringback.diagnosis.verdict.rules.lesser import FIRST, HARMLESS, PARTLY
from ringback.diagnosis.verdict.rules.local import ADDRESS, ASKED, LOCAL
from ringback.diagnosis.verdict.rules.name import NAME, WRONG_ADDRESS
from ringback.diagnosis.verdict.rules.proxy import PROXY
from ringback.diagnosis.verdict.rules.resolver import RESOLVER, RESOLVERS
from ringback.diagnosis.verdict.rules.response import RESPONSE, SERVICE
from ringback.diagnosis.verdict.rules.silence import SILENCE
from ringback.diagnosis.verdict.rules.status import STATUS

LESSER: tuple[VerdictRule, ...] = (*PARTLY, *RESOLVERS)
"""What is broken although the target answers."""

RULES: tuple[VerdictRule, ...] = (
    *ASKED,
    *ADDRESS,
    *LOCAL,
    *RESOLVER,
    *NAME,
    *WRONG_ADDRESS,
    *PROXY,
    *CONNECT,
    *UNREACHABLE,
    *SILENCE,
    *CERTIFICATE,
    *SECURE,
    *FIRST,
    *RESPONSE,
    *STATUS,
    *SERVICE,
    *LESSER,
)

__all__ = ["HARMLESS", "LESSER", "RULES"]
