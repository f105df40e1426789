"""A whole stream: stages in order, contracts, and independence of how rows are cut into chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from fakes.bars import COLUMNS, A, B, C, Row, chunk_of, cut, flat, one_by_one
from fakes.stages import Answers, Becomes, ByRow, CloseBefore
from fakes.streams import flow_of, stream_of
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import MISSING_PRICE, Chunk
from friday_core.domain.market import CorporateAction
from friday_core.domain.verdicts import RowCode, Verdict
from friday_core.errors import DataValidationError, InvariantError, PluginContractError, SchemaError
from friday_core.flow.plans import DerivedPlan, StreamPlan


class Flow:
    """A stream, and everything that came out of it."""

    def __init__(self, **plan: Any) -> None:
        self.stream = stream_of(StreamPlan(**{"columns": COLUMNS, **plan}))
        self.rows: list[dict[str, Any]] = []
        self.stopped = ""

    def push(self, *chunks: Chunk) -> None:
        """The chunks until one stops the stream; then, or at last, the end."""
        try:
            for chunk in chunks:
                for out in self.stream.process(chunk):
                    self._keep(out)
        except DataValidationError as error:
            self.stopped = str(error)
        for out in self.stream.end():
            self._keep(out)

    def _keep(self, chunk: Chunk) -> None:
        for n in range(len(chunk)):
            own = {"seq": int(chunk.seq[n]), "ts": int(chunk.ts_event[n]), "inst": int(chunk.inst[n])}
            self.rows.append(own | {name: repr(column[n].item()) for name, column in chunk.columns.items()})

    @property
    def passed(self) -> list[int]:
        return [row["seq"] for row in self.rows]

    @property
    def held(self) -> list[tuple[int, str, str]]:
        return [(row.seq, row.stage, row.verdict) for row in self.stream.quarantine.rows]

    @property
    def outcome(self) -> tuple[Any, ...]:
        quarantine = self.stream.quarantine
        return self.rows, list(map(repr, quarantine.rows)), quarantine.counts, self.stream.rows_in, self.stopped


def bars(n: int = 6) -> Chunk:
    return chunk_of([flat(day, A, 100 + day) for day in range(n)])


def test_rows_come_out_stamped_and_transformed_in_slices() -> None:
    flow = Flow(transformers=[("before", CloseBefore())])
    flow.stream.announce(CorporateAction(A, 1, factor=2.0))
    flow.push(bars(2))
    assert [(row["session"], row["factor"], row["before"]) for row in flow.rows] == [
        ("0.0", "1.0", "nan"),
        ("1.0", "2.0", "100.0"),
    ]


def test_a_later_stage_sees_no_row_that_an_earlier_one_held_back() -> None:
    second, after = ByRow({}), ByRow({2: Verdict.QUARANTINE})
    flow = Flow(
        validators=[("first", ByRow({1: Verdict.QUARANTINE, 3: Verdict.DUPLICATE})), ("second", second)],
        transformers=[("before", CloseBefore())],
        validators_after=[("after", after)],
    )
    flow.push(bars())
    assert (second.seen, after.seen) == ([0, 2, 4, 5], [0, 2, 4, 5])
    assert flow.passed == [0, 4, 5]
    # The row that was held back after the transformer had advanced it, the others had not.
    assert [row["before"] for row in flow.rows] == ["nan", "102.0", "104.0"]


def test_the_worst_verdict_of_the_chain_wins_and_every_judgement_is_kept() -> None:
    second = ByRow({1: Verdict.QUARANTINE, 2: Verdict.REPAIR})
    flow = Flow(validators=[("first", ByRow({1: Verdict.REPAIR, 2: Verdict.REPAIR})), ("second", second)])
    flow.push(bars(4))
    assert flow.passed == [0, 2, 3]
    assert second.volumes == [1e6, 2e6, 2e6, 1e6], "a later validator judges what an earlier one repaired"
    assert flow.held == [
        (1, "first", "REPAIR"),
        (1, "second", "QUARANTINE"),
        (2, "first", "REPAIR"),
        (2, "second", "REPAIR"),
    ]
    assert [row.values["volume"] for row in flow.stream.quarantine.rows] == [1e6, 2e6, 1e6, 2e6]


def test_rows_that_the_source_could_not_convert_reach_no_stage() -> None:
    judge = ByRow({})
    codes = [RowCode.NONE, RowCode.OFF_GRID, RowCode.MISSING_PRICE, 9]
    rows = [flat(day, A, 100)._replace(code=int(code)) for day, code in enumerate(codes)]
    rows[2] = rows[2]._replace(close=MISSING_PRICE)
    flow = Flow(validators=[("judge", judge)])
    flow.push(chunk_of(rows))
    assert judge.seen == [0]
    assert [(row.seq, row.stage, row.reason) for row in flow.stream.quarantine.rows] == [
        (1, "source", "a price finer than the instrument's price unit"),
        (2, "source", "a price is missing or not finite"),
        (3, "source", "marked by the source with code 9"),
    ]


def test_a_chunk_of_which_nothing_is_left_is_shown_to_nobody_else() -> None:
    second = Answers(lambda chunk: pytest.fail("an empty chunk was judged"))
    flow = Flow(validators=[("all", ByRow({0: Verdict.QUARANTINE})), ("second", second)])
    flow.push(bars(1))
    assert flow.passed == []


@pytest.mark.parametrize("pieces", [[bars()], one_by_one(bars()), cut(bars(), [2])])
def test_what_came_before_a_rejected_row_goes_on_and_what_came_after_never_arrived(pieces: list[Chunk]) -> None:
    first = ByRow({1: Verdict.QUARANTINE, 4: Verdict.QUARANTINE, 5: Verdict.REJECT_CHUNK})
    flow = Flow(validators=[("first", first), ("second", ByRow({3: Verdict.REJECT_CHUNK}))])
    flow.push(*pieces)
    assert flow.passed == [0, 2]
    assert flow.held == [(1, "first", "QUARANTINE"), (3, "second", "REJECT_CHUNK")]
    assert flow.stopped == "stream 'market_data' stopped by validator 'second': reject_chunk (rows 3)"
    assert flow.stream.rows_in == 4


def test_the_open_slice_is_released_before_a_stop() -> None:
    chunk = chunk_of([flat(0, A, 100), flat(0, B, 100), flat(0, C, 100)])
    flow = Flow(validators=[("judge", ByRow({2: Verdict.REJECT_CHUNK}))])
    released = flow.stream.process(chunk)
    assert next(released).seq.tolist() == [0, 1]
    with pytest.raises(DataValidationError, match="stopped by validator 'judge'"):
        next(released)


SAME_ROWS = "transformer 'odd' must return the same rows in the same order"


@pytest.mark.parametrize(
    ("become", "message"),
    [
        (lambda chunk: None, SAME_ROWS),
        (lambda chunk: chunk.columns, SAME_ROWS),
        (lambda chunk: chunk.take(slice(1, None)), SAME_ROWS),
        (lambda chunk: chunk.take(slice(None, None, -1)), SAME_ROWS),
        (lambda chunk: Chunk.concat([chunk, chunk]), SAME_ROWS),
        (lambda chunk: chunk.with_positions(chunk.inst + 1), SAME_ROWS),
        (lambda chunk: Chunk(chunk.ts_event - 1, chunk.inst, chunk.columns, seq=chunk.seq), SAME_ROWS),
        (lambda chunk: chunk, "must keep every column and add its outputs, no others; it differs in x"),
        (
            lambda chunk: chunk.with_columns({"x": np.zeros(len(chunk)), "y": np.zeros(len(chunk))}),
            "must keep every column and add its outputs, no others; it differs in y",
        ),
        (
            lambda chunk: Chunk(chunk.ts_event, chunk.inst, {"x": np.zeros(len(chunk))}, seq=chunk.seq),
            "it differs in close, factor, high, low, open, session, split, volume",
        ),
        (
            lambda chunk: 1 / 0,
            "'odd' in stream 'market_data' raised on rows 0 to 5: ZeroDivisionError: division by zero "
            r"\(stages.py, line \d+, in transform\(\)\)",
        ),
    ],
)
def test_a_transformer_that_breaks_its_contract_is_named(become: Any, message: str) -> None:
    flow = Flow(transformers=[("odd", Becomes(become, ["x"]))])
    with pytest.raises(PluginContractError, match=message):
        flow.push(bars())


def test_a_transformer_may_replace_a_column_that_is_there() -> None:
    flow = Flow(transformers=[("scale", Becomes(lambda chunk: chunk.with_columns({"volume": chunk["volume"] / 2})))])
    flow.push(bars(1))
    assert flow.rows[0]["volume"] == "500000.0"


def test_a_validator_that_fails_is_named_with_the_row_and_the_others_go_on() -> None:
    after = ByRow({1: Verdict.QUARANTINE, 4: Verdict.QUARANTINE})
    flow = Flow(validators=[("judge", Answers(lambda chunk: {"x": 1}["y"])), ("second", after)])
    flow.push(bars())
    (fault,) = flow.stream.faults
    assert (fault.stream, fault.validator, fault.seq) == ("market_data", "judge", 0)
    assert fault.error.startswith("KeyError: 'y' (stages.py, line ")
    assert fault.traceback.startswith("Traceback")
    assert flow.passed == [0, 2, 3, 5]


@pytest.mark.parametrize("columns", [(*COLUMNS, "delivery"), COLUMNS[:-1]])
def test_a_source_that_delivers_other_columns_than_it_declares_is_refused(columns: tuple[str, ...]) -> None:
    with pytest.raises(SchemaError, match=r"stream 'market_data': the source declares the columns .*, and delivers "):
        Flow(columns=columns).push(bars())


@pytest.mark.parametrize(
    ("plan", "missing"),
    [
        ({}, []),
        ({"columns": ("open", "close")}, [("bars", "high"), ("bars", "low"), ("bars", "volume")]),
        ({"validators": [("judge", ByRow({}, ["close", "session", "factor"]))]}, []),
        (
            {"validators": [("judge", ByRow({}, ["before"]))], "transformers": [("t", CloseBefore())]},
            [("judge", "before")],
        ),
        ({"validators_after": [("judge", ByRow({}, ["before"]))], "transformers": [("t", CloseBefore())]}, []),
        ({"transformers": [("t", Becomes(lambda chunk: chunk, inputs=["x", "y"]))]}, [("t", "x"), ("t", "y")]),
        (
            {"columns": COLUMNS[:-1], "transformers": [("t", Becomes(lambda chunk: chunk, ["volume"]))]},
            [],
        ),
    ],
)
def test_missing_columns_are_known_before_the_first_row(plan: dict[str, Any], missing: list[tuple[str, str]]) -> None:
    assert list(StreamPlan(**{"columns": COLUMNS, **plan}).missing_columns()) == missing


def test_rows_carry_the_sources_columns_the_stamps_and_the_outputs() -> None:
    plan = StreamPlan(COLUMNS, transformers=[("t", CloseBefore())])
    assert plan.output_columns() == (*COLUMNS, "session", "factor", "split", "before")


def test_a_record_of_an_unknown_stream_is_a_defect_of_friday() -> None:
    with pytest.raises(InvariantError, match="a record names stream 'quotes', this session has market_data"):
        next(flow_of().end("quotes"))


def test_the_manager_counts_rows_and_shows_every_quarantine() -> None:
    manager = flow_of(derived={"features": DerivedPlan("market_data")})
    assert [len(out.rows) for out in manager.process_data_stream("market_data", bars(3))] == [2]
    assert [len(out.rows) for out in manager.end("market_data")] == [1]
    assert (manager.rows_in, list(manager.quarantines)) == (3, ["market_data", "features"])


verdicts = st.dictionaries(
    st.integers(0, 24),
    st.sampled_from([Verdict.REPAIR, Verdict.DUPLICATE, Verdict.QUARANTINE, Verdict.REJECT_CHUNK]),
    max_size=6,
)
arriving = st.lists(
    st.builds(
        lambda day, minute, inst, price, code: flat(day, inst, price, minute=minute)._replace(code=code),
        st.integers(0, 4), st.integers(0, 1), st.sampled_from([A, B, C]), st.integers(90, 110),
        st.sampled_from([0] * 9 + [1]),
    ),
    max_size=25,
)  # fmt: skip
actions = st.lists(
    st.builds(CorporateAction, st.sampled_from([A, B, C]), st.integers(0, 4), factor=st.sampled_from([0.5, 2.0])),
    max_size=3,
)


def flowed(
    rows: Sequence[Row], cuts: set[int], judged: Sequence[dict[int, Verdict]], announced: Sequence[CorporateAction]
) -> Flow:
    flow = Flow(
        validators=[("first", ByRow(judged[0])), ("second", ByRow(judged[1]))],
        transformers=[("before", CloseBefore())],
        validators_after=[("after", ByRow(judged[2]))],
    )
    for action in announced:
        flow.stream.announce(action)
    flow.push(*cut(chunk_of(rows), cuts))
    return flow


@given(arriving, st.sets(st.integers(1, 24)), st.tuples(verdicts, verdicts, verdicts), actions, st.booleans())
def test_any_cut_of_the_rows_gives_the_same_slices_quarantine_and_counts(
    rows: list[Row],
    cuts: set[int],
    judged: tuple[dict[int, Verdict], ...],
    announced: list[CorporateAction],
    in_order: bool,
) -> None:
    if in_order:
        rows.sort(key=lambda row: (row.ts_event, row.instrument))
    whole = flowed(rows, set(), judged, announced)
    assert flowed(rows, cuts, judged, announced).outcome == whole.outcome
    assert flowed(rows, set(range(25)), judged, announced).outcome == whole.outcome


def test_a_stamp_in_the_far_future_that_a_validator_holds_makes_no_other_row_late() -> None:
    rows = [flat(1, A, 100), flat(40_000, A, 100), flat(2, A, 100), flat(3, A, 100)]
    flow = Flow(validators=[("clock", ByRow({1: Verdict.QUARANTINE}))], lateness=1_000_000)
    flow.push(chunk_of(rows))
    assert (flow.passed, flow.held) == ([0, 2, 3], [(1, "clock", "QUARANTINE")])


@given(st.permutations(range(12)), st.sets(st.integers(1, 11)), st.sets(st.integers(0, 11), max_size=3), st.booleans())
def test_rows_out_of_order_within_the_lateness_give_the_slices_of_rows_in_order(
    order: list[int], cuts: set[int], held: set[int], twice: bool
) -> None:
    in_order = [flat(number // 2, (A, B)[number % 2], 100 + number, minute=number % 3) for number in range(12)]
    lateness = 20 * 86_400_000_000
    judges = dict.fromkeys(held, Verdict.QUARANTINE)

    def outcome(rows: Sequence[Row], cuts: set[int], numbers: Sequence[int]) -> list[dict[str, str]]:
        judge = ByRow({place: judges[number] for place, number in enumerate(numbers) if number in judges})
        flow = Flow(validators=[("judge", judge)], transformers=[("before", CloseBefore())], lateness=lateness)
        flow.push(*cut(chunk_of(rows), cuts))
        return [{name: value for name, value in row.items() if name != "seq"} for row in flow.rows]

    expected = outcome(in_order, set(), range(12))
    assert outcome([in_order[number] for number in order], cuts, order) == expected
    assert outcome([in_order[number] for number in order], set(range(12)) if twice else set(), order) == expected
