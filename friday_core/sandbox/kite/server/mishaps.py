"""Answers that are not those of the request: errors, pages of a gateway, bodies that are empty."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from friday_core.sandbox.kite.faults.fate import first
from friday_core.sandbox.kite.faults.fault import Do, Fault
from friday_core.sandbox.kite.refusals import KiteRefusal
from friday_core.sandbox.kite.server.calls import refused

_TIMED_OUT = "Order request timed out. Please check the order book and confirm before placing again."
_WORDS = {
    400: _TIMED_OUT,
    403: "Insufficient permission for that call.",
    429: "Too many requests",
    502: "Unable to reach the OMS.",
    503: "Service unavailable.",
    504: "Gateway timed out.",
}
_TYPES = {
    400: "OrderException",
    403: "PermissionException",
    429: "NetworkException",
    502: "DataException",
    503: "NetworkException",
    504: "NetworkException",
}
#: What is usual where a fault names no code.
_CODES = {Do.RATE_LIMITED: 429, Do.HTML: 502, Do.HTML_AFTER: 502, Do.LATE_ACCEPT: 504}
_USUAL = 500
_PAGE = "<html><head><title>{code} {reason}</title></head><body><h1>{code} {reason}</h1><hr>nginx</body></html>"


def error_of(fault: Fault) -> web.Response:
    """As Kite says an error, in its words where the fault has none."""
    code = fault.code or _CODES.get(fault.do, _USUAL)
    error_type = fault.error_type or _TYPES.get(code, "GeneralException")
    return refused(KiteRefusal(code, error_type, fault.words or _WORDS.get(code, "Something went wrong.")))


def html_of(fault: Fault) -> web.Response:
    """As the gateway in front of Kite says an error."""
    code = fault.code or _CODES.get(fault.do, _USUAL)
    reason = fault.words or _WORDS.get(code, "Internal Server Error").rstrip(".")
    return web.Response(status=code, text=_PAGE.format(code=code, reason=reason), content_type="text/html")


def answered(response: web.Response, taken: Sequence[Fault]) -> web.Response:
    """What is answered to a request that was done, and that faults took."""
    one = first(taken, Do.LATE_ACCEPT, Do.ERROR_AFTER, Do.HTML_AFTER, Do.EMPTY_ANSWER)
    if one is None:
        return response
    if one.do is Do.HTML_AFTER:
        return html_of(one)
    if one.do is Do.EMPTY_ANSWER:
        return web.Response()
    # A request that is refused at once is not accepted late.
    if one.do is Do.LATE_ACCEPT and response.status >= web.HTTPBadRequest.status_code:
        return response
    return error_of(one)
