"""The proxy that is to be used, what it answers, and what goes without it."""

from ringback.diagnosis.layer.proxy.candidates import candidates
from ringback.diagnosis.layer.proxy.choice import chosen
from ringback.diagnosis.layer.proxy.direct import direct
from ringback.diagnosis.layer.proxy.reading import read

__all__ = ["candidates", "chosen", "direct", "read"]
