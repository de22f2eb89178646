"""Signature of Bridge's webhooks.

``BridgeApi-Signature: v1=<HEX>[,v1=<HEX>]`` where HEX is the upper-case
hexadecimal HMAC-SHA256 of the raw body (docs.bridgeapi.io/docs/secure-your-webhooks).
While a secret rotates, Bridge signs with both.
"""

import hashlib
import hmac
from collections.abc import Iterable

HEADER = "BridgeApi-Signature"
SCHEME = "v1"


def sign(body: bytes, secret: str) -> str:
    """Return the upper-case hexadecimal HMAC-SHA256 of a raw body.

    :param bytes body: the body exactly as sent or received
    :param str secret: webhook secret
    :raises ValueError: empty secret: a signature anybody could make
    """
    if not secret:
        raise ValueError("a webhook secret is needed to sign")
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().upper()


def header(body: bytes, *secrets: str) -> str:
    """Return the header's value for a body signed with each of ``secrets``."""
    return ",".join(f"{SCHEME}={sign(body, secret)}" for secret in secrets)


def verify(
    body: bytes, header: str | None, secrets: str | Iterable[str | None] | None
) -> bool:
    """Tell whether a webhook is signed by one of our secrets.

    Every signature is compared with every secret, in constant time. All that is
    missing or strange means False: no header, other schemes only, no secret.

    :param bytes body: the raw body, before any parsing
    :param str header: value of ``BridgeApi-Signature``, None if there is none
    :param secrets: one secret or an iterable of them; empty ones are skipped
    """
    if isinstance(secrets, str):
        secrets = [secrets]
    usable = [secret for secret in secrets or () if secret and secret.strip()]
    if not usable or not header or not header.isascii():
        return False
    given = []
    for part in header.split(","):
        scheme, _equals, value = part.strip().partition("=")
        if scheme.strip() == SCHEME:
            given.append(value.strip().upper())
    genuine = False
    for secret in usable:
        expected = sign(body, secret)
        for value in given:
            genuine |= hmac.compare_digest(expected, value)
    return genuine
