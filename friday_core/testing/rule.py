"""A rule, and the check of it on one component: what a failure says."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

from friday_core.errors import DataError
from friday_core.plugin.own_line import own_line
from friday_core.plugin.time_limit import OverdueError, within
from friday_core.testing.outcomes import Broken, DoesNotApply, in_words
from friday_core.testing.subject import Subject
from friday_core.testing.tracing import is_untraceable

_WHY_RAISED = "in a run an error stops the component, or the run; until it is mended the rule cannot be tried"


@dataclass(frozen=True, slots=True)
class Rule:
    """A promise in one sentence, why it matters, and what to do where it is broken.

    ``test`` is handed a component and raises ``Broken`` or ``DoesNotApply``; whatever else it raises
    is the component's, and a breach too.
    """

    sentence: str
    why: str
    mend: str
    test: Callable[[Subject], None]


@dataclass(frozen=True, slots=True)
class Check:
    """A rule on one component; prints as the sentence that a report shows.

    Where the plugin's own code raised, that is told with its line, and the mend is about it: then
    nobody knows whether the rule is kept. Columns that cannot be traced break one rule, and the
    others do not apply.
    """

    subject: Subject
    rule: Rule

    def __str__(self) -> str:
        return f"{self.subject}: {self.rule.sentence}"

    def __call__(self) -> None:
        """``Broken`` with the rule, what was seen, why and the mend; ``DoesNotApply`` with the reason."""
        seconds, why, mend = self.subject.limits.check, self.rule.why, self.rule.mend
        try:
            within(seconds, self._tried, str(self))
        except DoesNotApply:
            raise
        except Broken as breach:
            seen = str(breach)
        except OverdueError:
            seen = f"it did not come back within {seconds:g} s"
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            seen = f"it raised {in_words(error)}"
            if line := own_line(error, self.subject.packages):
                told = in_words(error)
                seen = f"the plugin raised {told}" if line in told else f"the plugin raised {told} ({line})"
                why, mend = _WHY_RAISED, _mend_of(error, line, self.subject)
        else:
            return
        if is_untraceable(self.subject):
            first = self.subject.once("told of", lambda: self.rule.sentence)
            if first != self.rule.sentence:
                raise DoesNotApply(f"its columns cannot be traced: see the rule {first!r}") from None
        raise Broken(self._report(seen, why, mend)) from None

    def _tried(self) -> None:
        with warnings.catch_warnings():
            # What numpy says of NaN is no error in a run either.
            warnings.simplefilter("ignore", RuntimeWarning)
            with self.subject.running():
                self.rule.test(self.subject)

    def _report(self, seen: str, why: str, mend: str) -> str:
        lines = [f"{self.subject} breaks the rule: {self.rule.sentence}"]
        lines += [f"  {word:<5} {text}" for word, text in (("seen:", seen), ("why:", why), ("mend:", mend))]
        return "\n".join(lines)


def _mend_of(error: Exception, line: str, subject: Subject) -> str:
    """About the error, not about the rule."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, OSError | DataError):
        found = found.__cause__
    if found is None:
        return f"correct {line}; it is handed rows as a run hands them over, with gaps and without rows"
    table = f'[tool.friday.conformance.settings."{subject}"]'
    return (
        f"give the kit a file that {line} can read: by {table}, or by pytest_friday_provision, which is asked for "
        "each market"
    )
