"""Each installed client calling an endpoint of the lab, as a program would.

A client is called with its own defaults, apart from the timeout; proxies of the environment are
left out. What it raises is what it raises; where it has no exception for a status, it returns.
"""

from ringback.testing.clients.call import NotOfferedError
from ringback.testing.clients.registry import CLIENTS, Client, installed

__all__ = ["CLIENTS", "Client", "NotOfferedError", "installed"]
