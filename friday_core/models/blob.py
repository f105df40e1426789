"""Bytes of a compiled model: a kind with its version, what it holds, and a checksum over both."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from friday_core.domain.chunk import Array
from friday_core.errors import DataError

_MAGIC = b"FRM1"
_CHECKSUM = 32


def sealed(content: msgspec.Struct) -> bytes:
    """Mark, content as msgpack, SHA-256 of both; equal contents give equal bytes."""
    body = _MAGIC + msgspec.msgpack.encode(content)
    return body + hashlib.sha256(body).digest()


def opened(data: bytes, kinds: Any) -> Any:
    """The content, one of the struct types ``kinds``; ``DataError`` for bytes that were cut or changed."""
    body, checksum = data[:-_CHECKSUM], data[-_CHECKSUM:]
    if not body.startswith(_MAGIC):
        raise DataError(f"this is no compiled model of this version: it begins with {data[:4]!r}")
    if hashlib.sha256(body).digest() != checksum:
        raise DataError("this compiled model was cut or changed: its checksum is wrong")
    try:
        return msgspec.msgpack.decode(body[len(_MAGIC) :], type=kinds)
    except msgspec.MsgspecError as error:
        raise DataError(f"this compiled model is of no known kind or version: {error}") from error


def packed(values: Array) -> bytes:
    """Numbers as little-endian bytes, in their own width."""
    return values.astype(values.dtype.newbyteorder("<")).tobytes()


def unpacked(data: bytes, dtype: Any) -> Array:
    """``packed`` numbers; ``ValueError`` if the bytes are no whole number of them."""
    return np.frombuffer(data, np.dtype(dtype).newbyteorder("<")).astype(dtype)


def frozen(values: Any, dtype: Any) -> Array:
    """A read-only copy; ``ValueError`` if a number would change in the type."""
    given = np.asarray(values)
    array = np.array(given, dtype=dtype, order="C")
    if np.issubdtype(dtype, np.integer) and not np.array_equal(array, given):
        raise ValueError(f"whole numbers that fit into {np.dtype(dtype)} are needed, not {given.dtype} {given!r:.60}")
    array.flags.writeable = False
    return array


def check_features(features: Sequence[str]) -> None:
    """``ValueError`` unless there are features, each with a name of its own."""
    if not features or len(set(features)) != len(features):
        raise ValueError(f"features need names, each its own: {', '.join(features) or 'there is none'}")
