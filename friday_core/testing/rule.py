"""A rule, and the check of it on one component: what a failure says."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from friday_core.plugin.time_limit import OverdueError, within
from friday_core.testing.outcomes import Broken, DoesNotApply, in_words
from friday_core.testing.subject import Subject


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
    """A rule on one component; prints as the sentence that a report shows."""

    subject: Subject
    rule: Rule

    def __str__(self) -> str:
        return f"{self.subject}: {self.rule.sentence}"

    def __call__(self) -> None:
        """``Broken`` with the rule, what was seen, why and the mend; ``DoesNotApply`` with the reason."""
        seconds = self.subject.limits.check
        try:
            within(seconds, self._tried, str(self))
        except DoesNotApply:
            raise
        except Broken as breach:
            seen = str(breach)
        except OverdueError:
            seen = f"it did not come back within {seconds:g} s"
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            seen = f"it raised {in_words(error)}{self._line_of(error)}"
        else:
            return
        raise Broken(self._report(seen)) from None

    def _tried(self) -> None:
        with warnings.catch_warnings():
            # What numpy says of NaN is no error in a run either.
            warnings.simplefilter("ignore", RuntimeWarning)
            self.rule.test(self.subject)

    def _report(self, seen: str) -> str:
        rule = self.rule
        lines = [f"{self.subject} breaks the rule: {rule.sentence}"]
        lines += [f"  {word:<5} {text}" for word, text in (("seen:", seen), ("why:", rule.why), ("mend:", rule.mend))]
        return "\n".join(lines)

    def _line_of(self, error: Exception) -> str:
        """The last line of the author's own code on the way to an error."""
        lines = [
            f" ({Path(frame.f_code.co_filename).name}, line {line}, in {frame.f_code.co_name}())"
            for frame, line in traceback.walk_tb(error.__traceback__)
            if str(frame.f_globals.get("__name__", "")).partition(".")[0] in self.subject.packages
        ]
        return lines[-1] if lines else ""
