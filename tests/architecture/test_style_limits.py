"""The limits of size and of types that keep a module readable in one sitting."""

from __future__ import annotations

from statistics import median, quantiles

from architecture.source_tree import Function, modules

#: Qualified names that may be longer, with the reason beside each; empty is the aim.
LONG_MODULES: frozenset[str] = frozenset()
LONG_FUNCTIONS: frozenset[str] = frozenset()


def _length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_no_module_is_longer_than_400_lines() -> None:
    long = {m.name: m.lines for m in modules() if m.lines > 400 and m.name not in LONG_MODULES}
    assert long == {}


def test_half_of_the_modules_have_at_most_120_lines() -> None:
    # Packages' own files are left out: they are one line each and would hide the rest.
    assert median(m.lines for m in modules() if m.path.name != "__init__.py") <= 120


def test_no_function_is_longer_than_60_lines() -> None:
    long = {
        f"{module.name}.{name}": _length(function)
        for module in modules()
        for name, function in module.functions()
        if _length(function) > 60 and f"{module.name}.{name}" not in LONG_FUNCTIONS
    }
    assert long == {}


def test_nine_of_ten_functions_have_at_most_30_lines() -> None:
    lengths = [_length(function) for module in modules() for _, function in module.functions()]
    assert quantiles(lengths, n=10)[-1] <= 30


def test_every_function_says_what_it_returns() -> None:
    silent = [f"{m.name}.{name}" for m in modules() for name, function in m.functions() if function.returns is None]
    assert silent == []


def test_names_of_exceptions_are_still_in_use() -> None:
    known = {m.name for m in modules()} | {f"{m.name}.{name}" for m in modules() for name, _ in m.functions()}
    assert (LONG_MODULES | LONG_FUNCTIONS) - known == frozenset()
