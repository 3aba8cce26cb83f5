"""A message in words: what is told is decided once, how it is written by each format."""

from ringback.monitor.notify.text.html import html
from ringback.monitor.notify.text.markdown import markdown
from ringback.monitor.notify.text.plain import plain
from ringback.monitor.notify.text.sheet import Sheet, sheets_of, subject

__all__ = ["Sheet", "html", "markdown", "plain", "sheets_of", "subject"]
