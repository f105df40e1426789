"""How a component is registered and made, for every role: a section of ``docs/interfaces.md``."""

from __future__ import annotations

import inspect
from pathlib import Path

from friday_core.orchestration.assembly import HOST_CAPABILITIES
from friday_core.plugin.sections import RunSettings
from friday_core.plugin.spec import ComponentSpec, Kind
from friday_core.testing import stand_ins
from friday_core.testing.markets import Markets
from friday_core.testing.outcomes import Broken
from friday_core.testing.subject import Limits

#: What the host hands in for each capability of its own.
FROM_THE_HOST = {
    "universe": "the run's [`Universe`](values.md#universe): `universe[i]` is the `Instrument` at position `i` of "
    "`chunk.inst`, `universe.position(id)` the way back",
    "run_folder": "a `Path`, the folder of the run; it is there from `initialize` on, not yet in the factory",
}

#: A component with everything that a registration can say.
EXAMPLE = """\
import csv
from pathlib import Path

import numpy as np
from friday_core.api import ComponentSpec, DataError, Judgement, PluginSettings, Validator, Verdict, hookimpl
from pydantic import Field


class Settings(PluginSettings):
    path: Path = Field(description="The instruments that count: a CSV file with a column symbol.")
    column: str = Field("volume", description="Column that must be known.")


class OnTheList(Validator):
    def __init__(self, settings, universe):
        self.inputs = (settings.column,)
        self.column = settings.column
        self.listed = np.array([one.id.symbol in symbols(settings.path) for one in universe])

    def validate(self, chunk):
        judgement = Judgement.passing(chunk)
        judgement = judgement.marked(~self.listed[chunk.inst], Verdict.QUARANTINE, "it is not on the list")
        return judgement.marked(np.isnan(chunk[self.column]), Verdict.QUARANTINE, f"{self.column} is not known")


def symbols(path):
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return {line["symbol"] for line in csv.DictReader(file)}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise DataError(f"{path}: {error!r}") from error


@hookimpl
def friday_components():
    return [ComponentSpec("validator", "on_the_list", OnTheList, Settings, requires={"universe": "universe"})]
"""

TEXT = """\
### Registration

The module that an entry point names has a function `friday_components`, which tells what it offers: a
[`ComponentSpec`](values.md#componentspec) for each component. Nothing is made yet.

```python
{example}```

| argument | what it is |
|---|---|
{arguments}

**The factory** is called as `factory(settings=..., <requirements>=...)`, without `settings` if the spec names no class
for them, once for each component of a configuration, whenever a run starts and for `friday config check`. It has no
effect outside the process: what it may do is read. **Read files here**, not in `start` and not while rows pass: then
`friday config check` tells of a bad one, and the kit tries the rules on what the file says. It may take
`[run] step_timeout` ({step_timeout:g} seconds unless set), in the kit `build` ({build:g} seconds). `inputs` and other
attributes that depend on settings are set on `self` here.

**`requires`** maps an argument of the factory to a capability. Left of the colon stands your own name, right of it what
shall be handed in: `requires={{"tariff": "charges"}}` calls `factory(settings, tariff=<the charges of the run>)`. Where
several components could serve, the configuration chooses: `use = {{ tariff = "indian_charges" }}` in the section of
the one that requires. A component that is required is made first, and started first.

| capability | what is handed in | from the kit |
|---|---|---|
{capabilities}
| `"<kind>:<ability>"` | a component of the kind whose spec has the ability in `provides` | that of the kind |

**`provides`** are abilities besides the kind: charges with `provides=frozenset({{"intraday"}})` serve
`requires={{"tariff": "charges:intraday"}}`. Of a broker they are its order types.

**Paths** are settings of type `Path`. {paths}

**Errors** name the file, and line and column where there are some, in one sentence: `DataSourceError` of a source,
`DataError` of any other component. They are shown as they are; any other exception is shown with its class, as a
mistake of the plugin. What is wrong with a setting by itself is a `ValueError` of the settings' own validators.
While rows pass: a validator, a strategy, a sizer or a rule that raises is told as its section says; the rest ends
the run.

**Values from outside** are known no earlier than whoever published them could tell: a value of a day may be used on
the row that closes that day and later, not before, and live it may not have arrived then either. What is computed
from a whole file, such as a mean, knows the future. The kit tries it: a component that reads files is given one of
the same market with another future.
"""

#: What becomes of a path that does not begin at the root.
PATHS = "One that is relative is looked for from the folder in which `friday` is called."


def registration() -> str:
    """The section."""
    return TEXT.format(
        example=EXAMPLE,
        arguments="\n".join(map(_argument, inspect.signature(ComponentSpec).parameters)),
        capabilities="\n".join([*map(_of_the_host, HOST_CAPABILITIES), *map(_of_a_kind, Kind)]),
        step_timeout=RunSettings().step_timeout,
        build=Limits().build,
        paths=PATHS,
    )


_ARGUMENTS = {
    "kind": 'the role, as in the table above: `"strategy"`',
    "name": "what a configuration calls it; the entry point is `<kind>.<name>`",
    "factory": "the class, or a function that makes the component; heavy imports belong into it",
    "settings": "the class of its settings, derived from [`PluginSettings`](values.md#pluginsettings). Left out, "
    "there are none, and the factory is not handed any",
    "requires": "what the factory needs besides: argument to capability, see below",
    "provides": "abilities besides the kind, see below",
    "api": "the version of the plugin API that it needs; [left out](api_policy.md#what-an-author-declares) it is the "
    "running one",
    "version": "shown by `friday plugins`; left out it is that of the distribution",
}


def _argument(name: str) -> str:
    return f"| `{name}` | {_ARGUMENTS[name]} |"


def _of_the_host(capability: str) -> str:
    return f'| `"{capability}"` | {FROM_THE_HOST[capability]} | {_stand_in(capability)} |'


def _of_a_kind(kind: Kind) -> str:
    return f'| `"{kind}"` | the {kind.replace("_", " ")} of the configuration | {_stand_in(kind)} |'


def _stand_in(capability: str) -> str:
    """What the kit hands in; nothing of the market is looked at."""
    try:
        made = stand_ins.of(capability, Markets(40).daily, Path())
    except Broken:
        return "nothing: give one with `Provision(requirements=...)`"
    word = {"universe": "that of the market", "run_folder": "an empty folder"}.get(capability)
    return word or f"`{type(made).__name__}`"
