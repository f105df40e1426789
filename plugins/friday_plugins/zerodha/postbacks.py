"""Postbacks of Kite: order rows that anybody could send, and the checksum that only Kite can make."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr


def verified(body: bytes, api_secret: SecretStr) -> Mapping[str, Any] | None:
    """The row of a postback's body, for ``Zerodha.told``; ``None`` for one that is not Kite's.

    ``checksum`` is the SHA-256 of order number, order time and API secret, in hexadecimal digits.
    """
    try:
        row = json.loads(body)
        signed = f"{row['order_id']}{row['order_timestamp']}{api_secret.get_secret_value()}"
        given = row["checksum"].encode()
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    made = hashlib.sha256(signed.encode()).hexdigest().encode()
    return row if hmac.compare_digest(made, given) else None
