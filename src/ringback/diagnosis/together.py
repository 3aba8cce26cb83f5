"""Independent readings, side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Scene

T = TypeVar("T")


def together(
    scene: Scene, tasks: Sequence[Callable[[], T]], most: float = 3600.0
) -> list[T | None]:
    """Run tasks in a thread each and return what they returned, in their order.

    A task that raises, or that is not done in time, gives ``None``; the first is told as a reading,
    so that nothing is silently missing. The threads of late tasks end by their own time limits and
    do not keep the program alive.

    Args:
        scene: The diagnosis under way; nobody is waited for beyond its end.
        tasks: What to do.
        most: Seconds to wait at most.
    """
    results: list[T | None] = [None] * len(tasks)

    def do(index: int, task: Callable[[], T]) -> None:
        try:
            results[index] = task()
        except Exception as error:  # noqa: BLE001 - one reading that fails must not end the others
            tell_defect(scene, error)

    threads = [
        threading.Thread(target=do, args=(i, task), daemon=True, name="ringback-diagnosis")
        for i, task in enumerate(tasks)
    ]
    for thread in threads:
        thread.start()
    ends = scene.now() + scene.left(most)
    for thread in threads:
        thread.join(max(0.0, ends - scene.now()))
    return results


def tell_defect(scene: Scene, error: Exception) -> None:
    """Tell that a reading failed within ringback, so that nothing is silently missing.

    Args:
        scene: The diagnosis under way.
        error: What was raised.
    """
    result = f"a reading failed within ringback: {type(error).__name__}: {error}"[:200]
    scene.tell("host", "defect", state="skipped", result=result)
