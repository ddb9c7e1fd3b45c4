"""The verbs that set up a folder or a dataset, write the sample and run the tests.

A command imports what it needs when it runs: dbt takes seconds, and `--help` should not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from targeted_lists.cli.conclude import conclude
from targeted_lists.cli.options import (
    DATA,
    DataDir,
    Dataset,
    Debug,
    Json,
    Layout,
    Vars,
    examples,
)
from targeted_lists.common.outcome import Outcome

PANEL = "Set up and test"

app = typer.Typer()


@app.command(
    rich_help_panel=PANEL, epilog=examples("sample", "sample --layout shopify --out exports")
)
def sample(
    out: Annotated[Path | None, typer.Option(help="The folder to write (data/sample).")] = None,
    layout: Annotated[
        Layout, typer.Option(help="Files of the contract, or the export of a platform.")
    ] = Layout.contract,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 42,
    duplicates: Annotated[
        float,
        typer.Option(min=0, max=0.5, help="Share of customers who have two keys or three."),
    ] = 0,
    refills: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of customers who buy again what they use up."),
    ] = 0,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write the sample shop: 3,000 customers whose truth is known."""

    def work() -> Outcome:
        from targeted_lists.cli.place import write_sample

        return write_sample(
            out, layout=layout.value, seed=seed, duplicates=duplicates, refills=refills
        )

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(
    rich_help_panel=PANEL,
    epilog=examples(
        "init shop orders.csv", "init shop orders.xlsx consents.csv", "init --project"
    ),
)
def init(
    name: Annotated[
        str | None, typer.Argument(help="Name of the dataset to set up.", show_default=False)
    ] = None,
    files: Annotated[
        list[Path] | None, typer.Argument(help="The shop's files.", show_default=False)
    ] = None,
    copy: Annotated[
        bool, typer.Option("--copy", help="Copy the files; else they are read where they are.")
    ] = False,
    data_dir: DataDir = DATA,
    project: Annotated[
        bool, typer.Option("--project", help="Copy the dbt project, for models of your own.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Set up a dataset from a shop's files, or this folder for data of your own."""
    if name and not files:
        raise typer.BadParameter(f"name the files of {name}: init {name} orders.csv")
    if name == "":
        raise typer.BadParameter("a dataset needs a name: make init DATASET=shop FROM=orders.csv")

    def work() -> Outcome:
        if not name:
            from targeted_lists.cli.place import set_up

            return set_up(with_project=project)
        from targeted_lists.cli.place import refuse_read_only
        from targeted_lists.setup.command import set_up_dataset

        refuse_read_only()
        return set_up_dataset(name, files, data_dir=data_dir, is_copying=copy)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command("test", rich_help_panel=PANEL, epilog=examples("test", "test --dataset shop"))
def run_every_test(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run every test of the models; in the repository every linter and every other test too."""

    def work() -> Outcome:
        from targeted_lists.cli.request import prepare

        given = prepare(dataset, data_dir, variables)
        from targeted_lists.runs.tests import run_tests

        return run_tests(given)

    conclude(work, as_json=as_json, is_debug=debug)
