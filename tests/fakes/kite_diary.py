"""Audits written by hand: a day on which a client did what a test says."""

from __future__ import annotations

from typing import Any

SECOND = 1_000_000


class Diary:
    """Lines of an audit at ``now`` seconds; each method returns the number of the line that it writes first."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.now = 0.0
        self._requests = 0
        self.write("start")

    def at(self, now: float) -> Diary:
        self.now = now
        return self

    def write(self, kind: str, **fields: Any) -> int:
        wall = round(self.now * SECOND)
        self.lines.append({"kind": kind, "wall": wall, "ts": wall, **fields})
        return len(self.lines)

    def ask(self, method: str, path: str, code: int = 200, *, faults: tuple[str, ...] = (), **fields: Any) -> int:
        """A request and its answer; ``answer`` are fields of that."""
        self._requests += 1
        answer = fields.pop("answer", {})
        line = self.write(
            "request", n=self._requests, method=method, path=path, **{"token_ok": True, "form": {}, **fields}
        )
        for do in faults:
            self.write("fault", n=self._requests, do=do)
        self.write("answer", n=self._requests, code=code, **answer)
        return line

    def place(self, number: str = "", code: int = 200, *, faults: tuple[str, ...] = (), **changed: Any) -> int:
        """An order, which is in the book under a number if it has one."""
        form = {**FORM, **changed}
        answer = {"error_type": "InputException"} if 400 <= code < 500 else {}
        self._requests += 1
        line = self.write(
            "request", n=self._requests, method="POST", path="/orders/regular", token_ok=True, form=form,
            tag=form["tag"],
        )  # fmt: skip
        for do in faults:
            self.write("fault", n=self._requests, do=do)
        if number:
            self.state(number, "PUT ORDER REQ RECEIVED", **changed)
        told = {"order_id": number} if number and code == 200 else {}
        self.write("answer", n=self._requests, code=code, **answer, **told)
        return line

    def state(self, number: str, status: str, owner: str = "client", **changed: Any) -> int:
        row = {**FORM, **changed, "order_id": number, "status": status}
        return self.write("state", order={**row, "quantity": int(row["quantity"])}, owner=owner)

    def trade(self, number: str, owner: str = "client", **changed: Any) -> int:
        """It trades as a whole, and is COMPLETE."""
        row = {**FORM, **changed, "order_id": number}
        line = self.write("trade", trade={**row, "quantity": int(row["quantity"])})
        self.state(number, "COMPLETE", owner, **changed)
        return line

    def socket(self, what: str, number: int | None = 1, **more: Any) -> int:
        return self.write("socket", what=what, socket=number, **more)

    def look(self) -> int:
        return self.ask("GET", "/orders")


FORM = {
    "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": "10", "product": "MIS",
    "order_type": "LIMIT", "price": "1500.0", "tag": "A",
}  # fmt: skip
