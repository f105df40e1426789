"""Planted cheats: each breaks the rule that is about it, in a sentence that names what was seen."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from contracts import cheating_brokers as brokers
from contracts import cheating_deciders as deciders
from contracts import cheating_stages as stages

from friday_core.api import ComponentSpec, NoSettings
from friday_core.testing.markets import Market, Markets
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.rule import Check
from friday_core.testing.subject import Provision, Subject
from friday_core.testing.suites import rules_of

MARKETS = Markets()
FUTURE = "later rows change no earlier"
DECIDES_BY_FUTURE = "decisions do not change with bars that come later"
ACCEPTED = "an order that is accepted is told of"
EXACT = "each fill raises what is told"
DELIVERY = "updates that come twice"
STRANGERS = "an order of somebody else"
GOES_ON = "what follows a cursor"
CUT = "any cut into chunks gives the same"
ROWS = "rows that come without a chunk get the"
TOLD = "it looks at nothing but what it is handed"
BESIDE = "two of it do not disturb each other"
PATHS = {
    stages.InitializedWithTomorrow,
    stages.StartedWithTomorrow,
    stages.MissesItsFile,
    stages.ScaledByAFile,
    stages.TellsNoFile,
    deciders.ReadsTomorrow,
    deciders.KnowsTomorrow,
    deciders.StartsWithTomorrow,
}


def subject_of(kind: str, cheat: Any, seconds: Callable[[], float] = time.thread_time) -> Subject:
    """The cheat as a plugin registers it; a real broker with its client on the kit's wire."""
    settings = stages.PathSettings if cheat in PATHS else NoSettings

    def provide(_key: str, _market: Market, _folder: Path) -> Provision:
        return Provision(on_wire=cheat if kind == "broker" else None)

    return Subject(
        ComponentSpec(kind, cheat.__name__.lower(), cheat, settings), provide=provide, markets=MARKETS, seconds=seconds
    )


def breach(subject: Subject, sentence: str) -> str:
    """What is said of the one rule that begins so."""
    (rule,) = [one for one in rules_of(subject.spec) if one.sentence.startswith(sentence)]
    with pytest.raises(Broken, match="breaks the rule") as caught:
        Check(subject, rule)()
    return str(caught.value)


#: The kind, the cheat, how the rule's sentence begins, and what is seen.
CHEATS = [
    # What the issue names.
    ("strategy", deciders.ReadsTomorrow, TOLD, r"it opens '\S+daily.csv' \(\S+, line \d+, in tomorrows"),
    ("strategy", deciders.KnowsTomorrow, DECIDES_BY_FUTURE, r"where the future from row \d+ \(.* UTC\) on is"),
    ("strategy", deciders.StartsWithTomorrow, DECIDES_BY_FUTURE, r"where the future from row \d+ \(.* UTC\) on is"),
    ("transformer", stages.ScaledOnEverything, FUTURE, r"row 0 \(CALM.SIM, 2024-01-01 10:00 UTC\): scaled is"),
    ("transformer", stages.ScaledOnEverything, CUT, "where chunks have 7 rows"),
    ("transformer", stages.ScaledByAFile, FUTURE, r"where the future from row \d+ \(.* UTC\) on is"),
    ("broker", brokers.TriesAgain, "a placement is sent once", "nobody answered in time, is placed 2 times"),
    # Validators.
    ("validator", stages.FarFromTheChunk, CUT, r"QUARANTINE \(far from the others\)"),
    ("validator", stages.FarFromTheChunk, FUTURE, r"row 1 \(FINE.SIM, 2024-01-01 10:00 UTC\): .* on is"),
    ("validator", stages.CountsChunks, "rows that come one by one", r"PASS, and QUARANTINE \(too thin\) where rows"),
    ("validator", stages.SaysNothingOfTheLast, "every row gets", r"50 rows gets a verdict of shape \(49,\)"),
    ("validator", stages.HoldsBackSilently, "every row gets", "held to be QUARANTINE without a reason"),
    ("validator", stages.WritesIntoRows, "every row gets", "cannot set WRITEABLE flag|it writes into the rows"),
    ("validator", stages.InitializedWithTomorrow, FUTURE, r"QUARANTINE \(it will end on a five\), and PASS where the"),
    ("validator", stages.StartedWithTomorrow, FUTURE, r"QUARANTINE \(it will end on a five\), and PASS where the"),
    ("validator", stages.ForgetsRows, ROWS, r"QUARANTINE \(the same close again\), and PASS by judge\(\)"),
    ("validator", stages.RepairsARow, ROWS, r"judge\(\) answers with \(<Verdict.REPAIR"),
    ("validator", stages.PassesAllThatDiffer, ROWS, r"and PASS where passes\(\) is asked"),
    ("validator", stages.ChangesAndDeclines, ROWS, r"PASS, and QUARANTINE \(the same close again\) where passes\(\)"),
    ("validator", stages.DrawsLots, TOLD, "it draws at random, without a seed of its own"),
    # Transformers and features.
    ("transformer", stages.AddsFromNothing, ROWS, r"change is .* by added\(\)"),
    ("transformer", stages.AddsAnotherName, ROWS, r"added\(\) gives {'difference': .*, and not the values of change"),
    ("transformer", stages.SharesItsPast, BESIDE, "change is .* where a second one works beside it"),
    ("transformer", stages.ForgetsHalf, "one that is restored", r"after it was restored before row 61 \("),
    ("transformer", stages.TakesAnything, "one that is restored", "it takes b'' for a snapshot"),
    ("transformer", stages.PicklesItsPast, "one that is restored", r"its snapshot\(\) is a pickle: who"),
    ("transformer", stages.DropsRows, "the same rows come out", r"50 rows go in, and \d\d come out"),
    ("transformer", stages.AddsMore, "the same rows come out", "it adds triple, which are not among its outputs"),
    ("feature_set", stages.NeverKnown, "every feature has a value", "not_there has no value on any of"),
    ("feature_set", stages.KnowsTheBook, "its features are traced", "depend on the book"),
    ("feature_set", stages.SeesTomorrow, "its features are traced", r"\.py:\d+: shift\(-1\) would look ahead"),
    # Sources.
    ("source", stages.Boasts, "it delivers as many rows as it says", r"it says that \d+ rows will come, and \d+ do"),
    ("source", stages.ShufflesRows, "rows come in the order", r"row \d+ of chunk \d+, \(.*\), comes after \("),
    ("source", stages.BeginsTheTimeAnew, "rows come in the order", r"row 0 of chunk \d+, \(.*\), comes after \("),
    (
        "source",
        stages.SkipsTheTime,
        GOES_ON,
        r"after the first row, CALM.SIM of (.*) UTC, .* follows where FINE.SIM of \1 UTC would",
    ),
    ("source", stages.RepeatsTheRow, GOES_ON, r"after the first row, (CALM.SIM of .* UTC), \1 follows where"),
    ("source", stages.AsksForItsPlace, GOES_ON, "KeyError"),
    ("source", stages.OtherEveryTime, "two of the same settings deliver", "deliver other rows, in its columns"),
    ("source", stages.DeclaresLess, "its chunks carry the columns", "chunk 0 and its columns differ in volume"),
    ("source", stages.TellsNoFile, "it names the file", "'the file is not there', which does not name it"),
    # Strategies.
    ("strategy", deciders.ByTheClock, TOLD, r"it reads a clock: time.time \(\S+, line \d+, in on_event"),
    ("strategy", deciders.ByChance, "a second run decides the same", "in a second run"),
    ("strategy", deciders.ByChance, TOLD, "it draws at random"),
    ("strategy", deciders.SharesItsCount, BESIDE, "where a second one works beside it"),
    ("strategy", deciders.Undeclared, "it sends only what it declares", "not among its order_types, market"),
    ("strategy", deciders.StumblesOverGaps, "it comes through a session", "on gappy bars by ValueError: cannot"),
    # Models.
    ("model", deciders.Remembers, "it learns from the rows", "learns otherwise from the first 400 rows"),
    ("model", deciders.FitsByChance, "the same rows give the same bytes", "gives other bytes"),
    ("model", deciders.FillsGaps, "what is missing", "with feature_0 = nan it predicts .* declares to abstain"),
    ("model", deciders.CallsItProbability, "its blob is what it declares", "and its blob predicts a return"),
    # Sizers, risk rules, charges.
    ("sizer", deciders.BiggerEachTime, "the same question has the same answer", "asked twice about strength 1.0"),
    ("sizer", deciders.WrongUnit, "a target is of", "with 25 times the equity"),
    ("sizer", deciders.KeepsYouIn, "a signal to be flat", "where volatility is NaN"),
    ("risk_rule", deciders.RoundsUp, "it can only make smaller", "asked to buy 1 with 0 held it answers with 100"),
    ("risk_rule", deciders.NothingBelowAHundred, "an order that only reduces", "TOO_SMALL: not worth its charges"),
    ("risk_rule", deciders.MoreInCalm, "it can only make smaller", "given the weight 0.3 .* with 0.4.*, which is more"),
    ("risk_rule", deciders.SaysLess, "its terms say what it checks", "check answers Ruling.quantity=50.* say .*=40"),
    ("charges", deciders.CheapInBulk, "more shares at one price", "to buy 100 costs 2000, and 1000 only 0"),
    ("charges", deciders.InRupees, "charges are whole", r"to buy 1 for 5 minor units costs 0\.001"),
    # Brokers.
    ("broker", brokers.GivesUpOnSilence, "a placement is sent once", "raises order FKIT000001: no answer in time: it"),
    ("broker", brokers.DoubtsEverything, "a definite no", "FKIT000001 was refused, and it raises"),
    ("broker", brokers.LastFirst, "intents are sent once each", "it places FKIT000003, FKIT000002, FKIT000001"),
    ("broker", brokers.SaysNothing, ACCEPTED, "it is no RealBroker, and has no way to tell"),
    ("broker", brokers.NamesItByNumber, ACCEPTED, "FKIT000011 was accepted as N1, and it tells 'N1' N1 open with 0"),
    (
        "broker",
        brokers.AddsUp,
        EXACT,
        "7 of order FKIT000011 traded for 70055 paise, and it tells .* with 10 for 100070",
    ),
    ("broker", brokers.TrustsTheAverage, EXACT, "7 of order FKIT000011 traded for 70055 paise, .* with 7 for 70056"),
    ("broker", brokers.AddsUp, DELIVERY, "order FKIT000011: .* of 10 are told to have traded"),
    ("broker", brokers.AddsDifferences, DELIVERY, "FKIT000011: 17 of 10 are told .*, where updates come late"),
    ("broker", brokers.LosesTheWords, "a rejection after", "with 'RMS: margin .*', and its reason is 'REJECTED: the"),
    ("broker", brokers.ForgetsRejections, "a rejection after", "was rejected, and it tells 'FKIT000011' N1 open with"),
    ("broker", brokers.OnlyItsOwn, STRANGERS, r"hears of PlacedElsewhere\(.*\), it raises KeyError"),
    ("broker", brokers.DiesOfStrangers, STRANGERS, "filled with 10 for 100115 paise, and sent with 0 for 0 paise by"),
    ("broker", brokers.EveryState, "orders() has", r"orders\(\) has order FKIT000011 4 times, and not once"),
    (
        "broker",
        brokers.RemembersAnswered,
        "an order in doubt is",
        "FKIT000011 arrived, its answer was lost, and orders",
    ),
    ("broker", brokers.EmptyOnSilence, "orders() is never short", r"nobody answers, orders\(\) is a list of 0"),
    ("broker", brokers.LeavesItsTimeout, "orders() is never short", "TimeoutError.* which is no ConnectionError"),
    ("broker", deciders.Generous, "an order trades when", r"with the limit \d+ trades at \d+"),
    ("broker", deciders.Undead, "an order that ended", "though it is cancelled"),
    ("broker", deciders.Overpromises, "every order of a declared type", "stop, stop_limit orders never reach"),
    # The edges.
    ("notifier", deciders.SwallowsFailures, "a delivery that fails", "nobody answered, and it kept silent"),
    ("notifier", deciders.WaitsForEver, "it waits for nobody", r"it waits for \('192.0.2.1', 443\) without a limit"),
    ("notifier", deciders.ConnectsWhenMade, "it can be made", "its factory connects to 'alarms.example'"),
    ("notifier", deciders.CannotStartTwice, "it can be started", r"already stopped \(\S+, line \d+, in start"),
    ("observer", deciders.MisspeltHook, "its hooks are Friday's", "friday_session_open"),
]


@pytest.mark.parametrize(
    ("kind", "cheat", "sentence", "seen"),
    [pytest.param(*one, id=f"{one[0]} {one[1].__name__}: {one[2]}") for one in CHEATS],
)
def test_a_cheat_breaks_the_rule_that_is_about_it(kind: str, cheat: Any, sentence: str, seen: str) -> None:
    assert re.search(seen, breach(subject_of(kind, cheat), sentence))


def test_a_transformer_that_takes_ever_longer_breaks_the_rule_about_time() -> None:
    cheat = stages.RemembersEverything
    subject = subject_of("transformer", cheat, seconds=lambda: 2e-6 * cheat.comparisons)
    assert "microseconds for each of the first, and" in breach(subject, "it takes little time")


def test_a_breach_names_the_component_the_rule_what_was_seen_why_and_the_mend() -> None:
    lines = breach(subject_of("broker", brokers.TriesAgain), "a placement is sent once").splitlines()
    assert lines == [
        "broker.triesagain breaks the rule: a placement is sent once, and what nobody answered to is in doubt",
        "  seen: order FKIT000001, to which nobody answered in time, is placed 2 times",
        "  why:  a request that timed out may have arrived: sent again, it is a second position",
        "  mend: switch off the library's retries for POST, send once, and raise InDoubt for everything that is no "
        "definite no",
    ]


def test_a_plugin_that_raises_is_told_with_its_line_and_a_mend_about_that() -> None:
    lines = breach(subject_of("validator", stages.MissesItsFile), FUTURE).splitlines()
    assert [line[:8] for line in lines[1:]] == ["  seen: ", "  why:  ", "  mend: "]
    where = r"cheating_stages.py, line \d+, in learn\(\)"
    assert re.search(rf"the plugin raised .*FileNotFoundError: .*'closes.csv' \({where}\)$", lines[1])
    assert lines[2].endswith("until it is mended the rule cannot be tried")
    table = r'\[tool.friday.conformance.settings."validator.missesitsfile"\]'
    assert re.search(rf"give the kit a file that {where} can read: by {table}, or by", lines[3])


def kept(subject: Subject) -> Mapping[str, bool | None]:
    """By rule, whether it is kept; ``None`` where it does not apply."""
    found: dict[str, bool | None] = {}
    for rule in rules_of(subject.spec):
        try:
            Check(subject, rule)()
            found[rule.sentence] = True
        except DoesNotApply:
            found[rule.sentence] = None
        except Broken:
            found[rule.sentence] = False
    return found


def test_an_honest_real_broker_keeps_every_rule_on_the_wire() -> None:
    verdicts = kept(subject_of("broker", brokers.Wired))
    assert [sentence for sentence, verdict in verdicts.items() if verdict is False] == []
    assert verdicts["a placement is sent once, and what nobody answered to is in doubt"] is True


def test_a_real_broker_that_cannot_be_tried_does_not_pass_for_that() -> None:
    subject = Subject(ComponentSpec("broker", "wired", brokers.Wired), markets=MARKETS)
    assert "nothing tells the kit" in breach(subject, "it can be tried on a scripted wire")


def test_an_honest_source_keeps_every_rule() -> None:
    subject = Subject(ComponentSpec("source", "market", stages.market_source), markets=MARKETS)
    verdicts = kept(subject)
    assert [sentence for sentence, verdict in verdicts.items() if verdict is False] == []


def settings_of(model: Any) -> Subject:
    def factory(settings: Any) -> deciders.SwallowsFailures:
        return deciders.SwallowsFailures()

    return Subject(ComponentSpec("notifier", "told", factory, model), markets=MARKETS)


def test_settings_without_a_word_about_them_are_found() -> None:
    assert "nothing says what length means" in breach(settings_of(deciders.Undescribed), "every setting says")


def test_a_secret_that_everybody_sees_is_found() -> None:
    assert "api_token sounds secret" in breach(settings_of(deciders.Undescribed), "what is secret")


def test_settings_that_can_be_changed_are_found() -> None:
    assert "Loose can be changed" in breach(settings_of(deciders.Loose), "settings cannot be changed")


def test_a_factory_that_asks_for_more_than_its_spec_says_is_found() -> None:
    subject = Subject(ComponentSpec("strategy", "more", deciders.ByTomorrow), markets=MARKETS)
    assert "nothing provides settings" in breach(subject, "its factory takes what its spec says")


def planted(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
    """A notifier whose module begins with this text."""
    (folder / "planted_notifier.py").write_text(f"{text}\ndef told():\n    return None\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    return Subject(ComponentSpec("notifier", "planted", deciders.SwallowsFailures), "planted_notifier")


def test_an_import_that_loads_pandas_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = planted("import pandas", tmp_path, monkeypatch)
    assert "importing planted_notifier loads pandas" in breach(subject, "importing it loads nothing heavy")


def test_an_import_of_what_is_behind_the_api_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = planted("from friday_core.session.core import Core", tmp_path, monkeypatch)
    assert "imports friday_core.session.core" in breach(subject, "it imports nothing of Friday but its api")


def test_columns_that_cannot_be_traced_break_one_rule_and_no_other() -> None:
    verdicts = kept(subject_of("feature_set", stages.SeesTomorrow))
    assert [sentence for sentence, verdict in verdicts.items() if verdict is False] == [
        "its features are traced and know nothing of the book"
    ]


def test_an_honest_judge_of_rows_keeps_every_rule() -> None:
    verdicts = kept(subject_of("validator", stages.SameCloseAgain))
    assert [sentence for sentence, verdict in verdicts.items() if verdict is False] == []
    assert verdicts["rows that come without a chunk get the verdicts of a chunk"] is True
