"""The faults of the lab through ``ringback.retry`` around what comes with Python."""

from client.contract.faults import TestFaults  # noqa: F401 - its tests run here
