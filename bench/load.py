"""A small HTTP load generator: a few clients at a time, bounded by a count."""

import http.client
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

CLIENTS = 4
TIMEOUT = 60


@dataclass(frozen=True)
class Request:
    """One HTTP request to the server on loopback."""

    path: str
    method: str = "GET"
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Load:
    """Clients of one server; a connection is kept where the server keeps it.

    :param port: of the server, on 127.0.0.1
    """

    def __init__(self, port: int, clients: int = CLIENTS):
        self.clients = [
            http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
            for _number in range(clients)
        ]

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        for client in self.clients:
            client.close()

    def volley(self, requests: Sequence[Request]) -> float:
        """Send the requests from all clients at once; return the seconds it took.

        :raises RuntimeError: when one is not answered with 200
        """
        failures: list[str] = []
        threads = [
            threading.Thread(
                target=self._send,
                args=(client, requests[number :: len(self.clients)], failures),
            )
            for number, client in enumerate(self.clients)
        ]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - start
        if failures:
            raise RuntimeError(f"{len(failures)} requests failed, first: {failures[0]}")
        return took

    def _send(self, client, requests: Sequence[Request], failures: list[str]) -> None:
        for request in requests:
            try:
                client.request(
                    request.method, request.path, request.body, request.headers
                )
                response = client.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                failures.append(f"{request.path}: {error!r}")
                return
            if response.status != 200:
                failures.append(f"{request.path}: HTTP {response.status}")
                return
