"""The fast paths: what requests and urllib3 do for each request, without what they do in vain.

Each takes the place of one method, does what that method does where everything is plain, and
leaves anything else to the method itself; so errors are raised by the libraries' own code. One
switch turns them all off: ``ringback.client.requests.fast.guard.on = False``, or
``RINGBACK_FAST=0`` in the environment.
"""

from ringback.client.requests.fast.connection import FastPools, Unconnected
from ringback.client.requests.fast.response import FastResponse
from ringback.client.requests.fast.sending import FastAdapter, FastSession

__all__ = ["FastAdapter", "FastPools", "FastResponse", "FastSession", "Unconnected"]
