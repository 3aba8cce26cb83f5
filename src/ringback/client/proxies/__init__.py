"""Through which proxy a call goes: the environment's, or a list of which the failed come last."""

from ringback.client.proxies.choice import ProxyChoice
from ringback.client.proxies.health import ProxyState
from ringback.client.proxies.proxies import Proxies, ProxiesLike

__all__ = ["Proxies", "ProxiesLike", "ProxyChoice", "ProxyState"]
