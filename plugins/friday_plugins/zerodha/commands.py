"""``friday vendor zerodha``: what a person may ask of the account, and leave there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from friday_core.api import InstrumentId, Product, Side
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.gtt import Gtt, Gtts, Leg, Row, standing_of
from friday_plugins.zerodha.margins import funds_of, required_for
from friday_plugins.zerodha.notes import compared, executed, write
from friday_plugins.zerodha.orders import PRODUCTS
from friday_plugins.zerodha.portfolio import portfolio_of

#: Where changes are written down, beside the session.
JOURNAL = "zerodha_gtt.jsonl"
_PRODUCTS = click.Choice([str(one) for one in Product])
_SIDES = click.Choice(["buy", "sell"])


def rupees(written: str) -> Decimal:
    """A price that is above 0, exactly; ``ValueError`` for anything else."""
    try:
        found = Decimal(written)
    except InvalidOperation as error:
        raise ValueError(written) from error
    if not found.is_finite() or found <= 0:
        raise ValueError(written)
    return found


def commands_of(connection: Zerodha) -> Sequence[click.Command]:
    """Of a connection that is started when they are called."""
    return [_funds(connection), _margin(connection), _charges(connection), _gtt(connection)]


def _funds(connection: Zerodha) -> click.Command:
    @click.command("funds")
    def command() -> None:
        """What can be spent, and what is held."""
        click.echo(str(funds_of(connection)))
        for name, quantity in sorted(portfolio_of(connection).quantities().items()):
            click.echo(f"{name}: {quantity:+}")

    return command


def _margin(connection: Zerodha) -> click.Command:
    @click.command("margin")
    @click.argument("side", type=_SIDES)
    @click.argument("quantity", type=click.IntRange(min=1))
    @click.argument("instrument", type=InstrumentId.parse)
    @click.option("--product", type=_PRODUCTS, default="intraday", show_default=True)
    @click.option("--price", type=rupees, help="Of a limit order; else the latest counts.")
    def command(side: str, quantity: int, instrument: InstrumentId, product: str, price: Decimal | None) -> None:
        """What an order would tie up beside what is held, and cost: by Kite's own reckoning."""
        form = {
            "variety": "regular", "exchange": instrument.exchange, "tradingsymbol": instrument.symbol,
            "transaction_type": side.upper(), "quantity": quantity, "product": PRODUCTS[Product(product)],
            "order_type": "MARKET" if price is None else "LIMIT", "price": price,
        }  # fmt: skip
        found = required_for(connection, [form])
        alone, together, charges = (f"{paise / 100:,.2f}" for paise in found)
        click.echo(f"{together} rupees ({alone} without what is held); charges {charges}")
        click.echo(str(funds_of(connection)))

    return command


def _charges(connection: Zerodha) -> click.Command:
    @click.command("charges")
    @click.option("--csv", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write every line there.")
    def command(path: Path | None) -> None:
        """Hold what today's orders of Friday's cost by the shipped tables against Kite's virtual contract note.

        Exit code 1 if a line differs by half a paisa or more.
        """
        listing = connection.instruments()
        found = compared(
            connection, executed(connection),
            lambda row: listing.of(InstrumentId(row["tradingsymbol"], row["exchange"])),
        )  # fmt: skip
        if path is not None:
            write(path, found)
        differing = [one for one in found if one.differs]
        for one in differing:
            click.echo(str(one))
        orders, paid = len({one.number for one in found}), sum((one.kite for one in found), Decimal())
        click.echo(f"{orders} orders, {paid:.2f} rupees at Kite; {len(differing)} of {len(found)} lines differ")
        if differing:
            raise click.exceptions.Exit(1)

    return command


def _gtt(connection: Zerodha) -> click.Command:
    @click.group("gtt")
    def group() -> None:
        """Good-till-triggered orders: they live for a year, also while nothing runs here.

        No session knows of them, and none adopts what they trade: they are for what a person looks after.
        """

    @group.command("list")
    def listed() -> None:
        """All of the account, and what has become of them. A trigger that was met is no order that has traded."""
        for row in gtts().rows():
            click.echo(_told(row))

    @group.command()
    @_terms
    def place(last: Decimal | None, **terms: Any) -> None:
        """SIDE QUANTITY INSTRUMENT with one --leg, or two of which one ends the other."""
        click.echo(f"placed {gtts().place(_gtt_of(**terms), last)}")

    @group.command()
    @click.argument("number", type=int)
    @_terms
    def modify(number: int, last: Decimal | None, **terms: Any) -> None:
        """Make of one that is active what place would make."""
        gtts().modify(number, _gtt_of(**terms), last)
        click.echo(f"modified {number}")

    @group.command()
    @click.argument("number", type=int)
    def delete(number: int) -> None:
        """Take away one that is active."""
        gtts().delete(number)
        click.echo(f"deleted {number}")

    def gtts() -> Gtts:
        return Gtts(connection, connection.session.path.with_name(JOURNAL))

    return group


def _terms(body: Callable[..., None]) -> Callable[..., None]:
    """The arguments of ``place`` and ``modify``."""
    for add in (
        click.option("--last", type=rupees, help="The latest price, for an app that may not ask for quotes."),
        click.option("--product", type=_PRODUCTS, default="delivery", show_default=True),
        click.option(
            "--leg", "legs", type=(rupees, rupees), multiple=True, required=True, metavar="TRIGGER PRICE",
            help="Where it is triggered, and the limit of the order that is sent then.",
        ),
        click.argument("instrument", type=InstrumentId.parse),
        click.argument("quantity", type=click.IntRange(min=1)),
        click.argument("side", type=_SIDES),
    ):  # fmt: skip
        body = add(body)
    return body


def _gtt_of(
    side: str, quantity: int, instrument: InstrumentId, legs: Sequence[tuple[Decimal, Decimal]], product: str
) -> Gtt:
    return Gtt(instrument, Side[side.upper()], quantity, Product(product), tuple(Leg(*one) for one in sorted(legs)))


def _told(row: Row) -> str:
    condition, legs = row["condition"], zip(row["condition"]["trigger_values"], row["orders"], strict=True)
    parts = [
        f"{leg['transaction_type'].lower()} {leg['quantity']} at {leg['price']} as {leg['product']} from {trigger} on"
        for trigger, leg in legs
    ]
    name = f"{condition['tradingsymbol']}.{condition['exchange']}"
    return f"{row['id']} {name}: {', or '.join(parts)}: {standing_of(row)}"
