"""Through which proxy a call goes: the environment's, or a list of which the failed come last."""

from ringback.client.proxies.proxies import Proxies, ProxiesLike, ProxyChoice, ProxyState

__all__ = ["Proxies", "ProxiesLike", "ProxyChoice", "ProxyState"]
