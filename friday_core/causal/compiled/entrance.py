"""The driver as a function of Python's own kind: a call costs a tenth of what ctypes takes."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from typing import Any

from friday_core.causal.compiled.loading import loaded_module

_NO_ARGUMENTS = 0x0004  # METH_NOARGS
#: ``self`` is a bytes object: addresses of the driver, of two spare words and of the context.
_SELF = struct.Struct("=qqq")
_ASSEMBLY = """
define ptr @friday_kernel(ptr %self, ptr %nothing) {{
  %words = call ptr inttoptr (i64 {data} to ptr)(ptr %self)
  %driver = load ptr, ptr %words, align 1
  %spare_at = getelementptr i64, ptr %words, i64 1
  %spare = load ptr, ptr %spare_at, align 1
  %context_at = getelementptr i64, ptr %words, i64 2
  %context = load i64, ptr %context_at, align 1
  %status = call i32 %driver(ptr %spare, ptr %spare, i64 %context)
  call void inttoptr (i64 {keep} to ptr)(ptr inttoptr (i64 {none} to ptr))
  ret ptr inttoptr (i64 {none} to ptr)
}}
"""


class _Method(ctypes.Structure):
    """``PyMethodDef``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class Entrance:
    """Makes functions that run the driver on one context each; they hold the interpreter's lock.

    They are good for as long as this object lives.
    """

    def __init__(self) -> None:
        api = ctypes.pythonapi
        addresses = {"data": api.PyBytes_AsString, "keep": api.Py_IncRef}
        found = {name: ctypes.cast(one, ctypes.c_void_p).value for name, one in addresses.items()}
        self._code = loaded_module(_ASSEMBLY.format(none=id(None), **found))
        self._method = _Method(b"drive", self._code.address, _NO_ARGUMENTS, None)
        self._new: Any = ctypes.PYFUNCTYPE(
            ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p
        )(ctypes.cast(api.PyCMethod_New, ctypes.c_void_p).value or 0)

    def into(self, driver: int, spare: int, context: int) -> Callable[[], None]:
        """Runs ``driver`` on a context; both must outlive the function."""
        made: Callable[[], None] = self._new(
            ctypes.addressof(self._method), _SELF.pack(driver, spare, context), None, None
        )
        return made
