"""Where the monitor keeps what it knows."""

from ringback.monitor.store.interface import Batch, Bucket, Queued, Step, Store

__all__ = ["Batch", "Bucket", "Queued", "Step", "Store"]
