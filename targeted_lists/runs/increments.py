"""Whether a run may add new files of order lines to what earlier runs built.

It may where everything else is as it was: the code, the vars and seeds that this code reads, and
the files that were read before. Else a new full refresh begins, and every incremental model of an
older one is rebuilt from all files (macros/run/should_full_refresh.sql).

The working database remembers, in its schema `main`:

- `current_run`: one row, the `full_refresh_id` and `run_number` of the last run, and what they
rest on;
  `fit_code` is a hash of the code and vars that tables are mined and fitted by.
- `read_files`: a row for each raw file, with what tells that it has changed and the run that
  first met it so.
- `erased_known`: the hashes of the keys that were erased (targeted_lists/inputs/erasures.py).
- `loaded_seeds`: the checksum of each seed that was loaded.
- `watermarks`: for each table of the folders that a run adds to (the post-hooks in
  dbt_project.yml), each fitted table, and for the tests that all passed, the full refresh and run
  of the rows that it knows, the as-of date and the `fit_code` that it was built with;
  `upstream_fingerprint`, what stood in the small tables that a change of makes it again, and, of
  an incremental or fitted one, `rebuilt_in_run`, the run that last did.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import yaml

from targeted_lists.common.project import PACKAGE, PROJECT_FILE, project_folder
from targeted_lists.common.sql import qualified
from targeted_lists.inputs.dataset_folder import file_order

# Of the raw inputs those that order lines are made of; a new file of the others changes old lines.
LINE_INPUTS = ("order_lines", "online_retail", "order_export")
REWRITING_INPUTS = ("erasures", "exchange_rates", "refunds")
# Where each key is that a run has met, if it is of no damaged row.
HOLDING_KEYS = [
    "int_order_lines_validated",
    "int_customers_validated",
    "int_customer_totals_validated",
]

CODE_FOLDERS = (
    "macros",
    "models/staging",
    "models/intermediate",
    "models/core",
    "models/marts/pivots",
    "models/marts/new_customers/preparation",
)
CODE_FILES = (
    "targeted_lists/inputs/archives.py",
    "targeted_lists/inputs/dataset_folder.py",
    "targeted_lists/inputs/layouts.py",
    "targeted_lists/inputs/quotes.py",
    "targeted_lists/inputs/raw_files.py",
    "targeted_lists/inputs/raw_places.py",
    "targeted_lists/inputs/readable.py",
    "targeted_lists/inputs/reshaping.py",
    "targeted_lists/inputs/workbooks.py",
)
# And those that say what is mined and fitted, where it is reused (macros/run/reusable.sql).
FIT_FOLDERS = ("models/core", "models/marts", "python_ml")
FIT_PACKAGES = ("mlxtend", "numpy", "pandas", "scikit-learn")
PYTHON_PACKAGES = ("python_ml", "targeted_lists")
CODE_SUFFIXES = (".sql", ".py", "__models.yml")
# Vars that make no other rows of the same files: where these are (the files themselves are
# compared), and which marts use their models again.
WITHOUT_EFFECT = {"data_dir", "reuse_models"}
# The macro dataset_rows names it, to refuse a list that is not made: no order line hangs on it.
NOT_OF_LINES = "lists"
# Noted among the vars, as a mark that does not tell it.
SALT_NAME = "salt"

TABLES = """
    create table if not exists main.current_run (
        full_refresh_id bigint, run_number bigint, code varchar, variables varchar,
        fit_code varchar
    );
    create table if not exists main.read_files (
        source_file varchar, input varchar, size bigint, modified bigint, content varchar,
        written varchar, run_number bigint
    );
    create table if not exists main.erased_hashes (kind varchar, erased_hash varchar);
    create table if not exists main.erased_known (erased_hash varchar);
    create table if not exists main.loaded_seeds (seed varchar, checksum varchar);
    create table if not exists main.watermarks (
        model varchar, full_refresh_id bigint, run_number bigint, as_of_date timestamp,
        fit_code varchar, upstream_fingerprint varchar, rebuilt_in_run bigint
    );
"""


@dataclass(frozen=True)
class ReadFile:
    """A raw file as a run met it.

    Attributes
    ----------
    size, modified : bytes, and nanoseconds since 1970.
    content : hash of its bytes.
    written : how it is read: its columns and settings.
    run_number : the run that first met it so.
    """

    source_file: str
    input: str
    size: int
    modified: int
    content: str
    written: str
    run_number: int


def plan_run_json(
    connection: duckdb.DuckDBPyConnection, request: str, *, salt_mark: str = ""
) -> str:
    """Call `plan_run` as a SQL function does: JSON of its arguments in, its sentence out."""
    return json.dumps(plan_run(connection, **json.loads(request), salt_mark=salt_mark))


def plan_run(
    connection: duckdb.DuckDBPyConnection,
    *,
    folder: str,
    files: list[dict[str, Any]] | None,
    variables: Mapping[str, Any],
    seeds: Mapping[str, str],
    project: Path | None = None,
    salt_mark: str = "",
) -> str | None:
    """Give a run its number, begin a full refresh where it cannot add to the last, and say why.

    Parameters
    ----------
    folder : the dataset's.
    files : of `describe_inputs`: source_file, input, columns and settings; none where the run
        reads no file.
    variables : of the command line.
    seeds : checksums of the seeds that this run loads, by name.
    project : folder of the dbt project, where it is not that of the command.
    salt_mark : tells the salt of the customers' keys from another one.

    Returns
    -------
    One sentence where what was built before is rebuilt; none for a first run or one that
    adds.
    """
    connection.execute("begin")
    connection.execute(TABLES)
    project = project or project_folder()
    last = connection.execute("select * from main.current_run").fetchone()
    full_refresh_id, run_number, last_code, last_variables, _ = last or (0, 0, "", "", "")
    run_number += 1
    known = read_known_files(connection)
    found = known if files is None else look_at_files(Path(folder), files, known, run_number)
    changed_seeds = find_seeds_to_load(connection, seeds)
    texts = read_code(project, CODE_FOLDERS, files=CODE_FILES)
    code = hash_texts(texts)
    used_variables = find_used_variables(texts, variables, project)
    used_variables.pop(NOT_OF_LINES, None)
    used = json.dumps({**used_variables, SALT_NAME: salt_mark}, sort_keys=True)
    fit_code = hash_fits(project, variables)
    reason = (
        find_changed_file(known, found)
        or ("the project's code has changed" if code != last_code else None)
        or find_changed_erasures(connection)
        or find_changed_variable(last_variables, used)
        or find_changed_seed(changed_seeds, texts)
    )
    if last is None or reason:
        full_refresh_id += 1
    connection.execute("delete from main.current_run")
    connection.execute(
        "insert into main.current_run values (?, ?, ?, ?, ?)",
        [full_refresh_id, run_number, code, used, fit_code],
    )
    connection.execute("delete from main.read_files")
    connection.execute("delete from main.erased_known")
    connection.execute(
        "insert into main.erased_known "
        "select erased_hash from main.erased_hashes where kind = 'key'"
    )
    for file in found.values():
        connection.execute(
            "insert into main.read_files values (?, ?, ?, ?, ?, ?, ?)", list(vars(file).values())
        )
    connection.execute("commit")
    if last is None or not reason:
        return None
    return f"Order lines are rebuilt from all their files: {reason}."


def note_tests(connection: duckdb.DuckDBPyConnection, *, as_of_date: Any) -> None:
    """Note that what was built up to now has passed every test."""
    connection.execute(TABLES)
    connection.execute("delete from main.watermarks where model = 'tests'")
    connection.execute(
        "insert into main.watermarks (model, full_refresh_id, run_number, as_of_date, fit_code) "
        "select 'tests', full_refresh_id, run_number, ?, fit_code from main.current_run",
        [as_of_date],
    )


def read_known_files(connection: duckdb.DuckDBPyConnection) -> dict[str, ReadFile]:
    """Return the files that the last run met, by name."""
    rows = connection.execute("select * from main.read_files").fetchall()
    return {row[0]: ReadFile(*row) for row in rows}


def look_at_files(
    folder: Path,
    files: Iterable[Mapping[str, Any]],
    known: Mapping[str, ReadFile],
    run_number: int,
) -> dict[str, ReadFile]:
    """Return the files as they are now; those of the same size and time are not read again."""
    found = {}
    for file in files:
        name = file["source_file"]
        path, before = Path(file.get("found_at") or folder / name), known.get(name)
        status = path.stat()
        written = json.dumps(
            [file[part] for part in ("columns", "settings", "places", "rules") if part in file],
            sort_keys=True,
        )
        if before and (before.size, before.modified) == (status.st_size, status.st_mtime_ns):
            content = before.content
        else:
            with path.open("rb") as stream:
                content = hashlib.file_digest(stream, "blake2b").hexdigest()
        is_same = before and (before.content, before.written) == (content, written)
        found[name] = ReadFile(
            source_file=name,
            input=file["input"],
            size=status.st_size,
            modified=status.st_mtime_ns,
            content=content,
            written=written,
            run_number=before.run_number if is_same else run_number,
        )
    return found


def find_changed_file(known: Mapping[str, ReadFile], found: Mapping[str, ReadFile]) -> str | None:
    """Say which file keeps order lines from being added; None where none does.

    The later of two files wins, and lines are numbered in the order of the files' names: only a
    file that comes after all others leaves what is known as it is.
    """
    if not known:
        return None
    read = [name for name, file in known.items() if file.input in LINE_INPUTS]
    last = max(read, key=file_order, default="")
    for name in sorted(known.keys() | found.keys(), key=file_order):
        before, now = known.get(name), found.get(name)
        file_input = (now or before).input
        if file_input not in LINE_INPUTS + REWRITING_INPUTS:
            continue
        if now is None:
            return f"{name} is no longer there"
        if before is None:
            if file_input in REWRITING_INPUTS:
                return f"{name} is new"
            if file_order(name) < file_order(last):
                return f"{name} is new and comes before {last}, which was read already"
        elif before.run_number != now.run_number:
            return f"{name} has changed"
    return None


def find_changed_erasures(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Say that a customer is erased whom tables hold, or is so no longer; None of none.

    New lines of the erased change nothing: they are anonymous from the beginning.
    """
    known, now = "from main.erased_known", "select erased_hash from main.erased_hashes"
    if connection.execute(f"({known}) except ({now})").fetchone():
        return "customers are no longer erased"
    new = f"({now} where kind = 'key') except ({known})"
    if not connection.execute(new).fetchone():
        return None
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = current_database() and list_contains(?::varchar[], table_name)",
        [HOLDING_KEYS],
    ).fetchall()
    for names in tables:
        if connection.execute(
            f"select 1 from {qualified(*names)} where 'e_' || md5(customer_key_salt() || "
            f"customer_id) in ({new}) limit 1"
        ).fetchone():
            return "another key of an erased customer is known"
    return None


def read_code(
    project: Path, folders: Iterable[str], *, files: Iterable[str] = ()
) -> dict[str, str]:
    """Return the texts of the code in some folders and files, by name."""
    texts = {}
    for name in (*folders, *files):
        place = place_of(project, name)
        for path in [place] if place.is_file() else place.rglob("*"):
            if path.name.endswith(CODE_SUFFIXES):
                within = Path(name) / path.relative_to(place)
                texts[within.as_posix()] = path.read_text(encoding="utf-8")
    return dict(sorted(texts.items()))


def place_of(project: Path, name: str) -> Path:
    """Return where code lies: in the project, or where the package was installed."""
    own = project / name
    is_packaged = name.split("/")[0] in PYTHON_PACKAGES and not own.exists()
    return PACKAGE.parent / name if is_packaged else own


def hash_texts(texts: Mapping[str, str]) -> str:
    """Return one hash of names and texts, and of the engine that runs them."""
    whole = json.dumps([duckdb.__version__, texts], sort_keys=True)
    return hashlib.blake2b(whole.encode()).hexdigest()


def hash_fits(project: Path, variables: Mapping[str, Any]) -> str:
    """Return one hash of the code and vars by which tables are mined and fitted."""
    texts = read_code(project, FIT_FOLDERS)
    settings = find_used_variables(texts, variables, project)
    versions = {name: version(name) for name in FIT_PACKAGES}
    return hash_texts(texts | {"settings": json.dumps([settings, versions])})


def find_used_variables(
    texts: Mapping[str, str], given: Mapping[str, Any], project: Path
) -> dict[str, Any]:
    """Return the vars that the code names, as the command line or else the project sets them."""
    settings = yaml.safe_load((project / PROJECT_FILE).read_text(encoding="utf-8"))
    values = {**settings.get("vars", {}), **given}
    names = {
        name for text in texts.values() for name in re.findall(r"""\bvar\(\s*['"](\w+)""", text)
    }
    return {name: str(values[name]) for name in sorted(names - WITHOUT_EFFECT) if name in values}


def find_changed_variable(before: str, now: str) -> str | None:
    """Say which var has changed; None if none has."""
    if not before or before == now:
        return None
    old, new = json.loads(before), json.loads(now)
    changed = min(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    what = "salt of the customers' keys" if changed == SALT_NAME else f"var {changed}"
    return f"the {what} has changed"


def find_seeds_to_load(
    connection: duckdb.DuckDBPyConnection, seeds: Mapping[str, str]
) -> list[str]:
    """Return the names of seeds that are not loaded as they are now.

    Until they are (`note_seeds`), nothing says that they were loaded.
    """
    known = dict(connection.execute("select seed, checksum from main.loaded_seeds").fetchall())
    changed = sorted(name for name, checksum in seeds.items() if known.get(name) != checksum)
    for name in changed:
        connection.execute("delete from main.loaded_seeds where seed = ?", [name])
    return changed


def note_seeds(connection: duckdb.DuckDBPyConnection, seeds: Mapping[str, str]) -> None:
    """Note the checksums of seeds, by name, that were loaded."""
    connection.execute(TABLES)
    for name, checksum in seeds.items():
        connection.execute("delete from main.loaded_seeds where seed = ?", [name])
        connection.execute("insert into main.loaded_seeds values (?, ?)", [name, checksum])


def find_changed_seed(changed: Iterable[str], texts: Mapping[str, str]) -> str | None:
    """Say which of the changed seeds the code names; None if none is."""
    code = "\n".join(texts.values())
    return next((f"the seed {name} has changed" for name in changed if name in code), None)
