"""Components that do not go together."""

from __future__ import annotations

from fakes import components as role
from integration.problem_cases.words import FLAT, MOON, Case, Start, moon, spec, with_plugins

from friday_core.api import ComponentSpec, LiveData, OrderType
from friday_core.errors import ProblemKind


class Wide(role.Idle):
    inputs = ("spread",)


class Stops(role.Idle):
    order_types = frozenset({OrderType.STOP})


class NeedsVolatility(role.PassAll):
    inputs = ("volatility",)


class Spread(role.Same):
    outputs = ("spread",)


class NeedsSpread(role.Same):
    inputs = ("spread",)


class MarketOnly(role.Simulation):
    order_types = frozenset({OrderType.MARKET})


class Sandbox(role.RealBroker):
    """Tells of its orders, and no money is at stake."""

    account = "simulated"


class MarketOnlyForMoney(role.RealBroker):
    order_types = frozenset({OrderType.MARKET})


class Tide(role.Flat, LiveData):
    """Rows of now, if anybody starts it."""


def mixed_currencies() -> ComponentSpec:
    return spec("source.flat", lambda: role.Flat(["USD", "INR", "USD"]))


CALM = with_plugins(spec("validator.calm", NeedsVolatility))
SPREADS = with_plugins(spec("transformer.spread", Spread), spec("transformer.narrow", NeedsSpread))

TIDE = ["streams.market_data.source=tide"]

K = ProblemKind
CASES = [
    Case(
        "real money on past data",
        K.MODE_CONFLICT,
        Start(overrides=["broker.use=cash"], install=with_plugins(spec("broker.cash", role.RealBroker))),
        "a historical clock with a broker that trades real money",
        'set [broker] use = "paper"',
        "broker",
        "broker.cash",
        mended=Start(overrides=["broker.use=paper"], install=with_plugins(spec("broker.cash", role.RealBroker))),
    ),
    Case(
        "a sandbox that tells of fills where they are computed",
        K.MODE_CONFLICT,
        Start(overrides=["broker.use=pier"], install=with_plugins(spec("broker.pier", Sandbox))),
        "a historical clock with a broker that answers in its own time",
        'set [broker] use = "paper", or [clock] kind = "wall" with a speed',
        "broker",
        "broker.pier",
        mended=Start(overrides=["broker.use=paper"], install=with_plugins(spec("broker.pier", Sandbox))),
    ),
    Case(
        "past data by the clock on the wall",
        K.MODE_CONFLICT,
        Start(overrides=["clock.kind=wall"]),
        "the mode is paper, and the source 'synthetic' has only past data",
        'set [clock] speed = 3600.0 to play an hour of them a second, or set [clock] kind = "historical"',
        "streams.market_data",
        "source.synthetic",
        mended=Start(overrides=["clock.kind=wall", "clock.speed=3600.0"]),
    ),
    Case(
        "a speed of past data that nobody waits for",
        K.MODE_CONFLICT,
        Start(overrides=["clock.speed=3600.0"]),
        "a historical clock with speed: it goes from row to row, as fast as the machine can",
        'leave speed out, or set [clock] kind = "wall" to play the data in their own time',
        "clock",
        mended=Start(overrides=["clock.kind=wall", "clock.speed=3600.0"]),
    ),
    Case(
        "real money on past data that are played",
        K.MODE_CONFLICT,
        Start(
            overrides=["broker.use=cash", "clock.kind=wall", "clock.speed=3600.0"],
            install=with_plugins(spec("broker.cash", role.RealBroker)),
        ),
        "the mode is live, and the source 'synthetic' has only past data",
        'set [clock] kind = "historical", or choose a source of live data',
        "streams.market_data",
        "source.synthetic",
    ),
    Case(
        "live data with a historical clock",
        K.MODE_CONFLICT,
        Start(overrides=TIDE, install=with_plugins(spec("source.tide", Tide))),
        "a historical clock, and the source 'tide' has only live data",
        'set [clock] kind = "wall" without a speed, or choose a source of past data',
        "streams.market_data",
        "source.tide",
        mended=Start(overrides=[*TIDE, "clock.kind=wall"], install=with_plugins(spec("source.tide", Tide))),
    ),
    Case(
        "live data with a speed",
        K.MODE_CONFLICT,
        Start(
            overrides=[*TIDE, "clock.kind=wall", "clock.speed=60.0"], install=with_plugins(spec("source.tide", Tide))
        ),
        "a speed, and the source 'tide' has live data, which come in their own time",
        "leave [clock] speed out",
        "streams.market_data",
        "source.tide",
        mended=Start(overrides=[*TIDE, "clock.kind=wall"], install=with_plugins(spec("source.tide", Tide))),
    ),
    Case(
        "past data that does not wait",
        K.MODE_CONFLICT,
        Start(overrides=["streams.market_data.backpressure=conflate"]),
        'a historical clock with backpressure = "conflate": the result would depend on how fast the machine is',
        'set [streams.market_data] backpressure = "block"',
        "streams.market_data",
        mended=Start(overrides=["streams.market_data.backpressure=block"]),
    ),
    Case(
        "an account in another currency",
        K.CURRENCY_CONFLICT,
        Start(overrides=["account.currency=USD"]),
        "the account is in USD, instruments are in INR",
        'set [account] currency = "INR"',
        "account",
        "source.synthetic",
        mended=Start(overrides=["account.currency=INR"]),
    ),
    Case(
        "instruments of two currencies",
        K.CURRENCY_CONFLICT,
        Start(overrides=FLAT, install=with_plugins(mixed_currencies())),
        "instruments are in INR, USD: a book has one currency",
        'set [data] instruments = ["FLAT1.SEA"]',
        "account",
        "source.flat",
        mended=Start(
            '[data]\ninstruments = ["FLAT1.SEA"]',
            overrides=FLAT,
            install=with_plugins(mixed_currencies()),
        ),
    ),
    Case(
        "order types that the broker lacks",
        K.UNSUPPORTED_ORDER_TYPE,
        Start(MOON, overrides=["broker.use=file"], install=with_plugins(moon(Stops), spec("broker.file", MarketOnly))),
        "strategy 'moon' uses stop orders, the broker 'file' has none",
        "choose another broker, or a strategy that needs only market",
        "trading.active_strategies[0]",
        "broker.file",
        mended=Start(MOON, overrides=["broker.use=paper"], install=with_plugins(moon(Stops))),
    ),
    Case(
        "a strategy's column that nothing provides",
        K.SCHEMA_MISMATCH,
        Start(MOON, install=with_plugins(moon(Wide))),
        "needs the column 'spread'",
        "add a transformer that provides 'spread' to [streams.market_data] transformers",
        "trading.active_strategies[0]",
        "strategy.moon",
        mended=Start(
            MOON + '[streams.market_data]\ntransformers = ["spread"]',
            install=with_plugins(moon(Wide), spec("transformer.spread", Spread)),
        ),
    ),
    Case(
        "a sizer's column that nothing provides",
        K.SCHEMA_MISMATCH,
        Start('[streams.market_data]\ntransformers = []\n[trading]\nsizer = "volatility_target"'),
        "needs the column 'volatility'",
        "add a transformer that provides 'volatility' to [streams.market_data] transformers",
        "trading",
        "sizer.volatility_target",
        mended=Start(
            '[streams.market_data]\ntransformers = ["realised_volatility"]\n[trading]\nsizer = "volatility_target"'
        ),
    ),
    Case(
        "a transformer before the one that it needs",
        K.SCHEMA_MISMATCH,
        Start(
            '[streams.market_data]\ntransformers = ["narrow", "spread"]',
            install=SPREADS,
        ),
        "'narrow' needs the column 'spread'",
        "write 'spread' before 'narrow' in transformers",
        "streams.market_data",
        "transformer.narrow",
        mended=Start(
            '[streams.market_data]\ntransformers = ["spread", "narrow"]',
            install=SPREADS,
        ),
    ),
    Case(
        "a validator of what is only made later",
        K.SCHEMA_MISMATCH,
        Start('[streams.market_data]\nvalidators = ["calm"]', install=CALM),
        "'calm' needs the column 'volatility'",
        "write 'calm' in validators_after instead of validators",
        "streams.market_data",
        "validator.calm",
        mended=Start(
            '[streams.market_data]\nvalidators = []\nvalidators_after = ["calm"]',
            install=CALM,
        ),
    ),
    Case(
        "a stage's column that nothing provides",
        K.SCHEMA_MISMATCH,
        Start(
            '[streams.market_data]\ntransformers = ["narrow"]',
            install=with_plugins(spec("transformer.narrow", NeedsSpread)),
        ),
        "'narrow' needs the column 'spread'",
        "put a transformer that provides 'spread' before it",
        "streams.market_data",
        "transformer.narrow",
        mended=Start(
            '[streams.market_data]\ntransformers = ["spread", "narrow"]',
            install=SPREADS,
        ),
    ),
]
