"""Where the monitor keeps what it knows."""

from ringback.monitor.store.interface import (
    NoticeStore,
    Queued,
    RollupBucket,
    Step,
    Store,
    StoreBatch,
)

__all__ = ["NoticeStore", "Queued", "RollupBucket", "Step", "Store", "StoreBatch"]
