"""Where the kernel's numbers stand: int64 words of the context, of the state, and of the rows that it writes.

Money is minor units, prices are price units, shares parts per million, as everywhere.
"""

from __future__ import annotations

#: No limit, no order, no row.
NONE = -1
#: Later rows and sessions than this there are not.
NEVER = 2**62
PPM = 1_000_000

# The context: what does not change during a run, and how it ended -----------------------------------------------

# ``ROW`` is the next row to take, ``RESULT`` why the kernel came back, ``FAULT`` what it met in a slice.
ROWS, ROW, RESULT, FAULT, DESKS, INSTS = range(6)
# From ``STOP_SESSION`` on, slices are the driver's; ``STOP_ROW`` is where it is to come back in any case.
STOP_SESSION, STOP_ROW, LATENCY, SLIPPAGE_TICKS, PARTICIPATION = range(6, 11)
# Charges: shares of the notional, one of the other, each rounded half-even.
CHARGE_STAGES, CHARGE_NUMERATOR, CHARGE_DENOMINATOR = 11, 12, 14
# Room: in the state for lots of a position and for working orders, and in the tables for rows.
MOST_LOTS, MOST_QUEUE, MOST_DECISIONS, MOST_ORDERS, MOST_FILLS, MOST_ENDED, MOST_POSITIONS = range(16, 23)
# Places in the state.
PAIRS, PAIR_WORDS, QUEUE, FIRST_ORDINAL = range(23, 27)
# More of how orders trade: shares of the price, of the range and of the volume, and whether at the close.
SPREAD, IMPACT, RANGE, PROTECTION, AT_CLOSE = range(27, 32)
#: Whether a limit has to be told of every slice.
IS_WATCHED = 32
# More places in the state: of a copy of it, of instruments and drafts, of each table; and how many rows equity has.
SAVED_AT, INSTRUMENTS_AT, DRAFTS_AT, DECISIONS_AT, ORDERS_AT, FILLS_AT, ENDED_AT, POSITIONS_AT, EQUITY_ROWS = range(
    33, 42
)
# Charges by terms: whether there are some, the days on which there are rates, and places: of periods, of the one at
# hand, of terms, of each instrument's first order that is charged, of all such orders, of what meets; their count.
IS_BILLED, KNOWN_FIRST, KNOWN_LAST, PERIODS_AT, PERIOD, TERMS_AT, HEADS_AT, BILLS_AT, MET_AT, BILLS = range(42, 52)
# Addresses, in the order of ``Memory``.
ADDRESSES = 52
#: Where columns that read their own book stand, by desk, after the limits of all; 0 if there are none.
CONES = 63
# Addresses of columns beside the rows, 0 for none: closes of the session before, ``R_`` of ``entries``, and the next
# row from each one on of which intraday positions are closed. Then the width of bands, microseconds to the market,
# what shorts pay a year, the row from which on something ends that may be held, and of what they paid room and place.
BEFORE_AT, REFUSED_AT, DUE_AT, BAND, LATENCY_US, BORROW, ENDS_ROW, MOST_POSTINGS, POSTINGS_AT = range(64, 73)
# The address of the terms of risk rules, 0 for none; and the account's limits, ``NONE`` for what is not limited.
RULES_AT, ACCOUNT_VALUE, ACCOUNT_GROSS = range(73, 76)
#: Room for brackets, and their place in the state.
MOST_BRACKETS, BRACKETS_AT = range(76, 78)
#: The words that a row of the table of orders has: where nobody's columns order, the first ones alone.
ORDER_WIDTH = 78
#: Limits of each desk follow.
LIMITS = 79
(
    L_ORDER_VALUE, L_MIN_ORDER_VALUE, L_POSITION, L_GROSS, L_DRAWDOWN, L_TIER, L_DAY_LOSS, L_ORDERS, L_OPEN_ORDERS,
    L_ALLOW_SHORT, L_BUFFER, L_ASKED, L_PRODUCT, L_MARGIN,
) = range(14)  # fmt: skip
# Of a desk whose columns order, addresses of these, 0 for those that it does not have: cancels, prices, last sessions,
# the rows' factors, and how many rows before each one they see (0: all of them). ``L_ORDERS`` says that they order.
L_ORDERS_BY, L_CANCEL, L_LIMIT, L_TRIGGER, L_STOP, L_TARGET, L_TILL, L_FACTOR, L_SEEN = range(14, 23)
LIMIT_WORDS = 23
#: ``L_PRODUCT``: of how many products orders may be, with that of orders that name none, and which is intraday.
PRODUCTS, INTRADAY = 5, 2
#: ``L_ASKED``: about what Python is asked, so that a slice with one is the driver's.
NOTHING, ORDERS_ASKED, WISHES_ASKED = range(3)

# Of a desk's columns that read its book: what they say; the context that runs them, and how many of their rows it has
# run; addresses of what they say, of how many rows before each one they see (0: all of them), of the latest signals by
# instrument and behind these the sizer's share, of the rows' factors and, where they are read, of the book's columns.
B_KIND, B_RUN, B_DONE, B_OUT, B_PLACES, B_LATEST, B_FACTOR, B_POS, B_AVG_PRICE, B_OPEN_QTY, B_CASH, B_EQUITY = range(12)
# Minor units of the currency; the slots of their state, how many, and room for all of them (0: nothing is run ahead);
# the row up to which they were run and wish nothing, and how many rows are run ahead; rows since they last wished,
# and after how many they wish as a rule.
B_MAJOR, B_SLOTS, B_SLOT_COUNT, B_SAVED, B_QUIET, B_SPAN, B_SINCE, B_USUAL = range(12, 20)
#: The function that runs them up to the first row that wishes something (0: there is none, they are taken back).
B_UNTIL = 20
CONE_WORDS = 21
#: ``B_KIND``: no such columns, or no longer.
NO_CONE, TARGETS, SIGNALS = range(3)
#: Rows that are run ahead: whole multiples of the least, which is what kernels do at one go.
LEAST_SPAN, MOST_SPAN = 32, 512

#: What the kernel comes back with: all rows are done, or the slice at ``ROW`` is the driver's, or room is missing.
DONE, DRIVERS, NO_ROOM_IN_TABLES, NO_ROOM_FOR_LOTS, NO_ROOM_FOR_ORDERS = range(5)
#: Why a slice is the driver's, for whoever counts.
OVERFLOW, LATCHED, STOPS, COSTLY_SHORT, BACKWARDS, INJECTED, IS_ASKED, NO_TERMS, ACCOUNT_LIMITED = range(10, 19)
UNFIT, LINKED = range(19, 21)
#: Why nothing may be added by what is decided on a row, as bits; the last one where the driver is to say so.
R_LATE, R_UNLISTED, R_UNBORROWED, R_ASKED = 1, 2, 4, 8

# Terms of risk rules: how many rules there are; then by rule and instrument the place of what is said of it, and how
# many spans of sessions that has; then these, each with its last session, a ``Bound``, its number, and a code.
RULE_COUNT, RULE_HEADS, RULE_HEAD_WORDS = 0, 1, 2
U_LAST, U_BOUND, U_MOST, U_CODE = range(4)
SPAN_WORDS = 4
#: ``U_BOUND``: as ``Bound``, and where nothing is known, so that the driver has to ask whatever the order does.
U_NONE, U_ORDER, U_SHORT, U_INSTRUMENTS, U_ASKED, U_UNKNOWN = range(6)

# An instrument: ``MULTIPLIER`` and ``DIVISOR`` make minor units of price units, one of them is 1.
# ``PRODUCTS_OF`` has a bit for the number of each product in which it may be held.
# ``FINE`` are as many thousandths of a price unit as a unit of the currency has.
TICK, LOT, MULTIPLIER, DIVISOR, DERIVATIVE, PRODUCTS_OF, FINE = range(7)
INSTRUMENT_WORDS = 7

# Terms, and then their lines: amounts are in parts of a minor unit, of which a unit that is rounded to has ``STEP``.
# ``T_MOST`` is the largest notional of which they all fit. A tax is a number over that of ``T_TAX_STEP``.
T_MOST, T_LINES, T_TAX, T_TAX_STEP, T_TAX_UNIT, T_TAX_ROUNDING, T_FEE, T_SCALE, T_SCALE_OF = range(9)
TERMS_WORDS = 9
A_SHARE, A_FLAT, A_LEAST, A_MOST = range(4)
AMOUNT_WORDS = 4
# A line's own amount and that of what meets on the same day.
TL_UNIT, TL_STEP, TL_ROUNDING, TL_IS_TAXED, TL_HAS_MET, TL_OWN, TL_MET = 0, 1, 2, 3, 4, 5, 9
TL_WORDS = 13
# An order that is charged in the session, and the place of the next one in its instrument.
B_NEXT, B_SIDE, B_PRODUCT, B_QUANTITY, B_WORTH, B_SAME_DAY, B_IS_PAID, B_CHARGED = range(8)
BILL_WORDS = 8

# The state ------------------------------------------------------------------------------------------------------

# The head: the latest slice, how many orders work, how many rows the tables have.
ORDINAL, HAS_LATEST, LATEST_TS, LATEST_SESSION, WORKING = range(5)
DECISIONS, ORDERS, FILLS, ENDED, POSITIONS = range(5, 10)
#: How many fills there were before the session of the latest slice; rows of what was paid for shorts.
FILLS_BEFORE, POSTINGS = 10, 11
#: How many brackets there are, and how many of their orders were withdrawn.
BRACKETS, WITHDRAWN = 12, 13
DESKS_AT = 14
# A desk: its book, then its risk state, then the orders that it sent in the session of its latest order.
CASH, REALISED, CHARGES, VALUE, GROSS, HELD = range(6)
EQUITY, PEAK, DEEPEST, RISK_HAS_SESSION, RISK_SESSION, DAY_EQUITY, SENT, DRAWDOWN_LATCHED, DAY_LATCHED = range(6, 15)
COUNTER_SESSION, COUNTER, DESK_ORDERS = range(15, 18)
DESK_WORDS = 18
# A desk's position in an instrument; ``OPEN`` is what working orders would add or take away. Then its lots, a ring.
POSITION, COST, MARK, WORTH, OPEN, LOT_FIRST, LOT_COUNT = range(7)
LOTS = 7
LOT_QUANTITY, LOT_COST, LOT_TS = range(3)
LOT_WORDS = 3
# A working order: ``ID`` is its row in the table, ``PLACE`` that of its bar in the slice. ``BILLED`` is what of it was
# charged in ``BILL_SESSION``, ``BILL`` where its terms keep that, ``BOOKED`` what traded on the slice at hand,
# ``DECIDED`` when it was.
(
    ID, Q_DESK, Q_INST, SIDE, QUANTITY, FILLED, STATUS, OPENED, ACTIVE_FROM, REFERENCE, BILL_SESSION, BILLED,
    BILLED_QUANTITY, PLACE, BOOKED, BILL, DECIDED,
) = range(17)  # fmt: skip
# What it names: prices, whether the trigger was touched, how long it works, and its own protection (``NONE``: the
# rules'). ``LINK`` says what it is in a bracket, ``ALTERNATIVE`` that its quantity counts with another order's.
Q_LIMIT, Q_TRIGGER, TRIGGERED, VALIDITY, Q_TILL, Q_PROTECTION, LINK, ALTERNATIVE = range(17, 25)
QUEUE_WORDS = 25
#: ``LINK``: in none, what opens, what closes.
UNLINKED, OPENS, CLOSES = range(3)
# What one fill opened, and what closes it: the order that opened it (below 0, one that ended before the run), what is
# left, the prices, the orders that close it, and which of them are due: a ``DUE_`` each; and the latest one's session.
(
    K_ENTRY, K_DESK, K_INST, K_SIDE, K_LEFT, K_STOP, K_TARGET, K_LEG, K_SECOND, K_DUE, K_DUE_SECOND, K_SESSION,
) = range(12)  # fmt: skip
BRACKET_WORDS = 12
#: ``K_ENTRY`` of the first bracket that was there before the run; those of the next ones are below.
FIRST_BEFORE = -2
NOT_DUE, DUE_STOP, DUE_TOUCHED, DUE_LIMIT = range(4)
#: Where an order stands.
WAITING, IS_OPEN, PARTIAL, IS_FILLED, CANCELLED, EXPIRED = range(6)

# A draft, in scratch: a decision on its way through risk ---------------------------------------------------------

(
    W_ROW, W_INST, W_ASKED, W_CODE, W_A, W_B, W_C, W_SIGN, W_PRICE, W_MARK, W_REDUCING, W_ADDING, W_CLAIMS, W_NEXT,
    W_LIMIT, W_TRIGGER, W_STOP, W_TARGET, W_VALIDITY, W_TILL,
) = range(20)  # fmt: skip
DRAFT_WORDS = 20

# Rows that are written -------------------------------------------------------------------------------------------

# Of an order that the host placed, ``O_DECISION`` says why; of one that it withdrew, ``O_WANTED`` does, and ``O_PRICE``
# how many orders there were by then.
SQUARED_OFF, HELD_OVER = -1, -2
#: The same of one that closes a bracket, whose ``O_BOOKED`` is then what was left; ``O_NTH`` counts these.
OF_BRACKET = -3
#: One that its strategy cancelled: ``O_BOOKED`` is then the row of that decision.
ASKED_FOR = -4
D_DESK, D_ROW, D_ORDINAL, D_ASKED, D_SENT, D_CODE, D_A, D_B, D_C, D_ORDER = range(10)
DECISION_WORDS = 10
(
    O_DESK, O_INST, O_SIDE, O_QUANTITY, O_REFERENCE, O_ROW, O_TS, O_SESSION, O_COUNTER, O_ACTIVE_FROM,
    O_STATUS, O_FILLED, O_OPENED, O_BOOKED, O_WANTED, O_PRICE, O_DECISION,
    O_TRIGGERED, O_LIMIT, O_TRIGGER, O_STOP, O_TARGET, O_VALIDITY, O_TILL, O_ENTRY, O_NTH,
) = range(26)  # fmt: skip
ORDER_WORDS, PLAIN_ORDER_WORDS = 26, 17
F_ORDER, F_QUANTITY, F_PRICE, F_CHARGES, F_TS = range(5)
FILL_WORDS = 5
X_ORDER, X_TS = range(2)
ENDED_WORDS = 2
P_TS, P_SESSION, P_DESK, P_INST, P_QUANTITY, P_COST, P_MARK, P_WORTH = range(8)
POSITION_WORDS = 8
Y_TS, Y_SESSION, Y_DESK, Y_INST, Y_QUANTITY, Y_PRICE, Y_FEE = range(7)
POSTING_WORDS = 7

#: What became of a decision, in the numbers of the kernel; the names are those of ``Code``.
CODES = (
    "SENT", "NO_CHANGE", "ZERO_SIZE", "UNPRICED", "SHORT_DELIVERY", "ORDER_VALUE", "POSITION_WEIGHT", "ORDER_COUNT",
    "OPEN_ORDERS", "GROSS_EXPOSURE", "CLIPPED_CASH", "MIN_ORDER_VALUE", "WRONG_PRODUCT", "INTRADAY_CUT_OFF",
    "NOT_IN_UNIVERSE", "NOT_SHORTABLE", "MARGIN", "CANCEL_SENT", "NO_CHANGE",
)  # fmt: skip
(
    C_SENT, C_NO_CHANGE, C_ZERO_SIZE, C_UNPRICED, C_SHORT_DELIVERY, C_ORDER_VALUE, C_POSITION_WEIGHT, C_ORDER_COUNT,
    C_OPEN_ORDERS, C_GROSS_EXPOSURE, C_CLIPPED_CASH, C_MIN_ORDER_VALUE, C_WRONG_PRODUCT, C_INTRADAY_CUT_OFF,
    C_NOT_IN_UNIVERSE, C_NOT_SHORTABLE, C_MARGIN, C_CANCEL_SENT, C_NO_ORDER,
) = range(19)  # fmt: skip
