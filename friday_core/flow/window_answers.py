"""What authors of windows answer, judged: numbers under names, or an error that says how to write them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real

from friday_core.errors import PluginContractError

_DECISIONS = ("signal", "target")


def decided_values(who: str, answer: object) -> dict[str, float]:
    """A strategy's answer by name, a bare number being a ``signal``; empty for none.

    ``PluginContractError`` for what is no number, and for a mapping that decides nothing.
    """
    if answer is None:
        return {}
    if not isinstance(answer, Mapping):
        return {"signal": _number(who, "signal", answer)}
    if not any(name in answer for name in _DECISIONS):
        rule = 'return {"signal": ...} or {"target": ...}, a number for a signal, or None for no decision'
        raise PluginContractError(f"{who} decides nothing: it answered {_names(answer)}; {rule}")
    return {name: _number(who, name, value) for name, value in answer.items()}


def output_values(who: str, answer: object, outputs: Sequence[str]) -> list[float]:
    """A transformer's answer in the order of its outputs, NaN for ``None``.

    ``PluginContractError`` for anything but a number for each output and for nothing else.
    """
    shown = ", ".join(f'"{name}": ...' for name in outputs)
    if not isinstance(answer, Mapping):
        raise PluginContractError(f"{who} answered {answer!r:.80}; return {{{shown}}}")
    if answer.keys() != set(outputs):
        rule = f"return {{{shown}}}, with None where there is no value, or declare other outputs"
        raise PluginContractError(f"{who} answered {_names(answer)}; {rule}")
    return [_number(who, name, answer[name]) for name in outputs]


def _number(who: str, name: str, value: object) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, Real):
        rule = "write a plain number, such as float(bars.close.iloc[-1]) or 1.0 if ... else 0.0, or None for none"
        raise PluginContractError(f"{who}: its {name} is {value!r:.80}, which is no number; {rule}")
    return float(value)


def _names(answer: Mapping[object, object]) -> str:
    return ", ".join(map(str, answer)) or "nothing"
