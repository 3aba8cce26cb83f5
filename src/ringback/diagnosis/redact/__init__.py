"""A diagnosis that may be shown to strangers: names and addresses are placeholders."""

from ringback.diagnosis.redact.diagnosis import redacted
from ringback.diagnosis.redact.placeholders import is_placeholder

__all__ = ["is_placeholder", "redacted"]
