"""The rule table, in the order of a call: the first rule that holds is the verdict."""

from ringback.diagnosis.verdict.rule import Rule
from ringback.diagnosis.verdict.rules.address import ADDRESS
from ringback.diagnosis.verdict.rules.asked import ASKED
from ringback.diagnosis.verdict.rules.certificate import CERTIFICATE
from ringback.diagnosis.verdict.rules.connect import CONNECT
from ringback.diagnosis.verdict.rules.harmless import HARMLESS
from ringback.diagnosis.verdict.rules.local import LOCAL
from ringback.diagnosis.verdict.rules.name import NAME
from ringback.diagnosis.verdict.rules.partly import PARTLY
from ringback.diagnosis.verdict.rules.proxy import PROXY
from ringback.diagnosis.verdict.rules.resolver import RESOLVER
from ringback.diagnosis.verdict.rules.resolvers import RESOLVERS
from ringback.diagnosis.verdict.rules.response import RESPONSE
from ringback.diagnosis.verdict.rules.secure import SECURE
from ringback.diagnosis.verdict.rules.service import SERVICE
from ringback.diagnosis.verdict.rules.silence import SILENCE
from ringback.diagnosis.verdict.rules.status import STATUS
from ringback.diagnosis.verdict.rules.unreachable import UNREACHABLE
from ringback.diagnosis.verdict.rules.wrong_address import WRONG_ADDRESS

LESSER: tuple[Rule, ...] = (*PARTLY, *RESOLVERS)
"""What is broken although the target answers."""

RULES: tuple[Rule, ...] = (
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
    *RESPONSE,
    *STATUS,
    *SERVICE,
    *LESSER,
)

__all__ = ["HARMLESS", "LESSER", "RULES"]
