"""What can be made, and in which ways; a list of its own, since the kinds of plugins take long to import."""

from __future__ import annotations

from dataclasses import dataclass

COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Role:
    """A role, and the ways to write it if there are several: those of ``option``, the first one by default."""

    name: str
    purpose: str
    option: str = ""
    ways: tuple[str, ...] = ()
    ways_help: str = ""

    def templates(self, way: str | None) -> str:
        """The folder of its own templates."""
        return f"{self.name}_{way}" if way else self.name


#: In the order of the data: what comes in, what is made of it, what becomes of that.
ROLES = (
    Role("source", "where rows come from"),
    Role("validator", "may a row be believed?"),
    Role("transformer", "adds columns"),
    Role("feature_set", "features for models and strategies"),
    Role("model", "learns, and predicts"),
    Role(
        "strategy",
        "from what is known to what is wanted",
        "tier",
        ("columns", "events", "windows"),
        "Columns, which cannot see the future; events, for orders of every type; windows, in pandas.",
    ),
    Role("sizer", "from an opinion to a weight"),
    Role("risk_rule", "may an order be sent?"),
    Role(
        "broker",
        "where orders go",
        "account",
        ("simulated", "real"),
        "Fills computed from the bars, or orders that trade real money.",
    ),
    Role("charges", "what an order costs"),
    Role("calendar", "when an exchange trades"),
    Role("connection", "what a vendor's sources and broker share"),
    Role("notifier", "tells a person"),
    Role("observer", "watches a run"),
    Role(COMMAND, "a command beside `friday run`"),
)
