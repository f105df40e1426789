"""The rate files that come with Friday, and a user's own above them."""

from __future__ import annotations

import difflib
from pathlib import Path

from friday_core.errors import DataSourceError
from friday_core.market.charges.rate_file import read_rates
from friday_core.market.charges.tables import RateTables

#: What the state and the exchanges charge, whoever the broker is.
STATUTORY = "india"
_FOLDER = Path(__file__).parents[1] / "data" / "charges"


def broker_plans() -> tuple[str, ...]:
    """Names of the brokers' plans that come with Friday."""
    return tuple(sorted({path.stem for path in _FOLDER.glob("*.toml")} - {STATUTORY}))


def rate_tables(broker: str, own: Path | None = None) -> RateTables:
    """A broker's plan over what the state and the exchanges charge; ``own`` goes before both.

    ``DataSourceError`` for a plan that there is not, with the nearest name, and for a file of one's own
    that cannot be read or has faults, each with its line.
    """
    known = broker_plans()
    if broker not in known:
        near = difflib.get_close_matches(broker, known, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise DataSourceError(f"no broker's plan {broker!r}; there are {', '.join(known)}{hint}")
    shipped = [read_rates(_FOLDER / f"{name}.toml") for name in (broker, STATUTORY)]
    return RateTables(shipped if own is None else [read_rates(own), *shipped])
