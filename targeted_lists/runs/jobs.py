"""Running the project as a whole, with one line of progress and one sentence a failure."""

from __future__ import annotations

import gc
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from targeted_lists.common import files
from targeted_lists.common.commands import command
from targeted_lists.common.console import say
from targeted_lists.common.folders import PUBLISHED_FOLDER, STATE_FOLDER, WAREHOUSE_FOLDER
from targeted_lists.common.locks import explain_lock
from targeted_lists.common.outcome import Outcome, UserError, as_records
from targeted_lists.common.project import PACKAGED, is_here, project_folder, project_path

LISTED = (
    *("list_name", "members", "control", "holdout", "expected_value"),
    *("is_stopped", "stop_reason"),
)
CATALOG = f"""
    select {", ".join(LISTED)}
    from lists.list_catalog
    order by list_name
"""
LEDGER = """
    select decision::varchar, count(*), sum(amount), count(*) / sum(count(*)) over ()
    from core.order_line_ledger
    group by decision
    order by count(*) desc, decision
"""
# A reason quotes the value at fault; without it, equal faults fall together.
REJECTED = """
    select
        regexp_replace(reason, '"[^"]*"', '"…"', 'g') as fault,
        count(*),
        sum(amount),
        count(*) / (select count(*) from core.order_line_ledger)
    from core.order_line_ledger
    where decision::varchar = 'rejected'
    group by fault
    order by count(*) desc, fault
    limit 10
"""
SCORED = ("+activity_scores", "+risk_value_grid", "+at_risk_segment", "+activity_models")
RISK_BANDS = """
    select
        scores.risk_band,
        scores.scored_by,
        count(*),
        sum(customers.value_at_risk)
    from activity.activity_scores as scores
    inner join activity.activity_values as customers using (customer_id)
    group by all
    order by
        any_value(case scores.risk_band
            when 'high' then 1 when 'medium' then 2 when 'low' then 3 else 4
        end),
        scores.scored_by
"""
DBT_HEADING = re.compile(r"[A-Z]\w+ Error( in .*)?|.* failed, error:")
# Unit tests look at code with rows of their own: `dbt build`, `dbt test` and
# `targeted-lists test` run them.
BUILD = ["build", "--exclude-resource-type", "unit_test"]
LOG = Path("logs") / "dbt.log"
# The manual: what MkDocs builds it from, and the folder next to the published file.
SITE, MANUAL = "mkdocs.yml", "docs"
FAILED = {"error", "fail", "runtime error", "partial success"}


class RunError(UserError):
    """A run of dbt failed; the message has a sentence for each thing that failed by itself."""


class ReportError(UserError):
    """The published file lacks what the report shows; the message is one sentence."""


def make_lists(
    variables: dict[str, object], *, threads: int | None = None, is_full: bool = False
) -> Outcome:
    """Build, test and publish a dataset, then show its lists.

    Parameters
    ----------
    is_full : read every raw file again, also where new ones could be added to what was read.

    Returns
    -------
    `published` (the file), `lists` and `order_lines` (the rows that are shown).

    Raises
    ------
    RunError : something failed; what was published before is as it was.
    ReportError : the project has no lists to show.
    """
    console = Console()
    arguments = [*BUILD, "--full-refresh"] if is_full else [*BUILD]
    if threads:
        arguments += ["--threads", str(threads)]
        os.environ["DUCKDB_THREADS"] = str(threads)
    run_dbt(arguments, variables, console)
    published = PUBLISHED_FOLDER / f"{variables['dataset']}.duckdb"
    report = show_lists(published, console)
    dataset = variables["dataset"]
    say(
        console,
        f"Every table is in {published} (DuckDB); as a page of charts: "
        f"{command('dashboard', dataset=dataset)}; what each means: "
        f"{command('docs', dataset=dataset)}",
    )
    return Outcome({"published": published, **report})


def score_activity(variables: dict[str, object]) -> Outcome:
    """Score the customers with the saved model, without fitting.

    Returns
    -------
    `warehouse` (the file that holds the scores) and `risk_bands` (customers and money in each).

    Raises
    ------
    RunError : no model is saved that can be used, or something failed.
    """
    console = Console()
    database = WAREHOUSE_FOLDER / f"{variables['dataset']}.duckdb"
    arguments = ["build", "--resource-type", "seed", "model", "--select", *SCORED]
    run_dbt(arguments, {**variables, "reuse_models": {"activity": "only"}}, console)
    with duckdb.connect(str(database), read_only=True) as connection:
        bands = connection.execute(RISK_BANDS).fetchall()
    table = Table(title="Customers by risk", title_justify="left")
    table.add_column("risk")
    table.add_column("scored by")
    for heading in ("customers", "value at risk"):
        table.add_column(heading, justify="right")
    for band, scored_by, customers, value in bands:
        shown = "" if value is None else f"{value:,.2f}"
        table.add_row(band or "unknown", scored_by, f"{customers:,}", shown)
    console.print(table)
    publish = command("lists", dataset=variables["dataset"])
    say(console, f"Scores are in {database}, not published yet: `{publish}` tests and publishes.")
    columns = ("risk_band", "scored_by", "customers", "value_at_risk")
    return Outcome({"warehouse": database, "risk_bands": as_records(columns, bands)})


def tune_models(variables: dict[str, object], *, seconds: float) -> Outcome:
    """Search and keep hyper-parameters.

    Returns
    -------
    `state` (the folder that they are kept in).

    Raises
    ------
    TuningError : the dataset was not built, or nothing can be trained on it.
    """
    from targeted_lists.learning.tune import tune_dataset

    console = Console()
    dataset = str(variables["dataset"])
    tune_dataset(dataset, seconds=seconds, progress=lambda line: say(console, line))
    kept = STATE_FOLDER / dataset
    say(console, f"Kept in {kept}; `{command('lists', dataset=dataset, full=True)}` uses them.")
    return Outcome({"state": kept})


def write_docs(variables: dict[str, object]) -> Outcome:
    """Write the documentation next to the published file: the manual, and the page of dbt.

    The types of its columns come from the built tables, so a dataset that is not built is built
    first. The manual is a site, for which MkDocs is needed (the extra `docs`).

    Returns
    -------
    `page` (the file of dbt) and `manual` (the first page of the site; none without MkDocs).

    Raises
    ------
    RunError : something failed.
    """
    console = Console()
    built = WAREHOUSE_FOLDER / f"{variables['dataset']}.duckdb"
    if not built.exists():
        run_dbt(BUILD, variables, console)
    run_dbt(["docs", "generate", "--static"], variables, console)
    page = PUBLISHED_FOLDER / f"{variables['dataset']}.docs.html"
    written = target_of(variables) / "static_index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    files.replace_file(page, lambda draft: shutil.copyfile(written, draft), mode=None)
    manual = write_manual(page, console)
    say(console, f"Open {page} in a browser; the lineage graph is at its lower right.")
    return Outcome({"page": page, "manual": manual})


def write_manual(page: Path, console: Console) -> Path | None:
    """Build the site of the documentation next to the page of dbt; return its first page.

    Raises
    ------
    RunError : a page cannot be made; the message is what MkDocs says.
    """
    # A dbt project of one's own has no manual of its own.
    site = next((one for one in (project_path(SITE), PACKAGED / SITE) if one.is_file()), None)
    if site is None:
        return None
    if importlib.util.find_spec("mkdocs") is None:
        say(
            console,
            "The manual is not built, for MkDocs is not installed: it is the extra docs of the "
            "package, from a clone `pip install '.[docs]'`.",
        )
        return None
    folder = page.with_name(MANUAL)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"),
            *("--config-file", str(site.resolve()), "--site-dir", str(folder.resolve())),
        ],
        env={
            **os.environ,
            "TARGETED_LISTS_DBT_PAGE": f"../{page.name}",
            "NO_MKDOCS_2_WARNING": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RunError(f"The manual could not be built: {done.stderr.strip()}")
    say(console, f"Open {folder / 'index.html'} in a browser: the manual.")
    return folder / "index.html"


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


def show_lists(published: Path, console: Console) -> dict[str, list[dict[str, Any]]]:
    """Print the catalogue of lists and the ledger of order lines from a published file.

    Returns
    -------
    Both, as `lists` and `order_lines`.

    Raises
    ------
    ReportError : the file lacks one of them.
    """
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            lists = connection.execute(CATALOG).fetchall()
            decisions = connection.execute(LEDGER).fetchall()
            rejected = connection.execute(REJECTED).fetchall()
    except duckdb.Error as error:
        raise ReportError(
            f"{published} has no lists to show ({str(error).splitlines()[0]})"
        ) from error
    table = Table(title="Customer lists", title_justify="left")
    table.add_column("list", no_wrap=True)
    for heading in ("members", "control", "holdout", "expected value"):
        table.add_column(heading, justify="right")
    table.add_column("stopped because")
    for name, members, control, holdout, value, is_stopped, reason in lists:
        table.add_row(
            name,
            f"{members:,}",
            f"{control:,}",
            f"{holdout:,}",
            "" if value is None else f"{value:,.2f}",
            (reason or "") if is_stopped else "",
        )
    console.print(table)
    show_lines(console, "Order lines read", "decision", decisions)
    if rejected:
        show_lines(console, "Order lines rejected, by reason", "reason", rejected)
    return {
        "lists": as_records(LISTED, lists),
        "order_lines": as_records(("decision", "lines", "amount", "share"), decisions),
    }


def show_lines(console: Console, title: str, heading: str, rows: list[tuple]) -> None:
    """Print how many order lines, worth how much, fall to each row of the ledger."""
    table = Table(title=title, title_justify="left")
    table.add_column(heading, overflow="fold")
    for number in ("lines", "share", "amount"):
        table.add_column(number, justify="right", no_wrap=True)
    for name, lines, amount, share in rows:
        money = "" if amount is None else f"{amount:,.2f}"
        table.add_row(name, f"{lines:,}", f"{share:.2%}", money)
    console.print(table)
