"""The service: a queue that is served at a fixed rate, and an outage."""

import math

REFUSED, TIMED_OUT, FAILED, SERVED = "refused", "timed out", "failed", "served"


class Service:
    """Answers when a request that arrives now is over, and how.

    Requests are served in order of arrival, also those whose client has long gone: that is what
    makes an overload feed itself. The queue holds a bounded amount of work; what does not fit is
    dropped without an answer. In an outage of mode ``refuse`` connections are refused; in mode
    ``hang`` they are accepted into the queue and nothing is served.
    """

    def __init__(self, *, capacity, mode, down, up, timeout, queue, latency, errors, random, slot):
        self.capacity, self.mode, self.down, self.up = capacity, mode, down, up
        self.timeout, self.queue, self.latency = timeout, queue, latency
        self.errors, self.random = errors, random
        self.slot = slot
        self.free = 0.0
        self.arrivals = {}

    def request(self, now):
        """When it is over, and how."""
        for slot in {math.floor(now), self.slot(now)}:
            self.arrivals[slot] = self.arrivals.get(slot, 0) + 1
        start = max(now, self.free)
        if self.down <= now < self.up:
            if self.mode == "refuse":
                return now + 0.001, REFUSED
            start = max(start, self.up)
            waiting = start - self.up
        else:
            waiting = start - now
        if waiting > self.queue:
            return now + self.timeout, TIMED_OUT
        self.free = start + 1 / self.capacity
        end = self.free + self.latency
        if end - now > self.timeout:
            return now + self.timeout, TIMED_OUT
        if self.errors and self.random() < self.errors:
            return end, FAILED
        return end, SERVED
