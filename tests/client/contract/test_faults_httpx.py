"""The faults of the lab through the integrations of httpx."""

from client.contract.faults import TestFaults  # noqa: F401 - its tests run here
