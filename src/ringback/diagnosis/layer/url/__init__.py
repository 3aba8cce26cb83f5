"""What was asked: a URL, or a host and port, and what is wrong with the way it is written."""

from ringback.diagnosis.layer.url.parse import asked_of
from ringback.diagnosis.layer.url.reading import read

__all__ = ["asked_of", "read"]
