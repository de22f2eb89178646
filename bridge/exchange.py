"""One answer over HTTP, within a time and a size, however it drips or grows.

``requests`` and ``urllib3`` know a time-out for each read only, and none for headers:
here the read time-out is that of the whole answer, from its first header to its last
byte.
"""

import functools
import http.client
import io
import socket
import time
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter

#: Most bytes of an answer, on the wire and unpacked. A page of 500 transactions or
#: payment links weighs 200 to 400 KB in the simulator.
MAX_ANSWER = 4 * 1024 * 1024
# Packed bytes unpacked at once: gzip makes a thousand times as many at most.
_STEP = 4096
_ENCODINGS = ("", "identity", "gzip")


class AnswerTooLarge(OSError):
    """An answer that is longer than any real one."""


class LimitedSession(requests.Session):
    """A session whose answers come within their read time-out, headers included, and
    are no longer than `MAX_ANSWER` on the wire. It follows no redirection."""

    def __init__(self) -> None:
        super().__init__()
        # Others unpack to any size, or in layers.
        self.headers["Accept-Encoding"] = "gzip"
        for scheme in ("https://", "http://"):
            self.mount(scheme, _LimitedAdapter())

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Override: requests reads all of a redirection, even if it is not followed."""
        return None


def read_body(response: requests.Response) -> bytes:
    """Return the unpacked body of a streamed answer.

    :raises AnswerTooLarge: it is longer than `MAX_ANSWER`
    :raises requests.RequestException: it cannot be read to its end, or unpacked
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise requests.exceptions.ContentDecodingError("Packed in an unknown way")
    body = bytearray()
    for part in response.iter_content(_STEP):
        body += part
        if len(body) > MAX_ANSWER:
            raise AnswerTooLarge
    return bytes(body)


class _LimitedReader(io.RawIOBase):
    """Reads one answer from a socket whose time-out is that of the whole answer."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw: Any = sock.makefile("rb", buffering=0)
        self._timeout = sock.gettimeout()
        self._end = time.monotonic() + (self._timeout or 0)
        self._left = MAX_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._timeout is not None:
            seconds = self._end - time.monotonic()
            if seconds <= 0:
                raise TimeoutError("The whole answer did not come in time")
            self._sock.settimeout(seconds)
        count: int | None = self._raw.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise AnswerTooLarge
        return count

    # pylint: disable-next=missing-return
    def close(self) -> None:
        if not self.closed:
            # The connection may be used again; it may be closed as well.
            with suppress(OSError):
                self._sock.settimeout(self._timeout)
            self._raw.close()
        super().close()


class _LimitedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        unlimited, self.fp = self.fp, io.BufferedReader(_LimitedReader(sock))
        unlimited.close()


class _LimitedAdapter(HTTPAdapter):
    # pylint: disable-next=missing-return
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)  # type: ignore[no-untyped-call]
        _limit(self.poolmanager)

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        known = proxy in self.proxy_manager
        manager: Any = super().proxy_manager_for(  # type: ignore[no-untyped-call]
            proxy, **options
        )
        return manager if known else _limit(manager)


def _limit(manager: Any) -> Any:
    """Let all connections of a manager of urllib3 read limited answers."""

    manager.pool_classes_by_scheme = {
        scheme: _limited(pool)
        for scheme, pool in manager.pool_classes_by_scheme.items()
    }
    return manager


@functools.cache
def _limited(pool: Any) -> Any:
    connection = type(
        "LimitedConnection",
        (pool.ConnectionCls,),
        {"response_class": _LimitedResponse},
    )
    return type("LimitedPool", (pool,), {"ConnectionCls": connection})
