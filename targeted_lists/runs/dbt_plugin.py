"""The Python side of a dbt run: opens the working database and lends SQL a few functions.

dbt-duckdb loads this module through `plugins` in `profiles.yml`.
"""

from __future__ import annotations

import atexit
import functools
import os
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection

from targeted_lists.common import files
from targeted_lists.common.folders import STATE_FOLDER, WAREHOUSE_FOLDER
from targeted_lists.common.project import is_here, search_path
from targeted_lists.common.system import memory_size
from targeted_lists.inputs.contacts import give_contacts
from targeted_lists.inputs.dataset_folder import find_folder, refuse_name
from targeted_lists.inputs.dataset_rows import describe_dataset_rows_json
from targeted_lists.inputs.raw_files import describe_inputs_json
from targeted_lists.inputs.readable import InputError
from targeted_lists.inputs.seeds import check_seeds_json
from targeted_lists.runs.erasure import erase_customers_json
from targeted_lists.runs.increments import plan_run_json
from targeted_lists.runs.publication import wal_of
from targeted_lists.runs.run_end import end_run_json
from targeted_lists.runs.run_start import ensure_salt, start_state_json
from targeted_lists.saved.salt import give_salt, make_salt, mark_of, read_salt

NOTHING_TO_SAY = '{"message": null, "is_error": false}'
MEMORY_SHARE = 0.5
MOST_MEMORY_GB = 8


def default_memory_limit() -> str:
    """Return what DuckDB may hold before it spills: half of the memory, and at most 8 GB.

    The Python models hold theirs next to it, in the same process.
    """
    most = MOST_MEMORY_GB * 2**30
    memory = memory_size()
    return f"{most if memory is None else min(most, int(memory * MEMORY_SHARE)) // 2**20}MiB"


class Plugin(BasePlugin):
    """Guards the opening of `warehouse/NAME.duckdb` and registers the functions below."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Keep the dataset that `profiles.yml` names."""
        self.data_dir = Path(str(plugin_config["data_dir"]))
        self.dataset = str(plugin_config["dataset"])
        self.is_lasting = True

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Refuse a dataset that has neither files nor a database, before DuckDB creates one."""
        database = Path(creds.path)
        self.is_lasting = database.parent == WAREHOUSE_FOLDER
        try:
            refuse_name(self.dataset)
            if not database.exists():
                find_folder(self.data_dir, self.dataset)
        except InputError as error:
            raise DbtRuntimeError(str(error)) from None
        if creds.path != ":memory:":
            files.make_folder(database.parent)
            database.parent.chmod(files.PRIVATE_FOLDER)
        self.database = database
        if threads := os.environ.get("DUCKDB_THREADS"):
            config["threads"] = threads
        config["memory_limit"] = os.environ.get("DUCKDB_MEMORY_LIMIT") or default_memory_limit()
        # What does not fit is spilled next to the database, and is removed when it closes.
        config["temp_directory"] = f"{database}.tmp"
        if not is_here():
            # Where SQL reads a file of the project, such as seeds/code_labels.csv.
            config["file_search_path"] = search_path()

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Register the functions that macros call; each takes and returns JSON text.

        They have side effects or read files, so DuckDB must call them once a row and never
        fold them away.
        """

        def end_run(request: str) -> str:
            # A function must not use the connection that is calling it.
            with conn.cursor() as cursor:
                return end_run_json(cursor, request)

        # A database that is thrown away, as of a linter, neither makes state nor changes it.
        @functools.cache
        def customer_key_salt() -> str:
            if self.is_lasting:
                return ensure_salt(self.dataset)
            return read_salt(self.dataset, folder=STATE_FOLDER) or make_salt()

        def start_state(dataset: str) -> str:
            return start_state_json(dataset) if self.is_lasting else NOTHING_TO_SAY

        def erase_customers(dataset: str, request: str) -> str:
            if not self.is_lasting:
                return NOTHING_TO_SAY
            with conn.cursor() as cursor:
                return erase_customers_json(cursor, dataset, request, salt=customer_key_salt())

        def plan_run(request: str) -> str:
            with conn.cursor() as cursor:
                return plan_run_json(cursor, request, salt_mark=mark_of(customer_key_salt()))

        for name, function in {
            "check_seeds": check_seeds_json,
            # Read once, so that a run notes the rows that it has loaded.
            "describe_dataset_rows": functools.cache(describe_dataset_rows_json),
            "describe_inputs": describe_inputs_json,
            "end_run": end_run,
            "erase_customers": erase_customers,
            "plan_run": plan_run,
            "start_state": start_state,
        }.items():
            conn.create_function(name, function, side_effects=True)
        give_salt(conn, lambda: customer_key_salt())
        give_contacts(conn)
        for path in (self.database, wal_of(self.database)):
            if path.exists():
                path.chmod(files.PRIVATE_FILE)
        # The functions and the connection hold each other: a process that leaves it open, as
        # sqlfluff does, would end in a page of warnings about leaks.
        atexit.register(conn.close)
