"""Where the monitor keeps what it knows."""

from ringback.monitor.store.interface import Batch, Queued, RollupBucket, Step, Store

__all__ = ["Batch", "Queued", "RollupBucket", "Step", "Store"]
