"""Finding and opening the raw files of a dataset.

Everything that must be known about a file before SQL reads it is found out here, once: which
input it belongs to, how it is written, and the names in its header. Files that DuckDB reads as
they are stay in place; others (workbooks, other code pages, damaged bytes, broken quotes) get a
readable copy in UTF-8 next to the working database.
"""

from __future__ import annotations

import csv
import itertools
import json
import mmap
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

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
from targeted_lists.inputs.quotes import OPEN_QUOTE, TOO_LONG
from targeted_lists.inputs.raw_places import find_places
from targeted_lists.inputs.readable import (
    NO_TEXT,
    InputError,
    Settings,
    is_utf8,
    make_readable,
    one_line,
    open_text,
    shown_name,
)
from targeted_lists.inputs.reshaping import NAMED_BY, PACKED, find_reshaped

# SQL that reads a file grows with its columns.
MOST_COLUMNS = 1_000


@dataclass(frozen=True)
class InputFile:
    """One raw file of an input, ready to be read by SQL with its own settings.

    Attributes
    ----------
    columns, types : of the header in its order; the types, in DuckDB's words, of parquet alone.
    names : what the columns are read as, in lower case.
    reshaped : what is made of its own columns where a row is not an order line; else empty.
    places : column of the project -> places in the header, of which the first that is not empty
        counts.
    found_at : the raw file itself, of which `path` may be a readable copy.
    rules : what else decides how its rows are read, as one text.
    """

    input: str
    source_file: str
    settings: Settings
    path: str = ""
    format: str = "csv"
    columns: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    reshaped: dict[str, Any] = field(default_factory=dict)
    places: dict[str, list[int]] = field(default_factory=dict)
    found_at: str = ""
    rules: str = ""


@dataclass
class Dataset:
    """The files of a dataset by input, with the settings they are read with."""

    settings: Settings
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
    that the project reads), `statuses` and `variables` of the dataset, and `files`: one object per
    file.
    """
    described = {
        "error": None,
        "settings": asdict(Settings()),
        "columns": {},
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
        mapping=find_mapping(written.mapping, layout, folder),
        sources={**layout.sources, **written.sources},
    )
    found = Dataset(
        settings=written.settings,
        order_fields=written.order_fields,
        statuses=written.statuses,
        variables=written.variables,
    )
    stems = {name: layout.file_names.get(name, (name,)) for name in layout.inputs}
    sorted_files, others = sort_files(folder, stems, layout.suffixes)
    rules = json.dumps([written.order_fields, sorted(written.statuses.items())])
    for input_name, places in find_places(sorted_files, folder, written.files).items():
        for name, place in places:
            with place.opened() as path:
                settings = replace(found.settings, **place.settings)
                is_default = settings.encoding == layout.settings.encoding
                if is_default and "encoding" not in place.settings and is_utf8(path):
                    settings = replace(settings, encoding="utf-8")
                opened = InputFile(
                    input=input_name,
                    source_file=name,
                    settings=settings,
                    found_at=path.as_posix(),
                    rules=rules,
                )
                file = add_reshaped(open_as_written(path, opened, layout), layout)
                refuse_header(file, layout)
            found.files.append(
                replace(
                    file,
                    names=layout.find_columns(file.columns, file.input),
                    places=layout.find_places(file.columns, file.input),
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


def find_mapping(
    given: Mapping[str, dict[str, list[str]]], layout: Layout, folder: Path
) -> dict[str, dict[str, list[str]]]:
    """Return what a dataset's headings are read as, by input.

    Raises
    ------
    InputError : there is no such input.
    """
    if unknown := min(given.keys() - {"", *layout.inputs}, default=None):
        raise InputError(
            f"{folder / SETTINGS_FILE}: mapping names the input {unknown}; there are "
            f"{', '.join(layout.inputs)}."
        )
    return {name: given.get("", {}) | given.get(name, {}) for name in layout.inputs}


def open_as_written(path: Path, file: InputFile, layout: Layout) -> InputFile:
    """Open a file with the first settings in which its header has the required columns."""
    first = open_input(path, file)
    if not find_missing(first, layout) or first.format == "parquet":
        return first
    for other in layout.other_settings:
        opened = open_input(path, replace(file, settings=replace(file.settings, **other)))
        if not find_missing(opened, layout):
            return opened
    return first


def open_input(path: Path, file: InputFile) -> InputFile:
    """Read a file's header, making a readable copy where DuckDB cannot read it in place."""
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty; it needs at least a header line.")
    if path.suffix.lower() == ".parquet":
        columns, types = read_parquet_columns(path)
        # Views are also read from other folders.
        place = path.absolute().as_posix()
        return replace(file, path=place, format="parquet", columns=columns, types=types)
    readable = make_readable(path, file.settings)
    return replace(
        file,
        path=readable.absolute().as_posix(),
        columns=read_header(readable, path, file.settings),
    )


def add_reshaped(file: InputFile, layout: Layout) -> InputFile:
    """Return a file with the columns that are made of its own while it is read."""
    settings = file.settings
    reshaped = find_reshaped(file.columns, settings)
    if file.format == "parquet" or (reshaped.packed is None and reshaped.document is None):
        return file
    sources = layout.sources.get(file.input, {}).values()
    mapped = layout.mapping.get(file.input, {})
    read = [*(one for headings in sources for one in headings), *layout.headers, *mapped]
    cells: list[str] = []
    if reshaped.packed is not None:
        with closing(open_text(Path(file.path), "utf-8-sig")) as lines:
            rows = csv.reader(lines, delimiter=settings.delimiter, skipinitialspace=True)
            cells = [
                row[reshaped.packed]
                for row in itertools.islice(rows, 1, NAMED_BY)
                if len(row) == reshaped.width
            ]
    with Path(file.path).open("rb") as stream:
        held = [
            one
            for one in read
            if one.startswith(PACKED) and holds(stream, f"{one.removeprefix(PACKED)}:")
        ]
    reshaped = find_reshaped(file.columns, settings, cells, held)
    return replace(file, reshaped=asdict(reshaped), columns=[*file.columns, *reshaped.columns])


def holds(stream: IO[bytes], text: str) -> bool:
    """Whether a text stands anywhere in a file, in UTF-8."""
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        return whole.find(text.encode()) >= 0


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
        if required and places.keys().isdisjoint({column, *INSTEAD.get((file.input, column), ())})
    ]


def refuse_header(file: InputFile, layout: Layout) -> None:
    """Stop on too many columns, and on a repeated or a missing required one.

    Without a header the first customer would stand in the sentence, and in the log: a name is
    shown only where the first line looks like names.
    """
    settings = file.settings
    names = layout.find_columns(file.columns, file.input)
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
        both = [one for one, name in zip(file.columns, names, strict=True) if name == repeated[0]]
        mapped = {heading.lower() for heading in layout.mapping.get(file.input, {})}
        if not mapped.isdisjoint(one.lower() for one in both):
            raise InputError(
                f"{file.source_file} has two headings that are read as {repeated[0]}, "
                f"{' and '.join(both[:2])}; leave one of them out of the mapping in "
                f"{SETTINGS_FILE}."
            )
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
    wanted = layout.find_header(missing[0])
    if missing[0] == "customer_id":
        wanted = ", ".join([wanted, *INSTEAD.get((file.input, "customer_id"), ())])
        wanted = " or ".join(wanted.rsplit(", ", 1))
    raise InputError(
        f"{file.source_file} has no column {wanted} in its first line; rename or add it ({hint})."
    )
