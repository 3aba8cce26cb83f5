"""Every trait in which machines are compared, in the order of a call."""

from ringback.diagnosis.compare.trait import Trait
from ringback.diagnosis.compare.traits.connection import CONNECTION
from ringback.diagnosis.compare.traits.host import HOST
from ringback.diagnosis.compare.traits.http import HTTP
from ringback.diagnosis.compare.traits.name import NAME
from ringback.diagnosis.compare.traits.proxy import PROXY
from ringback.diagnosis.compare.traits.tls import TLS

TRAITS: tuple[Trait, ...] = (*HOST, *NAME, *PROXY, *CONNECTION, *TLS, *HTTP)
"""The table: a new comparison is one line in one of these."""

__all__ = ["TRAITS"]
