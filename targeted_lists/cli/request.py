"""What a command asks for: the vars of dbt, looked at before anything slow is loaded."""

from __future__ import annotations

from pathlib import Path

import yaml

from targeted_lists.cli.place import refuse_place
from targeted_lists.common.folders import WAREHOUSE_FOLDER
from targeted_lists.common.outcome import UserError
from targeted_lists.common.project import read_contract, read_project

NAMED_ADAPTERS = ("online_retail", "order_export", "one_click", "customer_personality")


class RequestError(UserError):
    """The vars cannot be used; the message is one sentence."""

    exit_code = 2


def prepare(
    dataset: str,
    data_dir: Path,
    variables: str,
    *,
    is_reading: bool = False,
    is_writing: bool = True,
) -> dict[str, object]:
    """Return the vars of a run, after a look at the folder and at what they name.

    Parameters
    ----------
    variables : further vars, as YAML.
    is_reading : whether the raw files will be read, so that they are looked at, too.
    is_writing : whether the command writes into the folder.

    Raises
    ------
    UserError : the folder, the vars or the files cannot be used.
    """
    # They are not needed for the help.
    from targeted_lists.inputs.dataset_folder import refuse_name

    refuse_place(data_dir, is_writing=is_writing)
    given = read_vars(variables, dataset, str(data_dir))
    refuse_name(dataset)
    given = {**vars_of(data_dir / dataset), **given}
    refuse_salt(given)
    if is_reading:
        look_at_inputs(given)
    return given


def adapter_of(variables: dict[str, object]) -> str:
    """Return what the macro dataset_adapter does."""
    dataset = str(variables["dataset"])
    return str(variables.get("adapter", dataset if dataset in NAMED_ADAPTERS else "contract"))


def is_built(dataset: str) -> bool:
    """Whether a dataset has a working database."""
    return (WAREHOUSE_FOLDER / f"{dataset}.duckdb").exists()


def vars_of(folder: Path) -> dict[str, object]:
    """Return the vars that a dataset sets for itself in `dataset.yml`.

    Raises
    ------
    InputError : that file cannot be used.
    """
    from targeted_lists.inputs.raw_files import read_variables

    return read_variables(folder)


def look_at_inputs(variables: dict[str, object]) -> None:
    """Stop on a dataset that is missing or cannot be read, before dbt is loaded.

    Raises
    ------
    InputError : as the run itself would say it.
    """
    from targeted_lists.inputs.dataset_rows import find_dataset_rows
    from targeted_lists.inputs.layouts import layout_of
    from targeted_lists.inputs.raw_files import find_inputs

    adapter, data_dir = adapter_of(variables), Path(str(variables["data_dir"]))
    find_inputs(data_dir, str(variables["dataset"]), layout_of(adapter, read_contract()))
    lists = variables.get("lists")
    find_dataset_rows(data_dir / str(variables["dataset"]), adapter, lists)


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
    """Return the vars that dbt gets; those of the dataset have options of their own.

    Raises
    ------
    RequestError : they are no YAML of names and values, or name what is an option.

    >>> read_vars("{language: ru}", "shop", "data")
    {'language': 'ru', 'dataset': 'shop', 'data_dir': 'data'}
    """
    try:
        given = yaml.safe_load(text) or {}
    except yaml.YAMLError:
        given = None
    if not isinstance(given, dict):
        raise RequestError(f"vars are written as '{{name: value}}', not {text!r}")
    own = sorted(given.keys() & {"dataset", "data_dir"})
    if own:
        raise RequestError(
            f"{own[0]} is not given in vars here, but as --{own[0].replace('_', '-')} "
            f"(make {own[0].upper()}=…)"
        )
    return {**given, "dataset": dataset, "data_dir": data_dir}
