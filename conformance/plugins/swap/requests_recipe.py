"""The ordinary recipe: a session whose one adapter has urllib3's retries and a default timeout."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

STATUSES = [429, 500, 502, 503, 504]
TIMEOUT = 30.0


class TimeoutAdapter(HTTPAdapter):
    """An adapter that fills in the timeout nobody gave."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Send a request with a timeout."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = TIMEOUT
        return super().send(request, *args, **kwargs)


class Session(requests.Session):
    """A session with the recipe's adapter."""

    def __init__(self) -> None:
        super().__init__()
        adapter = TimeoutAdapter(max_retries=Retry(3, status_forcelist=STATUSES))
        self.mount("https://", adapter)
        self.mount("http://", adapter)


requests.Session = requests.sessions.Session = Session
