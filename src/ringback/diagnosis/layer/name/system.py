"""The name as this program's own lookup has it: ``getaddrinfo``."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any, Final

from ringback.diagnosis.layer.url.host import ascii_host
from ringback.failure.codes import EAI_NAME_OF_NUMBER, KIND_OF_EAI

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Scene

SECONDS: Final = 5.3
"""How long it is given: the C library turns to the second nameserver after 5 s."""

SECONDS_UNUSED: Final = 1.0
"""How long it is given where a proxy resolves the name, so that it does not matter."""


class SystemLookup:
    """A call of ``getaddrinfo`` in a thread of its own, which cannot be interrupted.

    Args:
        scene: The diagnosis under way.

    Attributes:
        done: Is set when there is a result, told as a reading.
        addresses: What it gave, in its order.
        failed: Whether it gave an error.
    """

    def __init__(self, scene: Scene) -> None:
        self.done = threading.Event()
        self.addresses: tuple[str, ...] = ()
        self.failed = False
        self._scene = scene
        self._begun = scene.now()
        self._lock = threading.Lock()
        threading.Thread(target=self._look_up, daemon=True, name="ringback-getaddrinfo").start()

    def wait(self, seconds: float) -> None:
        """Wait for the result, and tell if it does not come in time."""
        if self.done.wait(self._scene.left(self._begun + seconds - self._scene.now())):
            return
        taken = self._scene.now() - self._begun
        self._finish(
            (),
            _facts(timed_out=True),
            result=f"no result after {taken:.1f} s",
            kind="dns.timed_out",
        )

    def _look_up(self) -> None:
        asked = self._scene.asked
        try:
            found = socket.getaddrinfo(
                ascii_host(asked.host), asked.port or None, type=socket.SOCK_STREAM
            )
        except socket.gaierror as error:
            self._give_up(error)
        except (OSError, UnicodeError) as error:
            said = f"{type(error).__name__}: {error}"[:200]
            self._finish((), _facts(), result=said, kind="dns.failed")
        else:
            addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
            facts = _facts(addresses=list(addresses))
            self._finish(addresses, facts, result=" ".join(addresses[:6]))

    def _give_up(self, error: socket.gaierror) -> None:
        name = EAI_NAME_OF_NUMBER.get(error.errno or 0, f"EAI {error.errno}")
        self._finish(
            (),
            _facts(eai=name, errno=error.errno),
            result=f"{error.strerror or error} ({name})",
            kind=KIND_OF_EAI.get(name, "dns.failed"),
        )

    def _finish(
        self, addresses: tuple[str, ...], facts: dict[str, Any], *, result: str, kind: str = ""
    ) -> None:
        with self._lock:
            if self.done.is_set():
                return
            self.addresses = addresses
            self.failed = not addresses and not facts["timed_out"]
            self._scene.tell(
                "name",
                "getaddrinfo",
                self._scene.asked.host,
                state="ok" if addresses else "failed",
                result=result,
                kind=kind or None,
                since=self._begun,
                facts=facts,
            )
            self.done.set()


def _facts(
    *,
    addresses: list[str] | None = None,
    eai: str | None = None,
    errno: int | None = None,
    timed_out: bool = False,
) -> dict[str, Any]:
    found = addresses or []
    return {
        "addresses": found,
        "families": sorted({6 if ":" in address else 4 for address in found}),
        "eai": eai,
        "errno": errno,
        "timed_out": timed_out,
    }
