"""Running dbt in this process, with a line of progress and one sentence a failure."""

from __future__ import annotations

import gc
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from targeted_lists.common.console import say
from targeted_lists.common.locks import explain_lock
from targeted_lists.common.outcome import UserError
from targeted_lists.common.project import is_here, project_folder

DBT_HEADING = re.compile(r"[A-Z]\w+ Error( in .*)?|.* failed, error:")
LOG = Path("logs") / "dbt.log"
FAILED = {"error", "fail", "runtime error", "partial success"}


class RunError(UserError):
    """A run of dbt failed; the message has a sentence for each thing that failed by itself."""


def run_dbt(arguments: list[str], variables: dict[str, object], console: Console) -> None:
    """Run a dbt command and print its progress.

    Raises
    ------
    RunError : it failed.
    """
    # dbt takes a relative folder for one of the project, which may lie in the package.
    here = Path() if is_here() else Path.cwd()
    saved = (
        [] if "--target-path" in arguments else ["--target-path", str(here / target_of(variables))]
    )
    project = str(project_folder())
    with RunProgress(console) as progress:
        result = invoke_dbt(
            # dbt finds its profile here even where DBT_PROFILES_DIR says otherwise.
            [
                *("--log-level", "none"),
                *("--log-level-file", "debug"),
                *("--log-path", str(here / LOG.parent)),
                *arguments,
                *("--profiles-dir", project, "--project-dir", project),
                *saved,
                # YAML reads a day as a date, which JSON does not know.
                *("--vars", json.dumps(variables, default=str)),
            ],
            callbacks=[progress.show],
        )
    if not result.success:
        sentences = [*explain_failures(result), f"Stopped; the whole log is {LOG}."]
        raise RunError("\n".join(sentences))


def target_of(variables: dict[str, object]) -> Path:
    """Return where dbt keeps what it parsed and compiled: a folder for each set of vars.

    dbt parses the whole project again where its vars are others than the last time, which takes
    longer than anything else before the first model.
    """
    further = {name: value for name, value in variables.items() if name != "dataset"}
    digest = hashlib.sha256(json.dumps(further, default=str, sort_keys=True).encode())
    return Path("target") / f"{variables['dataset']}-{digest.hexdigest()[:8]}"


def invoke_dbt(
    arguments: list[str], *, callbacks: list[Callable[[Any], None]] | None = None
) -> dbtRunnerResult:
    """Run a dbt command in this process, leaving no database open after it.

    What dbt parses lives to its end, and looking through it for garbage again and again takes a
    sixth of the parsing; so it is looked through rarely.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000, 50, 1_000)
    try:
        return dbtRunner(callbacks=callbacks).invoke(arguments)
    finally:
        gc.set_threshold(*thresholds)
        # dbt-duckdb keeps the database open for the process's next command, which locks out
        # every other process.
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
            DuckDBConnectionManager.close_all_connections()


class RunProgress:
    """Shows the events of a dbt run: a moving line in a terminal, else a line a model."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bar = Progress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("reading the project", total=None)

    def __enter__(self) -> RunProgress:
        """Start the moving line."""
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the moving line away."""
        self.bar.stop()

    def show(self, event: Any) -> None:
        """Show one event of dbt; most of them say nothing to the user."""
        name, data = event.info.name, event.data
        if name == "ConcurrencyLine":
            self.bar.update(self.task, total=data.node_count)
        elif name == "NodeStart":
            self.bar.update(self.task, description=data.node_info.node_name)
        elif name == "NodeFinished":
            self.bar.advance(self.task)
        elif name in ("LogModelResult", "LogSeedResult") and not self.console.is_terminal:
            relation = data.node_info.node_relation
            name = f"{relation.schema}.{relation.alias}"
            say(
                self.console,
                f"{data.index:4}/{data.total}  {name:<56} {data.execution_time:6.1f} s",
            )
        elif name == "Note":
            self.bar.update(self.task, description=data.msg)
        elif name == "JinjaLogInfo":
            say(self.console, data.msg)


def explain_failures(result: dbtRunnerResult) -> list[str]:
    """Return one sentence for each thing that failed by itself; what it dragged along is not."""
    if isinstance(result.exception, KeyboardInterrupt):
        return ["Interrupted; what was published before is as it was."]
    if result.exception is not None:
        return [find_cause(str(result.exception) or repr(result.exception))]
    return [
        explain_failure(one)
        for one in getattr(result.result, "results", None) or []
        if one.status in FAILED
    ]


def explain_failure(result: Any) -> str:
    """Return the sentence of one failed node: its name, the cause, and where to look."""
    cause = find_cause(result.message or str(result.status))
    node = result.node
    if node.resource_type == "operation":
        return cause
    if result.status == "fail" and node.compiled_path:
        return f"{node.name}: {cause}; the query is {node.compiled_path}"
    return f"{node.name} ({node.original_file_path}): {cause}"


def find_cause(message: str) -> str:
    """Return the line of a message of dbt that says what is wrong."""
    if (locked := explain_lock(message)) is not None:
        return locked
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if any(line.startswith("Traceback") for line in lines):
        return [line for line in lines if not line.startswith("compiled code at")][-1]
    causes = [line for line in lines if not DBT_HEADING.fullmatch(line)] or lines
    # DuckDB's name for what the SQL function error() raises.
    return causes[0].removeprefix("Invalid Input Error: ")
