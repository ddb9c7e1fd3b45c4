"""The verbs that build, score and publish; each says what it needs when it runs.

A command imports what it needs when it runs: dbt takes seconds, and `--help` should not.
"""

from __future__ import annotations

from typing import Annotated

import typer

from targeted_lists.cli.conclude import conclude
from targeted_lists.cli.options import (
    DATA,
    DataDir,
    Dataset,
    Debug,
    Json,
    Language,
    Vars,
    examples,
)
from targeted_lists.common.outcome import Outcome

PANEL = "Build and publish"

app = typer.Typer()


@app.command(
    rich_help_panel=PANEL,
    epilog=examples("lists", "lists --dataset shop", "lists --vars '{language: ru}'"),
)
def lists(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    threads: Annotated[int | None, typer.Option(min=1, help="Of dbt and of DuckDB.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read every file and fit every model again.")
    ] = False,
    reuse: Annotated[
        bool, typer.Option("--reuse", help="Mine and fit nothing that stands already.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Do the whole job: tables, models, customer lists, published at the end."""
    if full and reuse:
        raise typer.BadParameter("--full and --reuse are opposites; give one of them")

    def work() -> Outcome:
        from targeted_lists.cli.request import prepare

        given = prepare(dataset, data_dir, variables, is_reading=True)
        from targeted_lists.runs.jobs import make_lists

        if full or reuse:
            given["reuse_models"] = not full
        return make_lists(given, threads=threads, is_full=full)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(rich_help_panel=PANEL, epilog=examples("check --dataset shop"))
def check(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Look at a dataset's files before anything is built: ready, or not and why."""

    def work() -> Outcome:
        from targeted_lists.check.command import check_dataset
        from targeted_lists.cli.request import adapter_of, prepare

        given = prepare(dataset, data_dir, variables)
        return check_dataset(data_dir, dataset, adapter_of(given), given)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(rich_help_panel=PANEL, epilog=examples("score --dataset shop"))
def score(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Score the customers with the saved model; nothing is fitted, nothing published."""

    def work() -> Outcome:
        from targeted_lists.cli.request import prepare

        given = prepare(dataset, data_dir, variables, is_reading=True)
        from targeted_lists.runs.jobs import score_activity

        return score_activity(given)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(rich_help_panel=PANEL, epilog=examples("tune --seconds 120"))
def tune(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    seconds: Annotated[float, typer.Option(min=1, help="For all models together.")] = 270,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Search hyper-parameters on a dataset that was built, and keep them."""

    def work() -> Outcome:
        from targeted_lists.cli.request import is_built, prepare

        given = prepare(dataset, data_dir, variables, is_reading=not is_built(dataset))
        from targeted_lists.runs.jobs import tune_models

        return tune_models(given, seconds=seconds)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(rich_help_panel=PANEL, epilog=examples("dashboard", "dashboard --language ru"))
def dashboard(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    language: Annotated[
        Language | None, typer.Option(help="Of the page; else that of the published file.")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make the published tables one page of charts."""

    def work() -> Outcome:
        from targeted_lists.cli.request import prepare
        from targeted_lists.dashboard.command import show_dashboard

        prepare(dataset, data_dir, variables)
        return show_dashboard(dataset, language=language and language.value)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(rich_help_panel=PANEL, epilog=examples("docs --dataset shop"))
def docs(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write the manual, and dbt's page of every table and column with the lineage graph."""

    def work() -> Outcome:
        from targeted_lists.cli.request import is_built, prepare

        given = prepare(dataset, data_dir, variables, is_reading=not is_built(dataset))
        from targeted_lists.runs.jobs import write_docs

        return write_docs(given)

    conclude(work, as_json=as_json, is_debug=debug)
