"""The verbs that run dbt: the whole job, scoring, tuning, documentation."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from targeted_lists.common import files
from targeted_lists.common.commands import command
from targeted_lists.common.console import say
from targeted_lists.common.folders import PUBLISHED_FOLDER, STATE_FOLDER, WAREHOUSE_FOLDER
from targeted_lists.common.outcome import Outcome, as_records
from targeted_lists.common.project import PACKAGED, project_path
from targeted_lists.runs.dbt_runs import RunError, run_dbt, target_of
from targeted_lists.runs.reports import show_lists

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
# Unit tests look at code with rows of their own: `dbt build`, `dbt test` and
# `targeted-lists test` run them.
BUILD = ["build", "--exclude-resource-type", "unit_test"]
# The manual: what MkDocs builds it from, and the folder next to the published file.
SITE, MANUAL = "mkdocs.yml", "docs"


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
    run_dbt(arguments, {**variables, "reuse_models": {"activity": "only", "clv": "only"}}, console)
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
