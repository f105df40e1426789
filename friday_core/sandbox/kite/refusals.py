"""How Kite says no: an HTTP code, the name of an exception of its clients, and words."""

from __future__ import annotations


class KiteRefusal(Exception):  # noqa: N818 - it is an answer, not a fault
    """The answer of a request that is not done: ``{"status": "error", "message", "error_type", "data": null}``."""

    def __init__(self, code: int, error_type: str, message: str) -> None:
        super().__init__(message)
        self.code, self.error_type, self.message = code, error_type, message


def bad_input(message: str) -> KiteRefusal:
    """A parameter is missing, malformed, or against a rule: never to be sent again unchanged."""
    return KiteRefusal(400, "InputException", message)


def dead_session(message: str = "Incorrect `api_key` or `access_token`.") -> KiteRefusal:
    return KiteRefusal(403, "TokenException", message)


def not_permitted(message: str) -> KiteRefusal:
    return KiteRefusal(403, "PermissionException", message)


def order_refused(message: str) -> KiteRefusal:
    return KiteRefusal(400, "OrderException", message)


def short_of_funds(message: str) -> KiteRefusal:
    return KiteRefusal(400, "MarginException", message)


def short_of_holdings(message: str) -> KiteRefusal:
    return KiteRefusal(400, "HoldingException", message)


def too_many_requests(message: str = "Too many requests") -> KiteRefusal:
    return KiteRefusal(429, "NetworkException", message)


def not_found(message: str = "Route not found") -> KiteRefusal:
    return KiteRefusal(404, "GeneralException", message)
