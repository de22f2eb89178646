"""Addresses of Bridge: where calls go to, and where people are sent."""

import ipaddress
import re
from urllib.parse import urlsplit

#: Whose hosts, and those below, have Bridge's pages: see "Pay page" and "Connect".
DOMAIN = "bridgeapi.io"
MAX_ADDRESS = 2000
PRINTABLE = re.compile(r"[!-~]+")
_HOST = re.compile(r"[a-z0-9.-]+")


def checked_base_url(base_url: str | None) -> str:
    """Return the origin of the API, without slash at its end.

    :raises ValueError: no safe address
    """
    base_url = base_url or ""
    parts = urlsplit(base_url)
    scheme, host, _port = origin(base_url)
    if scheme not in ("http", "https") or not host:
        raise ValueError("base_url must be like https://api.bridgeapi.io")
    if base_url.rstrip("/") != f"{scheme}://{parts.netloc}" or "@" in parts.netloc:
        raise ValueError("base_url must have no path, query or user name")
    if scheme == "http" and not is_loopback(host):
        raise ValueError("credentials are only sent over HTTPS")
    return base_url.rstrip("/")


def checked_page(url: object, base_url: str) -> str:
    """Return the address of a page of Bridge, where a person may be sent.

    :param str base_url: of the API; a simulator's host has its pages too
    :raises ValueError: it is none, or on a host that is not Bridge's
    """
    if not isinstance(url, str) or len(url) > MAX_ADDRESS:
        raise ValueError("no address")
    # Browsers read a backslash as a slash: "https://evil\.bridgeapi.io" is evil's.
    if not PRINTABLE.fullmatch(url) or "\\" in url or "@" in urlsplit(url).netloc:
        raise ValueError("an address that may be read in two ways")
    scheme, host, port = origin(url)
    own = origin(base_url)[1] or ""
    if is_loopback(own) and host == own and scheme in ("http", "https"):
        return url
    if (scheme, port) != ("https", 443) or not _HOST.fullmatch(host or ""):
        raise ValueError("not over HTTPS")
    if not f".{host}".endswith(f".{DOMAIN}"):
        raise ValueError("not a host of Bridge")
    return url


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of an address.

    :raises ValueError: the address is malformed
    """
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
