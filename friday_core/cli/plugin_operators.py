"""``friday plugins KEY``: the operators that a plugin brings, and those of its columns that run in plain Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from friday_core.causal.compiled.object_store import default_folder
from friday_core.interfaces.columns import Columns

if TYPE_CHECKING:
    from friday_core.causal.op import Op
    from friday_core.plugin.registry import Loaded
    from friday_core.plugin.spec import ComponentSpec


def operator_lines(loaded: Loaded, settings: Mapping[str, Any]) -> Iterator[str]:
    """Nothing where there is nothing to say; a component in columns is made and traced, with its ``settings``.

    Why an operator has no kernel is known once a run has tried to compile it: nothing is compiled here.
    """
    if loaded.operators:
        yield from ("", "operators of its module:")
        called = [f"{op.name}({', '.join(op.parameters)})" for op in loaded.operators]
        width = max(map(len, called))
        for name, op in zip(called, loaded.operators, strict=True):
            yield f"  {name.ljust(width)}  {op.meaning}".rstrip()
    operators = {op.identity: op for op in (*loaded.operators, *_traced(loaded.spec, settings))}
    reasons = _reasons(list(operators.values()))
    if reasons:
        yield ""
        yield from (f"{operators[one].name} runs in plain Python: {why}" for one, why in reasons.items())


def _traced(spec: ComponentSpec, settings: Mapping[str, Any]) -> list[Op]:
    """The operators of its columns; none of what is not written in columns, or cannot be traced by itself."""
    if not isinstance(spec.factory, type) or not issubclass(spec.factory, Columns):
        return []
    try:
        from friday_core.testing.parity import programs_of  # noqa: PLC0415 - loads what tests need

        programs = programs_of(spec, settings).values()
    except Exception:  # noqa: BLE001 - what is wrong with it is said where it is used
        return []
    return [one.node.op for program in programs for one in program.instructions]


def _reasons(operators: Sequence[Op]) -> dict[str, str]:
    if not operators:
        return {}
    try:
        from friday_core.causal.compiled.kernels import Kernels  # noqa: PLC0415 - llvmlite may be missing

        return Kernels(default_folder(), lambda _told: None).known_reasons(operators)
    except Exception:  # noqa: BLE001 - without a compiler everything runs in plain Python: `friday doctor` says so
        return {}
