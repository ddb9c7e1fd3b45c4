"""What a dbt run leaves behind: a note of what is whole, the published marts, and the state.

Marts are published when every model was built by one run of the whole project and every test of
their rows passed. `dbt build` does both; `dbt seed`, `dbt run` and `dbt test` do it in three
commands, so the table `main.run_state` of the working database notes which steps are whole. A
command that begins a step again has removed its note first (macros/run/start_run.sql): a run that
dies half-way leaves none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from targeted_lists.common.files import first_line
from targeted_lists.runs.increments import note_seeds, note_tests
from targeted_lists.runs.publication import (
    PublicationError,
    Request,
    publish_marts,
    read_as_of_date,
)
from targeted_lists.saved.tables import save_tables

PUBLISHED_LAYERS = ("core", "marts", "lists", "metrics", "findings")
UNPUBLISHED_FOLDERS = {"preparation", "ml"}
GOOD_STATUSES = {"success", "pass", "warn", "no-op"}
NODE_TYPES = {
    "build": ("seed", "snapshot", "model", "test"),
    "seed": ("seed",),
    "snapshot": ("snapshot",),
    "run": ("model",),
    "test": ("test",),
}
# Unit tests look at code with rows of their own, whatever the data; they may be left out.
NEEDLESS = ["unit_test"]
STEPS = {"seeds": ("seed",), "models": ("snapshot", "model")}
# Arguments of dbt that leave out nodes or rows.
LIMITS = (
    "select",
    "exclude",
    "selector",
    "resource_types",
    "exclude_resource_types",
    "empty",
    "sample",
)


@dataclass(frozen=True)
class Run:
    """A finished run of dbt, as the on-run-end hook tells it.

    Attributes
    ----------
    command : build, seed, run, test or snapshot.
    arguments : the command line's arguments by name.
    nodes : every enabled node of the project, whether it ran or not: unique_id, resource_type,
        checksum, folders, language, schema, name, is_saved and is_past_frozen.
    statuses : dbt's status of each node that ran, by unique_id; unit tests too.
    database, dataset, language, time_zone, tax_basis, small_cell, dbt_version : written into the
        publication.
    """

    command: str
    arguments: dict[str, Any]
    nodes: list[dict[str, Any]]
    statuses: dict[str, str]
    database: str
    dataset: str
    language: str
    dbt_version: str
    time_zone: str = ""
    tax_basis: str = "as written"
    small_cell: int | None = None


def end_run_json(connection: duckdb.DuckDBPyConnection, request: str) -> str:
    """Call `end_run` as a SQL function does: JSON of a `Run` in, `message` and `is_error` out."""
    try:
        message = end_run(connection, run=Run(**json.loads(request)))
    except PublicationError as error:
        return json.dumps({"message": str(error), "is_error": True})
    return json.dumps({"message": message, "is_error": False})


def end_run(connection: duckdb.DuckDBPyConnection, *, run: Run) -> str:
    """Note what is whole now, publish if all of it is and was tested, and say so.

    Returns
    -------
    One sentence for the log.

    Raises
    ------
    PublicationError : the marts are ready but could not be published.
    """
    note_seeds(connection, find_loaded_seeds(run))
    if fault := find_fault(run):
        return f"Not published: {fault}."
    if run.command in ("build", "seed"):
        note_step(connection, run, "seeds")
    if run.command in ("build", "run"):
        note_step(connection, run, "models")
    if run.command not in ("build", "test"):
        return "Not published yet: `dbt seed`, `dbt run`, `dbt test` publish together."
    if not all(is_whole(connection, run, step) for step in STEPS):
        return (
            "Not published: seeds and models were not built whole, or have changed since; "
            "`dbt build` builds, tests and publishes them."
        )
    published = publish_marts(
        connection,
        request=Request(
            database=run.database,
            dataset=run.dataset,
            language=run.language,
            tables=sorted(
                (node["schema"], node["name"]) for node in run.nodes if is_published(node)
            ),
            dbt_version=run.dbt_version,
            time_zone=run.time_zone,
            tax_basis=run.tax_basis,
            small_cell=run.small_cell,
        ),
    )
    save_state(connection, run)
    note_tests(connection, as_of_date=read_as_of_date(connection, run.database))
    return published


def is_published(node: Mapping[str, Any]) -> bool:
    """Whether readers get a node: what lies in a mart, but for its preparation and its models."""
    return (
        node["resource_type"] == "model"
        and node["folders"][0] in PUBLISHED_LAYERS
        and UNPUBLISHED_FOLDERS.isdisjoint(node["folders"])
    )


def find_loaded_seeds(run: Run) -> dict[str, str]:
    """Return the checksums of the seeds that a run loaded, by name."""
    return {
        node["name"]: node["checksum"]
        for node in run.nodes
        if node["resource_type"] == "seed" and run.statuses.get(node["unique_id"]) == "success"
    }


def save_state(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Keep the tables that later runs ask after (targeted_lists/saved/tables.py).

    A dataset without a single date has no day to keep them as of.

    Raises
    ------
    PublicationError : the state could not be written; it is as it was.
    """
    saved = [node for node in run.nodes if node.get("is_saved")]
    tables = sorted((node["schema"], node["name"]) for node in saved)
    frozen = {node["name"] for node in saved if node.get("is_past_frozen")}
    as_of_date = read_as_of_date(connection, run.database) if tables else None
    if as_of_date is None:
        return
    try:
        save_tables(
            connection,
            dataset=run.dataset,
            tables=tables,
            as_of_date=as_of_date,
            past_frozen=frozen,
        )
    except (duckdb.Error, OSError) as error:
        raise PublicationError(
            f"The marts are published, but state/{run.dataset} could not be written "
            f"({first_line(error)}); fix that and run `dbt test`."
        ) from error


def find_fault(run: Run) -> str | None:
    """Say why a run was not whole and without failure; None if it was."""
    failures = sum(status not in GOOD_STATUSES for status in run.statuses.values())
    if failures:
        return (
            f"{failures} of {len(run.statuses)} nodes failed or were skipped; "
            f"fix what failed and run `dbt {run.command}` again"
        )
    expected = [
        node["unique_id"] for node in run.nodes if node["resource_type"] in NODE_TYPES[run.command]
    ]
    covered = sum(unique_id in run.statuses for unique_id in expected)
    limits = ["--" + name.replace("_", "-") for name in LIMITS if is_limited(run, name)]
    if limits or covered < len(expected):
        limited = f", limited by {' and '.join(limits)}," if limits else ""
        return (
            f"this run{limited} covered {covered} of {len(expected)} nodes; `dbt build` publishes"
        )
    return None


def is_limited(run: Run, name: str) -> bool:
    """Whether an argument of dbt left out what publication asks for."""
    value = run.arguments.get(name)
    return bool(value) and not (name == "exclude_resource_types" and list(value) == NEEDLESS)


def note_step(connection: duckdb.DuckDBPyConnection, run: Run, step: str) -> None:
    """Note that a step is whole, as the project stands now."""
    connection.execute("delete from main.run_state where step = ?", [step])
    connection.execute(
        "insert into main.run_state values (?, ?)", [step, fingerprint(run.nodes, STEPS[step])]
    )


def is_whole(connection: duckdb.DuckDBPyConnection, run: Run, step: str) -> bool:
    """Whether a step was noted as whole and its files are still the same."""
    noted = connection.execute(
        "select fingerprint from main.run_state where step = ?", [step]
    ).fetchone()
    return noted == (fingerprint(run.nodes, STEPS[step]),)


def fingerprint(nodes: Iterable[dict[str, Any]], resource_types: tuple[str, ...]) -> str:
    """Return a hash of the files behind the nodes of some types, whatever their order."""
    files = sorted(
        f"{node['unique_id']} {node['checksum']}"
        for node in nodes
        if node["resource_type"] in resource_types
    )
    return hashlib.sha256("\n".join(files).encode()).hexdigest()
