"""Finding and opening the raw files of a dataset.

Everything that must be known about a file before SQL reads it is found out here, once: which
input it belongs to, how it is written, and the names in its header. Files that DuckDB reads as
they are stay in place; others (workbooks, other code pages, damaged bytes, broken quotes) get a
readable copy in UTF-8 next to the working database.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from targeted_lists.inputs.dataset_file import read_dataset_file
from targeted_lists.inputs.dataset_folder import (
    LISTS_FILE,
    SETTINGS_FILE,
    find_folder,
    refusing_unreadable,
    sort_files,
)
from targeted_lists.inputs.layouts import INSTEAD, Layout, layout_of
from targeted_lists.inputs.readable import (
    NO_TEXT,
    OPEN_QUOTE,
    TOO_LONG,
    InputError,
    Settings,
    is_utf8,
    make_readable,
    one_line,
    open_text,
    shown_name,
)

# SQL that reads a file grows with its columns.
MOST_COLUMNS = 1_000


@dataclass(frozen=True)
class InputFile:
    """One raw file of an input, ready to be read by SQL with its own settings.

    Attributes
    ----------
    columns, types : of the header in its order; the types, in DuckDB's words, of parquet alone.
    places : column of the project -> places in the header, of which the first that is not empty
        counts.
    found_at : the raw file itself, of which `path` may be a readable copy.
    rules : what else decides how its rows are read, as one text.
    """

    input: str
    source_file: str
    path: str
    format: str
    columns: list[str]
    types: list[str]
    settings: Settings
    places: dict[str, list[int]] = field(default_factory=dict)
    found_at: str = ""
    rules: str = ""


@dataclass
class Dataset:
    """The files of a dataset by input, with the settings they are read with."""

    settings: Settings
    headers: dict[str, str] = field(default_factory=dict)
    order_fields: list[str] = field(default_factory=list)
    statuses: dict[str, str] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    files: list[InputFile] = field(default_factory=list)
    ignored_files: list[str] = field(default_factory=list)


def describe_inputs_json(contract: str, data_dir: str, dataset: str, adapter: str) -> str:
    """Describe a dataset's files for the SQL that reads them.

    Parameters
    ----------
    contract : JSON of the var `input_contract`: input -> column -> "type[, required]".
    data_dir, dataset, adapter : where the folder lies, its name, and the adapter's name.

    Returns
    -------
    JSON with `error` (a sentence, or null), `settings`, `columns` (input -> the lower-case names
    that the project reads), `headers` (lower-case header -> the column it is read as, where it
    has another name), `statuses` and `variables` of the dataset, and `files`: one object per
    file.
    """
    described = {
        "error": None,
        "settings": asdict(Settings()),
        "columns": {},
        "headers": {},
        "order_fields": [],
        "statuses": {},
        "variables": {},
        "files": [],
    }
    try:
        # Also where the files cannot be read, as by another adapter than these name.
        described["variables"] = read_variables(Path(data_dir) / dataset)
        layout = layout_of(adapter, json.loads(contract))
        found = find_inputs(Path(data_dir), dataset, layout)
    except InputError as error:
        return json.dumps({**described, "error": str(error)}, default=str)
    return json.dumps(
        {
            "error": None,
            "settings": asdict(found.settings),
            "columns": {name: sorted(columns) for name, columns in layout.inputs.items()},
            "headers": {header.lower(): column for header, column in found.headers.items()},
            "order_fields": found.order_fields,
            "statuses": found.statuses,
            "variables": found.variables,
            "files": [asdict(file) for file in found.files],
        },
        default=str,
    )


@refusing_unreadable()
def read_variables(folder: Path) -> dict[str, Any]:
    """Return the vars that a dataset sets for itself; none where it has no folder.

    Raises
    ------
    InputError : `dataset.yml` cannot be used.
    """
    return dict(read_dataset_file(folder, Settings()).variables) if folder.is_dir() else {}


@refusing_unreadable()
def find_inputs(data_dir: Path, dataset: str, layout: Layout) -> Dataset:
    """Find a dataset's files, read their headers, and see that the required columns are there.

    Raises
    ------
    InputError : the first thing that keeps the run from going on, as one sentence.
    """
    folder = find_folder(data_dir, dataset)
    written = read_dataset_file(folder, layout.settings)
    layout = replace(
        layout,
        headers={**layout.headers, **written.mapping},
        sources={**layout.sources, **written.sources},
    )
    found = Dataset(
        settings=written.settings,
        headers=layout.headers,
        order_fields=written.order_fields,
        statuses=written.statuses,
        variables=written.variables,
    )
    stems = {name: layout.file_names.get(name, (name,)) for name in layout.inputs}
    sorted_files, others = sort_files(folder, stems, layout.suffixes)
    add_named_files(sorted_files, folder, written.files)
    for input_name, paths in sorted_files.items():
        for path in paths:
            settings = found.settings
            if settings.encoding == layout.settings.encoding and is_utf8(path):
                settings = replace(settings, encoding="utf-8")
            file = open_as_written(path, input_name, folder, settings, layout)
            refuse_header(file, layout)
            found.files.append(
                replace(
                    file,
                    places=layout.find_places(file.columns, file.input),
                    found_at=path.as_posix(),
                    rules=json.dumps([written.order_fields, sorted(written.statuses.items())]),
                )
            )
    held = {file.input for file in found.files}
    absent = [name for name in layout.needs_all_of if name not in held]
    if held and absent:
        raise InputError(
            f"{folder} holds no {absent[0]}.csv, and {', '.join(layout.needs_all_of)} belong "
            "together; put it there or rename it."
        )
    if not held & set(layout.needs_one_of):
        names = " or ".join(f"{name}.csv" for name in layout.needs_one_of)
        there = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise InputError(
            f"{folder} holds no {names} (also .csv.gz, .parquet, several files, or a folder of "
            f"that name) but {there}; put one there or rename it."
        )
    found.ignored_files = [
        shown_name(path.relative_to(folder).as_posix())
        for path in others
        if path.is_file() and path.name.lower() not in (SETTINGS_FILE, LISTS_FILE)
    ]
    return found


def add_named_files(
    found: dict[str, list[Path]], folder: Path, named: Mapping[str, list[str]]
) -> None:
    """Add to the files of each input those that `dataset.yml` names, wherever they lie.

    Raises
    ------
    InputError : there is no such input, or no such file.
    """
    for name, paths in named.items():
        if name not in found:
            raise InputError(
                f"{folder / SETTINGS_FILE}: there is no input {name}; there are "
                f"{', '.join(found)}."
            )
        for given in paths:
            path = (folder / given).resolve() if not Path(given).is_absolute() else Path(given)
            if not path.is_file():
                raise InputError(
                    f"{folder / SETTINGS_FILE} names the file {given}, which is not there; put it "
                    "back or correct the line."
                )
            if path not in [one.resolve() for one in found[name]]:
                found[name].append(path)


def open_as_written(
    path: Path, input_name: str, folder: Path, settings: Settings, layout: Layout
) -> InputFile:
    """Open a file with the first settings in which its header has the required columns."""
    first = open_input(path, input_name, folder, settings)
    if not find_missing(first, layout) or first.format == "parquet":
        return first
    for other in layout.other_settings:
        file = open_input(path, input_name, folder, replace(settings, **other))
        if not find_missing(file, layout):
            return file
    return first


def open_input(path: Path, input_name: str, folder: Path, settings: Settings) -> InputFile:
    """Read a file's header, making a readable copy where DuckDB cannot read it in place."""
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty; it needs at least a header line.")
    is_parquet = path.suffix.lower() == ".parquet"
    if is_parquet:
        readable = path
        columns, types = read_parquet_columns(path)
    else:
        readable = make_readable(path, settings)
        columns, types = read_header(readable, path, settings), []
    return InputFile(
        input=input_name,
        source_file=(
            path.relative_to(folder) if path.is_relative_to(folder) else Path(path.name)
        ).as_posix(),
        # Views are also read from other folders.
        path=readable.absolute().as_posix(),
        format="parquet" if is_parquet else "csv",
        columns=columns,
        types=types,
        settings=settings,
    )


def read_parquet_columns(path: Path) -> tuple[list[str], list[str]]:
    """Return the names and the DuckDB types of a parquet file's columns."""
    with duckdb.connect() as connection:
        try:
            relation = connection.read_parquet(str(path))
            return relation.columns, [str(one) for one in relation.types]
        except duckdb.Error as error:
            raise InputError(f"{path} is not readable as parquet; export it again.") from error


def read_header(readable: Path, path: Path, settings: Settings) -> list[str]:
    """Return the first record of a UTF-8 text file; the names of empty cells are numbered."""
    lines = open_text(readable, "utf-8-sig")
    try:
        header = next(csv.reader(lines, delimiter=settings.delimiter, skipinitialspace=True), [])
        if not any(name.strip() for name in header) and not any(map(str.strip, lines)):
            raise InputError(f"{path} is empty; it needs at least a header line.")
    except csv.Error as error:
        raise InputError(
            f"{path} has an unreadable header ({one_line(error)}); its first line must name the "
            "columns."
        ) from error
    finally:
        lines.close()
    names = [name.strip() for name in header]
    if not any(names):
        raise InputError(
            f"{path} begins with an empty line; its first line must name the columns."
        )
    if NO_TEXT in "".join(names):
        raise InputError(
            f"{path} is no text in {settings.encoding}; export it as CSV in UTF-8, or name its "
            f"`encoding` in {SETTINGS_FILE} next to it."
        )
    if TOO_LONG in "".join(names):
        raise InputError(
            f"{path} has a first line of more than 16 million bytes; its first line must name "
            "the columns."
        )
    if OPEN_QUOTE in "".join(names):
        raise InputError(f"{path} has a quote in its header that is not closed; close it.")
    return [name or f"column_{number}" for number, name in enumerate(names, start=1)]


def find_missing(file: InputFile, layout: Layout) -> list[str]:
    """Return the required columns that a file's header has not."""
    places = layout.find_places(file.columns, file.input)
    return [
        column
        for column, required in layout.inputs[file.input].items()
        if required and places.keys().isdisjoint({column, *INSTEAD.get(column, ())})
    ]


def refuse_header(file: InputFile, layout: Layout) -> None:
    """Stop on too many columns, and on a repeated or a missing required one.

    Without a header the first customer would stand in the sentence, and in the log: a name is
    shown only where the first line looks like names.
    """
    settings = file.settings
    names = layout.find_columns(file.columns)
    if len(names) > MOST_COLUMNS:
        raise InputError(
            f"{file.source_file} has {len(names):,} columns, and no more than {MOST_COLUMNS:,} "
            "are read; leave out those that the project does not know."
        )
    missing = find_missing(file, layout)
    if missing and len(names) == 1 and file.format == "csv":
        raise InputError(
            f"{file.source_file} has one column at the delimiter {settings.delimiter!r}; set "
            f"`delimiter` in {SETTINGS_FILE} next to it, or add the column "
            f"{layout.find_header(missing[0])}."
        )
    known = layout.inputs[file.input].keys() & names
    is_header = not missing or 2 * len(known) >= min(len(names), len(layout.inputs[file.input]))
    repeated = sorted(
        name for name in {*names} if names.count(name) > 1 and (is_header or name in known)
    )
    if repeated:
        twice = layout.find_header(repeated[0])
        raise InputError(f"{file.source_file} has the column {twice} twice; rename one of them.")
    if not missing:
        return
    hint = (
        f"the file has {', '.join(file.columns)}"
        if is_header
        else f"of the names there these are read: {', '.join(sorted(known))}"
        if known
        else "no name there is read"
    )
    if settings.encoding != "utf-8":
        hint += f"; if it is no text in {settings.encoding}, name `encoding` in {SETTINGS_FILE}"
    raise InputError(
        f"{file.source_file} has no column {layout.find_header(missing[0])} in its first line; "
        f"rename or add it ({hint})."
    )
