"""The project's commands: `python -m targeted_lists COMMAND --dataset NAME`."""

from __future__ import annotations

import argparse
import sys
from datetime import date

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    # Before the imports below, which another Python does not have.
    sys.exit("Python 3.11, 3.12 or 3.13 is needed; this one is " + sys.version.split()[0] + ".")

from pathlib import Path

import yaml

from targeted_lists.authoring import new_list
from targeted_lists.common.project import read_project

NAMED_ADAPTERS = ("online_retail", "order_export", "one_click", "customer_personality")


def main(arguments: list[str] | None = None) -> int:
    """Run one command from the project's folder and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m targeted_lists", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, purpose in {
        "lists": "the whole job: tables, models, customer lists, published at the end",
        "score": "score customers with the saved model, without fitting one",
        "tune": "search hyper-parameters on a dataset that was built, and keep them",
        "dashboard": "write the dashboard of a published file as one page",
        "docs": "write the documentation as one page",
        "explore": "look up customers, list caps and rules in a local app",
        "check": "look at a dataset's files before anything is built",
        "preview": "a list's size and value under other caps and capacities",
        "members": "a list as a run made it",
        "export": "write a list for a tool, and record both arms",
        "new-list": "write the files that a list of your own needs",
    }.items():
        command = commands.add_parser(name, help=purpose)
        command.add_argument("--dataset", default="sample", help="a folder's name (sample)")
        command.add_argument("--data-dir", default="data", help="where that folder lies (data)")
        command.add_argument("--vars", default="{}", help="further vars of dbt, as YAML")
        if name == "lists":
            command.add_argument("--threads", type=int, help="of dbt and of DuckDB")
            fits = command.add_mutually_exclusive_group()
            fits.add_argument(
                "--full", action="store_true", help="read every file and fit every model again"
            )
            fits.add_argument(
                "--reuse", action="store_true", help="mine and fit nothing that stands already"
            )
        if name == "tune":
            command.add_argument("--seconds", type=float, default=270, help="for all models (270)")
        if name in ("preview", "members", "export"):
            command.add_argument("--list", dest="list_name", required=True, help="its name")
        if name == "new-list":
            new_list.add_options(command)
        if name == "dashboard":
            command.add_argument("--language", help="en or ru (that of the published file)")
        if name == "members":
            command.add_argument("--as-of", type=date.fromisoformat, help="YYYY-MM-DD (the last)")
        if name == "export":
            command.add_argument(
                "--to", dest="target", required=True, help="csv, google, meta or yandex"
            )
            command.add_argument(
                "--on", type=date.fromisoformat, help="day of use (the as-of date)"
            )
            command.add_argument(
                "--proofs", action="store_true", help="append the proof recipients"
            )
    options = parser.parse_args(arguments)
    if not Path("dbt_project.yml").is_file():
        parser.error("run this from the project's folder, where dbt_project.yml lies")
    try:
        variables = read_vars(options.vars, options.dataset, options.data_dir)
    except ValueError as error:
        parser.error(str(error))
    # dbt takes seconds to import, so a command imports its own needs.
    from targeted_lists.inputs.dataset_folder import refuse_name
    from targeted_lists.inputs.readable import InputError

    try:
        refuse_name(options.dataset)
        refuse_salt(variables)
        if options.command in ("lists", "score") or (
            options.command in ("docs", "tune")
            and not (Path("warehouse") / f"{options.dataset}.duckdb").exists()
        ):
            look_at_inputs(variables)
    except InputError as error:
        print(error)
        return 1
    if options.command == "check":
        from targeted_lists.check.command import check_dataset

        return check_dataset(
            Path(options.data_dir), options.dataset, adapter_of(variables), variables
        )
    if options.command == "new-list":
        return new_list.add_list(options)
    if options.command == "explore":
        from targeted_lists.explore.serve import explore

        return explore(options.dataset)
    if options.command in ("preview", "members", "export"):
        from targeted_lists.activation.hand_over import hand_over

        return hand_over(options, variables)
    if options.command == "dashboard":
        from targeted_lists.dashboard.command import show_dashboard

        return show_dashboard(options.dataset, language=options.language)
    from targeted_lists.runs import jobs

    if options.command == "docs":
        return jobs.write_docs(variables)
    if options.command == "tune":
        return jobs.tune_models(variables, seconds=options.seconds)
    if options.command == "score":
        return jobs.score_activity(variables)
    if options.full or options.reuse:
        variables["reuse_models"] = not options.full
    return jobs.make_lists(variables, threads=options.threads, is_full=options.full)


def adapter_of(variables: dict[str, object]) -> str:
    """Return what the macro dataset_adapter does."""
    dataset = str(variables["dataset"])
    return str(variables.get("adapter", dataset if dataset in NAMED_ADAPTERS else "contract"))


def look_at_inputs(variables: dict[str, object]) -> None:
    """Stop on a dataset that is missing or cannot be read, before dbt is loaded.

    Raises
    ------
    InputError : as the run itself would say it.
    """
    from targeted_lists.inputs.layouts import layout_of
    from targeted_lists.inputs.raw_files import find_inputs

    layout = layout_of(adapter_of(variables), read_project()["vars"]["input_contract"])
    find_inputs(Path(str(variables["data_dir"])), str(variables["dataset"]), layout)


def refuse_salt(variables: dict[str, object]) -> None:
    """Stop on a salt among the vars, before dbt writes them into its log.

    Raises
    ------
    InputError : the command or dbt_project.yml names one.
    """
    from targeted_lists.inputs.readable import InputError

    if "customer_key_salt" in {**(read_project().get("vars") or {}), **variables}:
        raise InputError(
            "A salt among the vars would stand in every log: write it into the file "
            f"state/{variables['dataset']}/customer_key_salt and take customer_key_salt out of "
            "the vars."
        )


def read_vars(text: str, dataset: str, data_dir: str) -> dict[str, object]:
    """Return the vars that dbt gets; those of the dataset have options of their own."""
    try:
        given = yaml.safe_load(text) or {}
    except yaml.YAMLError:
        given = None
    if not isinstance(given, dict):
        raise ValueError(f"vars are written as '{{name: value}}', not {text!r}")
    own = sorted(given.keys() & {"dataset", "data_dir"})
    if own:
        raise ValueError(
            f"{own[0]} is not given in vars here, but as --{own[0].replace('_', '-')} "
            f"(make: {own[0].upper()}=…)"
        )
    return {**given, "dataset": dataset, "data_dir": data_dir}


if __name__ == "__main__":
    sys.exit(main())
