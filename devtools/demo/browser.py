"""A headless Chromium driven over its DevTools protocol, as a phone or a desktop."""

import base64
import json
import os
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from ..setup import system

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
DESKTOP = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-allow-origins=*",
    "--remote-debugging-port=0",
)
TIMEOUT = 30
# The first page of a fresh database has Odoo build its assets.
LOAD_TIMEOUT = 120


class BrowserError(Exception):
    """A page is not what was expected; the text says which one and why."""


class Browser:
    """One browser with one page.

    :param device: `PHONE` or `DESKTOP`
    :param language: what the browser asks pages for, e.g. ``fr-FR``
    """

    def __init__(self, device: dict, language: str = "en-US"):
        self._device = device
        self._language = language
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process: subprocess.Popen | None = None
        self._socket = None
        self._count = 0
        self.requested: list[str] = []

    def __enter__(self) -> "Browser":
        import websocket  # in the development environment only

        command = [system.which("chromium"), *OPTIONS]
        command += [f"--user-data-dir={self._folder.name}", "about:blank"]
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **system.environment(), "TMPDIR": self._folder.name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        address = self._wait_for(self._page_address, "Chromium to start")
        self._socket = websocket.create_connection(address, timeout=LOAD_TIMEOUT)
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", **self._device)
        mobile = self._device["mobile"]
        self.call("Emulation.setTouchEmulationEnabled", enabled=mobile)
        headers = {"Accept-Language": self._language}
        self.call("Network.setExtraHTTPHeaders", headers=headers)
        return self

    def __exit__(self, *exc_info) -> None:
        if self._socket:
            self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    # What a person does

    def open(self, url: str) -> None:
        """Go to an address and wait until the page is there."""
        answer = self.call("Page.navigate", url=url)
        if answer.get("errorText"):
            raise BrowserError(f"{url} cannot be opened: {answer['errorText']}")
        loaded = "document.readyState == 'complete'"
        self.wait(loaded, f"{url} to load", LOAD_TIMEOUT)

    def tap(self, selector: str, text: str = "") -> None:
        """Tap the first visible element of a selector that contains ``text``."""
        words = json.dumps([selector, text])
        # found and measured at once: the page may draw itself again in between
        box = self.wait(
            "(([selector, text]) => {"
            " const el = [...document.querySelectorAll(selector)].find(el =>"
            " el.innerText.includes(text) && el.getClientRects().length);"
            " if (!el) return null;"
            " el.scrollIntoView({block: 'center'});"
            " const r = el.getBoundingClientRect();"
            f" return [r.x + r.width / 2, r.y + r.height / 2]; }})({words})",
            f"{selector} “{text}”",
        )
        mouse = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mousePressed", **mouse)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", **mouse)

    def press(self, key: str) -> None:
        """Press and release a key that has a name, e.g. ``Enter``."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    @property
    def text(self) -> str:
        """What the page says."""
        return self.evaluate("document.body ? document.body.innerText : ''")

    @property
    def address(self) -> str:
        """Where the browser is."""
        return self.evaluate("location.href")

    def wait_text(self, text: str) -> None:
        """Wait until the page says ``text``, in whatever case."""
        said = "(document.body ? document.body.innerText.toLowerCase() : '')"
        self.wait(f"{said}.includes({json.dumps(text.lower())})", f"“{text}”")

    def wait_for(self, selector: str, what: str) -> None:
        """Wait until the page has an element; ``what`` names it for a person."""
        self.wait(f"!!document.querySelector({json.dumps(selector)})", what)

    def picture(self, path: Path) -> None:
        """Store what is seen as PNG."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data))

    # Protocol

    def evaluate(self, expression: str):
        """Return the value of a JavaScript expression."""
        options = {"returnByValue": True, "awaitPromise": True}
        answer = self.call("Runtime.evaluate", expression=expression, **options)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{expression[:200]}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, condition: str, what: str, seconds: int = TIMEOUT):
        """Wait until a JavaScript condition is true; return its value.

        :raises BrowserError: naming ``what`` was waited for, and what the page says
        """

        def holds():
            try:
                return self.evaluate(condition)
            except BrowserError:  # the page is being replaced
                return False

        return self._wait_for(holds, what, seconds)

    def call(self, method: str, **parameters) -> dict:
        """Send one command and return its result."""
        self._count += 1
        command = {"id": self._count, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("method") == "Network.requestWillBeSent":
                self.requested.append(message["params"]["request"]["url"])
            if message.get("id") == self._count:
                break
        if "error" in message:
            raise BrowserError(f"{method}: {message['error'].get('message')}")
        return message["result"]

    def _wait_for(self, condition, what: str, seconds: int = TIMEOUT):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := condition():
                return value
            time.sleep(0.1)
        seen = ""
        if self._socket:
            seen = f" at {self.address}, which says:\n{self.text[:800]}"
        raise BrowserError(f"waited {seconds} s for {what}{seen}")

    def _page_address(self) -> str | None:
        port_file = Path(self._folder.name) / "DevToolsActivePort"
        try:
            port = port_file.read_text().split()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                pages = [page for page in json.load(answer) if page["type"] == "page"]
            return pages[0]["webSocketDebuggerUrl"]
        except (OSError, IndexError):
            return None
