"""Instructions as one function of many rows, put together of their operators' steps: by LLVM alone, in milliseconds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import llvmlite.binding as llvm

from friday_core.causal.compiled.code import Code
from friday_core.causal.compiled.fingerprint import kernel_key, machine
from friday_core.causal.compiled.loading import SYMBOL, target_machine
from friday_core.causal.compiled.words import (
    AT,
    BASES,
    CODE,
    INSTRUCTION_WORDS,
    INSTS,
    MOST_INPUTS,
    PARAMS,
    SCALES,
    STATE,
    STATE_SIZE,
    STRIDES,
)
from friday_core.causal.op import Op

#: Instructions of one function at most: so many take a quarter of a second to put together.
MOST_STEPS = 250
#: In which order the context's words are read, by the names that they have in the code.
_WORDS = {
    "code": CODE, "bases": BASES, "strides": STRIDES, "state": STATE, "size": STATE_SIZE, "scales": SCALES,
    "insts": INSTS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: the key of its operator's step, and what it reads; ``shown`` is the register of its column.

    What it reads is the value of an earlier step, by number, or behind these a register, which is a column or,
    of ``constants``, one number.
    """

    key: str
    reads: tuple[int, ...]
    priced: bool
    shown: int | None


@dataclass(frozen=True, slots=True)
class Shape:
    """Code as far as the function depends on it; ``watched`` is the step that is looked at after each row."""

    steps: tuple[Step, ...]
    constants: frozenset[int]
    watched: int

    def key(self) -> str:
        """Equal only for functions that are the same, on the same machine."""
        constants = sorted(self.constants)
        parts = [*machine(), Path(__file__).read_text("utf-8"), repr((self.steps, constants, self.watched))]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def step_key(op: Op) -> str:
    """Of an operator's step, which is kept beside its kernels."""
    return kernel_key(op, 0)


def shape_of(code: Code, watched: int) -> Shape | None:
    """``None`` where instructions are no steps, or too many, or ``watched`` is none of them."""
    listed = code.listed
    place = {n: number for number, (n, _one) in enumerate(listed)}
    if watched not in place or len(listed) > MOST_STEPS or any(not is_step(one.node.op) for _n, one in listed):
        return None
    steps = tuple(
        Step(
            step_key(one.node.op),
            tuple(place[given] if given in place else len(listed) + code.register[given] for given in one.inputs),
            one.priced,
            code.register[n] if n in code.shown else None,
        )
        for n, one in listed
    )
    return Shape(steps, frozenset(len(listed) + code.register[n] for n in code.constants), place[watched])


def is_step(op: Op) -> bool:
    """Whether an operator that has a kernel can be a part of such a function."""
    return (op.kernel or op.step) is not None and op.name != "asof" and 1 <= op.arity <= MOST_INPUTS


def fused_object(shape: Shape, steps: Sequence[bytes]) -> bytes:
    """Object code of ``run(latest, first, stop, context)``; ``steps`` is LLVM's code of each step.

    ``SYMBOL`` runs rows until the value of the watched step is none of NaN and, where ``latest`` is an address
    and not 0, the number that stands there for the row's instrument. It answers with that row, or ``stop``.
    """
    module = llvm.parse_assembly("\n".join(_assembly(shape)))
    code = {one.key: given for one, given in zip(shape.steps, steps, strict=True)}
    for number, given in enumerate(code.values()):
        part = llvm.parse_bitcode(given)
        part.get_function(SYMBOL).name = f"step{number}"
        module.link_in(part)
        step = module.get_function(f"step{number}")
        step.linkage = "internal"
        step.add_function_attribute("alwaysinline")
    native = target_machine(without="avx512")  # its comparisons of single numbers take twice as long
    passes = llvm.create_pass_builder(native, llvm.create_pipeline_tuning_options(speed_level=2))
    passes.getModulePassManager().run(module, passes)
    return bytes(native.emit_object(module))


# In LLVM's language -----------------------------------------------------------------------------------------------


def _assembly(shape: Shape) -> Iterator[str]:
    count, names = len(shape.steps), {key: n for n, key in enumerate(dict.fromkeys(one.key for one in shape.steps))}
    shown = {one.shown for one in shape.steps if one.shown is not None}
    registers = sorted({read - count for one in shape.steps for read in one.reads if read >= count} | shown)
    for number in names.values():
        yield f"declare i32 @step{number}(ptr, ptr, i64, double, double, double, i64, double)"
    yield f"define i32 @{SYMBOL}(ptr %result, ptr %none, i64 %latest, i64 %first, i64 %stop, i64 %context) {{"
    yield "entry:"
    yield "  %exception = alloca ptr"
    for name, word in _WORDS.items():
        yield from _load(name, "i64", "context", 8 * word)
    for register in registers:
        yield from _load(f"base{register}", "i64", "bases", 8 * register)
        yield from _load(f"stride{register}", "i64", "strides", 8 * register)
        if count + register in shape.constants:
            yield from _load(f"constant{register}", "double", f"base{register}", 0)
    for n in range(count):
        yield f"  %room{n} = alloca double"
        yield from _load(f"at{n}", "i64", "code", 8 * (n * INSTRUCTION_WORDS + AT))
        yield from _load(f"params{n}", "i64", "code", 8 * (n * INSTRUCTION_WORDS + PARAMS))
    yield "  %begins = icmp slt i64 %first, %stop"
    yield "  br i1 %begins, label %loop, label %over"
    yield from _loop(shape, registers, names)


def _loop(shape: Shape, registers: Sequence[int], names: dict[str, int]) -> Iterator[str]:
    count = len(shape.steps)
    yield from ("loop:", "  %row = phi i64 [ %first, %entry ], [ %next, %goes_on ]", "  %by_row = shl i64 %row, 3")
    yield from ("  %inst_at = add i64 %insts, %by_row", *_load("inst", "i64", "inst_at", 0))
    yield from ("  %by_inst = shl i64 %inst, 3", "  %words_before = mul i64 %by_inst, %size")
    yield "  %own = add i64 %state, %words_before"
    if any(one.priced for one in shape.steps):
        yield from ("  %scale_at = add i64 %scales, %by_inst", *_load("scale", "double", "scale_at", 0))
    for register in registers:
        yield f"  %far{register} = mul i64 %stride{register}, %row"
        yield f"  %here{register} = add i64 %base{register}, %far{register}"
        if count + register not in shape.constants:
            yield from _load(f"column{register}", "double", f"here{register}", 0)
    for n, one in enumerate(shape.steps):
        given = [_value(read, count, shape.constants) for read in one.reads]
        inputs = ", ".join(f"double {value}" for value in [*given, "0.0", "0.0"][:MOST_INPUTS])
        yield from (f"  %bytes{n} = shl i64 %at{n}, 3", f"  %state{n} = add i64 %own, %bytes{n}")
        scale = "%scale" if one.priced else "1.0"
        step = f"@step{names[one.key]}(ptr %room{n}, ptr %exception, i64 %state{n}, {inputs}, i64 %params{n}"
        yield from (f"  call i32 {step}, double {scale})", f"  %value{n} = load double, ptr %room{n}")
        if one.shown is not None:
            yield f"  %to{n} = inttoptr i64 %here{one.shown} to ptr"
            yield f"  store double %value{n}, ptr %to{n}"
    yield from _end(f"%value{shape.watched}")


def _value(read: int, count: int, constants: frozenset[int]) -> str:
    if read < count:
        return f"%value{read}"
    return f"%{'constant' if read in constants else 'column'}{read - count}"


def _end(watched: str) -> Iterator[str]:
    yield f"  %is_value = fcmp ord double {watched}, {watched}"
    yield "  br i1 %is_value, label %compares, label %goes_on"
    yield from ("compares:", "  %is_all = icmp eq i64 %latest, 0", "  br i1 %is_all, label %over, label %known")
    yield from ("known:", "  %known_at = add i64 %latest, %by_inst", *_load("before", "double", "known_at", 0))
    yield f"  %is_other = fcmp une double {watched}, %before"
    yield "  br i1 %is_other, label %over, label %goes_on"
    yield from ("goes_on:", "  %next = add i64 %row, 1", "  %more = icmp slt i64 %next, %stop")
    yield "  br i1 %more, label %loop, label %over"
    yield "over:"
    yield "  %reached = phi i64 [ %first, %entry ], [ %row, %compares ], [ %row, %known ], [ %next, %goes_on ]"
    yield from ("  store i64 %reached, ptr %result", "  ret i32 0", "}")


def _load(name: str, kind: str, address: str, offset: int) -> Iterator[str]:
    """What stands some bytes behind an address."""
    yield f"  %{name}.word = add i64 %{address}, {offset}"
    yield f"  %{name}.at = inttoptr i64 %{name}.word to ptr"
    yield f"  %{name} = load {kind}, ptr %{name}.at"
