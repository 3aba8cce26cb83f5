"""From a host name to a connected socket, in bounded time.

``dial`` does what ``socket.create_connection`` does, with name resolution inside the timeout, a
short cache of names, and several addresses raced as RFC 8305 says.
"""

from ringback.client.dial.lookups import LookupTimedOut
from ringback.client.dial.resolver import names, resolve
from ringback.client.dial.tcp import dial

__all__ = ["LookupTimedOut", "dial", "names", "resolve"]
