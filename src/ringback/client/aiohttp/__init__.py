"""The client integration for aiohttp (3.12 or newer): a client middleware.

``aiohttp.ClientSession(middlewares=[Middleware()])`` is all there is to do.
"""

try:
    import aiohttp as _aiohttp
except ImportError as error:
    raise ImportError("Middleware needs aiohttp: pip install 'ringback[aiohttp]'") from error

if not hasattr(_aiohttp, "ClientMiddlewareType"):
    raise ImportError(
        f"Middleware needs aiohttp 3.12 or newer, found {_aiohttp.__version__}:"
        " pip install --upgrade aiohttp"
    )

from ringback.client.aiohttp.middleware import Middleware
from ringback.client.aiohttp.resolver import DaemonResolver

__all__ = ["DaemonResolver", "Middleware"]
