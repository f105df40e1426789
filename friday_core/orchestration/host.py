"""The host: starts every component, runs one session, writes the result, and stops everything."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from friday_core.analytics.fill_convention import fill_convention
from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.domain.events import ComponentStateChanged, SessionClosed, SessionOpened
from friday_core.domain.records import ModelVersion
from friday_core.domain.sessions import to_datetime
from friday_core.errors import ComponentError, ComponentTimeout, RunFolderError
from friday_core.infrastructure.clock import Clock
from friday_core.infrastructure.event_bus import EventBus
from friday_core.infrastructure.logging import configure_logging, described, get_logger
from friday_core.infrastructure.notifications import Notifications
from friday_core.infrastructure.secrets import SecretRegistry
from friday_core.interfaces.notifier import Notification, Severity
from friday_core.models.training import Progress as FitProgress
from friday_core.orchestration.alarms import sound_alarms
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.blame import Endings, files_of, mend_of
from friday_core.orchestration.checks import mode_of
from friday_core.orchestration.journaling import Beginning, Journals, session_head, taken_up
from friday_core.orchestration.kept_tables import KeptTables
from friday_core.orchestration.known_dates import RunDates, date_warnings, needed_facts
from friday_core.orchestration.left_out import left_out
from friday_core.orchestration.lifecycle import Lifecycle
from friday_core.orchestration.masking import mask_error, mask_texts
from friday_core.orchestration.observing import connect_components
from friday_core.orchestration.predicted import out_of_sample_from
from friday_core.orchestration.rehearsal import inside
from friday_core.orchestration.replaying import SessionReplay
from friday_core.orchestration.run_tables import RunTables
from friday_core.orchestration.training import Trainer, Training
from friday_core.plugin.registry import PluginRegistry
from friday_core.plugin.spec import Kind
from friday_core.session.journal import Entry
from friday_core.session.on_disk.journal import DiskJournal
from friday_core.session.run_folder import SUMMARY, RunFolder
from friday_core.session.runner import Progress, RunStatus, SessionRunner
from friday_core.session.summary import capital_of, summary_of, tallies_of
from friday_core.session.tallies import Tallies
from friday_core.session.versions import with_versions
from friday_core.session.watchdog import Patience, Watchdog
from friday_core.trading.ledger import Account
from friday_core.trading.refusals import not_allowed, refused

#: Seconds that observers and notifiers get to finish when a run is over.
DRAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended, where its results are, and what ``summary.json`` says."""

    status: RunStatus
    folder: Path
    summary: dict[str, Any]


class Host:
    """Runs one session; made by the container, used once."""

    def __init__(
        self,
        *,
        profile: str,
        resolved: str,
        assembly: Assembly,
        registry: PluginRegistry,
        runner: SessionRunner,
        account: Account,
        folder: RunFolder,
        events: EventBus,
        security: SecretRegistry,
        clock: Clock,
        executor: ChosenExecutor,
        trainer: Trainer,
    ) -> None:
        self.profile = profile
        self.assembly = assembly
        self.mode = mode_of(assembly)
        self.folder = folder
        #: What makes whatever runs columns, of this host's assemblies.
        self.executor = executor
        self._resolved = resolved
        self._registry = registry
        self._runner = runner
        self._account = account
        self._events = events
        self._security = security
        self._clock = clock
        self._trainer = trainer
        #: The versions of the session's model, once they are fitted; those of another run on the same rows serve too.
        self.training: Training | None = None
        self._log = get_logger("host")
        self._summarised = False
        self._keeps_inside = False
        self._anew = False
        self._replay: SessionReplay | None = None
        self._facts = needed_facts(assembly)
        run, currency = assembly.settings.run, assembly.settings.account.currency
        logged = runner.core, assembly.universe, capital_of(account)
        self._tables: RunTables | KeptTables = RunTables(folder, *logged, currency=currency, mask=security.mask)
        self._kept = KeptTables(*logged, currency=currency, mask=security.mask)
        runner.after_each_record(self._tables.flush)
        self._watchdog = Watchdog(runner, Patience(run.slow_record, run.record_timeout), self._hung)
        self._on_hang: Callable[[ComponentTimeout], None]
        self._on_fit: FitProgress
        self._hang: ComponentTimeout | None = None
        self._journals = Journals.of(assembly, profile, self.mode, resolved=resolved, now=clock.now)

    def row_count(self) -> int | None:
        """Rows that the session will see, if the source knows."""
        return self.assembly.feed.row_count()

    @property
    def was_run(self) -> bool:
        """Whether the session has begun: before that there is a log, and no result."""
        return self._runner.core.started is not None

    def keep_journal(self) -> None:
        """Keep every record of the run that is to come, whatever memory it takes, for ``journalled``."""
        self._runner.journal.keep_all()

    def keep_tables(self) -> KeptTables:
        """Write no table of the run that is to come: they are here when it is over, and cost what is asked for.

        So does the digest: the summary is without it.
        """
        self._tables = self._kept
        self._runner.after_each_record(self._kept.flush)
        return self._kept

    def journalled(self) -> Iterator[Entry]:
        """What the session was told so far, record by record, and what it answered.

        ``InvariantError`` for a long session that was not told to ``keep_journal``.
        """
        return iter(self._runner.journal)

    def keep_inside(self) -> None:
        """Let nothing leave the run that is to come.

        No order is sent and nobody is told; the broker, notifiers and observers are not even started.
        """
        self._keeps_inside, self._journals = True, None
        self._runner.keep_inside()

    def replay(self, session: SessionReplay) -> None:
        """Let the run that is to come be that of a journal, and read nothing else; nothing leaves it."""
        self.keep_inside()
        self._replay = session

    def begin_anew(self) -> None:
        """Let the run that is to come be a session of its own, also where another one was not ended."""
        self._anew = True

    def lag(self) -> float | None:
        """Seconds by which the session is behind the clock that it is played on; ``None`` without such a clock."""
        return None if self._runner.pacer is None else self._runner.pacer.lag

    def request_stop(self) -> None:
        """End the run before the next record, also while the source lets it wait; safe from a signal handler."""
        self._runner.request_stop()
        self.assembly.feed.stop()
        if self._replay is not None:
            self._replay.stop()

    def run(
        self,
        progress: Progress = lambda _rows, _ts: None,
        on_hang: Callable[[ComponentTimeout], None] = lambda _error: None,
        on_fit: FitProgress = lambda _done, _of: None,
    ) -> RunResult:
        """Start, run, write, stop. An error is written into the run folder before it is raised.

        No secret is in what is written or raised. ``on_hang`` is called from another thread when a
        record has taken longer than ``[run] record_timeout``, after a summary was written that says
        so. It may end the process; if it does not, the run fails when the record is done. ``on_fit``
        is told after each fit of the model how many are done, of how many.
        """
        self._on_hang, self._on_fit = on_hang, on_fit
        self.folder.create()
        try:
            return self._run_in_folder(progress)
        except BaseException as failure:
            if not self._summarised:
                self._summarise_failure(failure)
            shown = mask_error(failure, self._security.mask)
            if shown is not failure:
                raise shown from None
            raise

    def _run_in_folder(self, progress: Progress) -> RunResult:
        self.folder.write_text("resolved.toml", self._resolved)
        self.folder.write_json(SUMMARY, {"status": RunStatus.RUNNING})
        with ExitStack() as edges:
            log = configure_logging(self.folder.path / "log.jsonl", self._security, run_id=self.folder.path.name)
            edges.callback(log.close)
            notifications = self._open_events(edges)
            for plugin, heard in self._registry.deprecations.items():
                self._log.warning("a plugin uses what is deprecated", plugin=plugin, uses=list(heard))
            lifecycle = self._lifecycle()
            edges.callback(lifecycle.close)
            self._runner.listen()
            return self._run(lifecycle, notifications, progress)

    def _summarise_failure(self, failure: BaseException) -> None:
        """The least that a summary says: a run that is over is not left as running."""
        error = self._security.mask(described(failure))
        try:
            self.folder.write_json(SUMMARY, {"status": _status_after(failure), "error": error})
        except RunFolderError as unwritable:
            if str(unwritable) not in (str(failure), *getattr(failure, "__notes__", ())):
                failure.add_note(str(unwritable))

    def _run(self, lifecycle: Lifecycle, notifications: Notifications, progress: Progress) -> RunResult:
        error = ""
        try:
            lifecycle.start()
            self._events.publish(SessionOpened(self.profile, self.mode))
            self._warn(notifications)
            versions = self._trained(notifications)
            with ExitStack() as edges:
                status = self._session(edges, versions, progress)
            if self._hang is not None:
                raise self._hang
            if self._runner.core.halted is not None:
                error = self._security.mask(str(self._runner.core.halted))
                notifications.notify(Notification(Severity.ALARM, "stream", error))
        except BaseException as failure:
            status, error = _status_after(failure), self._security.mask(described(failure))
            self._log.error("the run failed", error=error, exc_info=failure)
            if isinstance(failure, ComponentError) and (mend := mend_of(self.assembly.graph, failure)):
                failure.add_note(mend)
            self._finish(lifecycle, status, error, failed=failure)
            raise
        return self._finish(lifecycle, status, error)

    def _session(self, edges: ExitStack, versions: Sequence[ModelVersion], progress: Progress) -> RunStatus:
        """From its first record, or from where its journal leads, to its end."""
        if self._replay is not None:
            return self._replay.run(self._runner.core, self.assembly, self._tables.flush, progress)
        head = session_head(self.assembly, self.profile, self.mode, self._resolved, self._clock.now())
        begin: Beginning = head, with_versions(self.assembly.records(), versions)
        if self._journals is not None:
            journal = edges.enter_context(self._journals.opened(anew=self._anew))
            begin = taken_up(journal, self._runner, self.assembly.feed, begin, progress)
            self._runner.obey(self._journals.control(), self._journals.arming(self.assembly.broker))
        edges.callback(self._runner.close)
        edges.enter_context(self._watchdog)
        edges.enter_context(closing(self.assembly.feed))
        return self._runner.run(*begin, progress)

    def _warn(self, notifications: Notifications) -> None:
        for told in self._warnings(self._tallies()):
            notifications.notify(Notification(Severity.WARNING, "facts", self._security.mask(told)))

    def _warnings(self, tallies: Tallies) -> list[str]:
        """Facts that end soon after the run, or before it; while nobody knows its last day, none."""
        last = RunDates.of(self.assembly.settings, self._clock.now()).last
        if last is None:
            last = next(reversed(tallies.account.closed().closes), None)
        return [] if last is None else date_warnings(self._facts, last)

    def _trained(self, notifications: Notifications) -> list[ModelVersion]:
        """The versions of the session's model, if a stream has one; a fit that failed is an alarm, not an end."""
        if self.assembly.model_stream is None or self._replay is not None:
            return []
        if self.training is None:
            self.training = self._trainer.train(self._on_fit)
        for failed in self.training.failures():
            when = to_datetime(failed.asof).isoformat()
            message = self._security.mask(f"no new version as of {when}, the last one stays: {failed.failure}")
            notifications.notify(Notification(Severity.ALARM, f"model {self.training.plugin}", message))
        return self.training.records()

    def model_versions(self) -> list[ModelVersion]:
        """The versions that a run of this host would play, trained here and now; none without a model."""
        return self._trainer.train().records() if self.assembly.model_stream is not None else []

    def _hung(self, stage: str) -> None:
        """In the watchdog's thread: whoever has not returned is named, and the run will not go on."""
        self.request_stop()
        limit, sending = self.assembly.settings.run.record_timeout, self._runner.sending
        what = f"a record took longer than {limit:g} s{f', in {sending}' if sending else ''}"
        message = f"{what}; if that is no mistake, raise [run] record_timeout"
        self._hang = ComponentTimeout(stage, message)
        self._log.error("the run hangs", error=str(self._hang))
        self._summarise_failure(self._hang)
        self._on_hang(self._hang)

    def _finish(
        self, lifecycle: Lifecycle, status: RunStatus, error: str, failed: BaseException | None = None
    ) -> RunResult:
        """Stop the components, then write what there is; a first failure is not hidden by a second."""
        endings = Endings(self.assembly.graph)
        endings.add(lifecycle.stop())
        files = self._broker_files(endings)
        if failed is not None:
            for told in endings.errors:
                failed.add_note(f"while stopping: {told}")
        elif endings.fatal:
            status, error = RunStatus.FAILED, "; ".join(filter(None, (error, *endings.fatal)))
        summary = self._summary(status, error, files, endings)
        try:
            if self.was_run:
                self._tables.finish(self.training)
            self.folder.write_json(SUMMARY, summary)
            self._summarised = True
        except RunFolderError as unwritable:
            if failed is None:
                raise
            failed.add_note(str(unwritable))
        self._events.publish(SessionClosed(summary))
        return RunResult(status, self.folder.path, summary)

    def _summary(self, status: RunStatus, error: str, files: Mapping[str, str], endings: Endings) -> dict[str, Any]:
        core, universe, tallies = self._runner.core, self.assembly.universe, self._tallies()
        summary = summary_of(
            core,
            self._account,
            universe,
            status,
            error,
            slow=self._watchdog.slow,
            tallies=tallies,
            has_digest=self._tables is not self._kept,
        )
        fill = fill_convention(tomllib.loads(self._resolved))
        summary["conventions"] = {**summary["conventions"], "fill": fill}
        summary["executor"] = self.executor.summary()
        summary["driver"] = core.stepped
        summary["files"] = dict(files)
        summary["grades"] = {name: component.grade for name, component in self.assembly.components.items()}
        counts = refused(tallies.codes(), tallies.ends)
        summary["refusals"] = {
            "counts": counts,
            "not_allowed": not_allowed(counts, self.assembly.settings.risk.allow_refusals),
        }
        journal = self._runner.journal
        if isinstance(journal, DiskJournal):
            summary["journal"] = journal.summary()
        if self._replay is not None:
            summary["replay"] = self._replay.summary()
        elif self._runner.pacer is not None:
            summary["clock"] = self._runner.pacer.summary()
        if self.training is not None:
            summary["model"] = self.training.summary()
            summary["out_of_sample_from"] = out_of_sample_from(core, self.training.stream, tallies.account)
        summary["left_out"] = left_out(core, universe, self.training, tallies)
        summary["warnings"] = self._warnings(tallies)
        if endings.errors:
            summary["stop_errors"] = endings.errors
        masked: dict[str, Any] = mask_texts(summary, self._security.mask)
        return masked

    def _broker_files(self, endings: Endings) -> Mapping[str, str]:
        """What the broker of a session wrote; one that was never started, or had nothing to write, is not asked."""
        if not self.was_run or self._keeps_inside:
            return {}
        try:
            return files_of(self.assembly.broker, f"broker.{self.assembly.settings.broker.use}")
        except ComponentError as error:
            endings.add([error], "what it wrote is not known")
            return {}

    def _tallies(self) -> Tallies:
        return tallies_of(self._runner.core, self._account, self.assembly.universe)

    def _lifecycle(self) -> Lifecycle:
        def on_state(component: str, old: str, new: str) -> None:
            self._events.publish(ComponentStateChanged(component, str(old), str(new)))

        whole = (self.assembly.components, self.assembly.graph.dependencies)
        components, dependencies = inside(self.assembly) if self._keeps_inside else whole
        timeout = self.assembly.settings.run.step_timeout
        return Lifecycle(components, dependencies, step_timeout=timeout, on_state=on_state)

    def _open_events(self, edges: ExitStack) -> Notifications:
        told = {} if self._keeps_inside else dict(self.assembly.placed(Kind.NOTIFIER, "notify", "use"))
        notifications = Notifications(told)
        edges.callback(notifications.close, DRAIN_SECONDS)
        if not self._keeps_inside:
            connect_components(self.assembly.graph, self.assembly.components, self._registry, self._events)
        sound_alarms(self._events, notifications, self._security.mask)
        edges.callback(self._events.close, DRAIN_SECONDS)
        return notifications


def _status_after(failure: BaseException) -> RunStatus:
    return RunStatus.INTERRUPTED if isinstance(failure, KeyboardInterrupt) else RunStatus.FAILED
