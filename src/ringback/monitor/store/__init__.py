"""Where the monitor keeps what it knows."""

from ringback.monitor.store.interface import Queued, RollupBucket, Step, Store, StoreBatch

__all__ = ["Queued", "RollupBucket", "Step", "Store", "StoreBatch"]
