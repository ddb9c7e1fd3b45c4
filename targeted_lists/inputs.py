"""Finding and opening the raw files of a dataset.

Everything that must be known about a file before SQL reads it is found out here, once: which
input it belongs to, how it is written, and the names in its header. Files that DuckDB reads as
they are stay where they lie; others (workbooks, other code pages, damaged bytes) get a readable
copy in UTF-8 beside the working database.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import functools
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import yaml

READABLE_FOLDER = Path("warehouse") / "readable"
CHUNK = 1 << 20
SUFFIXES = (".csv", ".csv.gz", ".parquet")
SETTINGS_FILE = "dataset.yml"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class InputError(ValueError):
    """A dataset that cannot be read; the message is one sentence for the user."""


@dataclass(frozen=True)
class Settings:
    """How a dataset's text files are written; `dataset.yml` in its folder may set each."""

    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    timestamp_format: str = ""


@dataclass(frozen=True)
class InputFile:
    """One raw file of an input, ready to be read by SQL."""

    input: str
    source_file: str
    path: str
    format: str
    columns: list[str]


@dataclass
class Dataset:
    """The files of a dataset by input, with the settings they are read with."""

    settings: Settings
    files: list[InputFile] = field(default_factory=list)
    ignored_files: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Layout:
    """What an adapter looks for in a folder: input -> column in lower case -> is required."""

    inputs: dict[str, dict[str, bool]]
    needs_one_of: tuple[str, ...]
    suffixes: tuple[str, ...] = SUFFIXES
    settings: Settings = Settings()
    file_names: dict[str, tuple[str, ...]] = field(default_factory=dict)


ONLINE_RETAIL = Layout(
    inputs={
        "online_retail": dict.fromkeys(
            (
                "invoiceno",
                "stockcode",
                "description",
                "quantity",
                "invoicedate",
                "unitprice",
                "customerid",
                "country",
            ),
            True,
        )
    },
    needs_one_of=("online_retail",),
    suffixes=(*SUFFIXES, ".xlsx"),
    settings=Settings(encoding="iso-8859-1"),
    file_names={"online_retail": ("online_retail", "Online Retail")},
)


def describe_inputs_json(contract: str, data_dir: str, dataset: str, adapter: str) -> str:
    """Describe a dataset's files for the SQL that reads them.

    Parameters
    ----------
    contract : JSON of the var `input_contract`: input -> column -> "type[, required]".
    data_dir, dataset, adapter : where the folder lies, its name, and the adapter's name.

    Returns
    -------
    JSON with `error` (a sentence, or null), `settings`, `columns` (input -> the lower-case names
    that the project reads), and `files`: one object per file.
    """
    described = {"error": None, "settings": asdict(Settings()), "columns": {}, "files": []}
    try:
        layout = layout_of(adapter, json.loads(contract))
        found = find_inputs(Path(data_dir), dataset, layout)
    except InputError as error:
        return json.dumps({**described, "error": str(error)})
    return json.dumps(
        {
            "error": None,
            "settings": asdict(found.settings),
            "columns": {name: sorted(columns) for name, columns in layout.inputs.items()},
            "files": [asdict(file) for file in found.files],
        }
    )


def layout_of(adapter: str, contract: dict[str, dict[str, str]]) -> Layout:
    """Return the layout an adapter reads; `contract` is the parsed var `input_contract`."""
    if adapter == "online_retail":
        return ONLINE_RETAIL
    if adapter != "contract":
        raise InputError(
            f"There is no adapter {adapter!r}; set the var adapter to contract or online_retail."
        )
    inputs = {
        name: {column.lower(): kind.endswith("required") for column, kind in columns.items()}
        for name, columns in contract.items()
    }
    return Layout(inputs=inputs, needs_one_of=("order_lines", "customer_totals"))


def find_inputs(data_dir: Path, dataset: str, layout: Layout) -> Dataset:
    """Find a dataset's files, read their headers, and see that the required columns are there.

    Raises
    ------
    InputError : the first thing that keeps the run from going on, as one sentence.
    """
    folder = find_folder(data_dir, dataset)
    found = Dataset(settings=read_settings(folder, layout.settings))
    taken: set[Path] = set()
    for input_name, columns in layout.inputs.items():
        for path in find_files(folder, layout, input_name):
            taken.add(path)
            file = open_input(path, input_name, folder, found.settings)
            refuse_header(file, columns, found.settings)
            found.files.append(file)
    if not {file.input for file in found.files} & set(layout.needs_one_of):
        names = " or ".join(f"{name}.csv" for name in layout.needs_one_of)
        raise InputError(
            f"{folder} holds no {names} (also .csv.gz, .parquet, several files, or a folder of "
            "that name); put one there."
        )
    found.ignored_files = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.iterdir()
        if path.is_file() and path not in taken and path.name != SETTINGS_FILE
    )
    return found


def find_folder(data_dir: Path, dataset: str) -> Path:
    """Return the dataset's folder, or say which names exist."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", dataset):
        raise InputError(
            f"The dataset name {dataset!r} may hold letters, digits, _ and - only; "
            "rename the folder."
        )
    folder = data_dir / dataset
    if folder.is_dir():
        return folder
    there = (
        sorted(path.name for path in data_dir.iterdir() if path.is_dir())
        if (data_dir.is_dir())
        else []
    )
    close = difflib.get_close_matches(dataset, there, n=1)
    hint = (
        f"did you mean {close[0]}?"
        if close
        else f"the folders there are {', '.join(there)}."
        if there
        else "name the place of your folders with data_dir."
    )
    raise InputError(f"There is no folder {folder}; {hint}")


def read_settings(folder: Path, defaults: Settings) -> Settings:
    """Read `dataset.yml` of a folder over the adapter's defaults."""
    path = folder / SETTINGS_FILE
    if not path.is_file():
        return defaults
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not readable as YAML ({_one_line(error)}).") from error
    known = asdict(defaults)
    if not isinstance(given, dict) or set(given) - set(known):
        extra = sorted(set(given) - set(known)) if isinstance(given, dict) else [str(given)]
        raise InputError(
            f"{path} has the unknown setting {extra[0]}; it may have {', '.join(known)}."
        )
    settings = Settings(**{**known, **{key: str(value) for key, value in given.items()}})
    try:
        codecs.lookup(settings.encoding)
    except LookupError as error:
        raise InputError(f"{path} names the unknown encoding {settings.encoding!r}.") from error
    if len(settings.delimiter) != 1:
        raise InputError(f"{path}: the delimiter must be one character.")
    return settings


def find_files(folder: Path, layout: Layout, input_name: str) -> list[Path]:
    """Return the files of an input in order of name: the later one wins where they overlap."""
    stems = layout.file_names.get(input_name, (input_name,))
    found: set[Path] = set()
    for stem in stems:
        for suffix in layout.suffixes:
            found.update(folder.glob(f"{stem}{suffix}"))
            found.update(folder.glob(f"{stem}_*{suffix}"))
            found.update(folder.glob(f"{stem}/*{suffix}"))
    return sorted(path for path in found if path.is_file())


def open_input(path: Path, input_name: str, folder: Path, settings: Settings) -> InputFile:
    """Read a file's header, making a readable copy where DuckDB cannot read it in place."""
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty; it needs at least a header line.")
    if path.suffix == ".parquet":
        readable, columns = path, read_parquet_columns(path)
    else:
        readable = make_readable(path, settings)
        columns = read_header(readable, path, settings)
    return InputFile(
        input=input_name,
        source_file=path.relative_to(folder).as_posix(),
        path=readable.as_posix(),
        format="parquet" if path.suffix == ".parquet" else "csv",
        columns=columns,
    )


def read_parquet_columns(path: Path) -> list[str]:
    """Return the column names of a parquet file."""
    import duckdb

    with duckdb.connect() as connection:
        try:
            return connection.read_parquet(str(path)).columns
        except duckdb.Error as error:
            raise InputError(f"{path} is not readable as parquet; export it again.") from error


def read_header(readable: Path, path: Path, settings: Settings) -> list[str]:
    """Return the first record of a UTF-8 text file; the names of empty cells are numbered."""
    with _open_text(readable) as lines:
        try:
            header = next(csv.reader(lines, delimiter=settings.delimiter), [])
        except csv.Error as error:
            raise InputError(f"{path} has an unreadable header ({_one_line(error)}).") from error
    names = [name.strip() for name in header]
    if not any(names):
        raise InputError(f"{path} begins with an empty line; its first line must be the header.")
    return [name or f"column_{number}" for number, name in enumerate(names, start=1)]


def refuse_header(file: InputFile, columns: dict[str, bool], settings: Settings) -> None:
    """Stop on a repeated or a missing required column."""
    names = [name.lower() for name in file.columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(
            f"{file.source_file} has the column {repeated[0]} twice; rename one of them."
        )
    missing = [column for column, required in columns.items() if required and column not in names]
    if not missing:
        return
    if len(names) == 1 and file.format == "csv":
        raise InputError(
            f"{file.source_file} has one column at the delimiter {settings.delimiter!r}; set "
            f"`delimiter` in {SETTINGS_FILE} beside it, or add the column {missing[0]}."
        )
    raise InputError(
        f"{file.source_file} has no column {missing[0]}; rename or add it "
        f"(the file has {', '.join(file.columns)})."
    )


def make_readable(path: Path, settings: Settings) -> Path:
    """Return the path itself where it is sound UTF-8, else that of a readable copy."""
    if path.suffix == ".xlsx":
        return _copy(path, settings, _workbook_text)
    is_utf8 = codecs.lookup(settings.encoding).name in ("utf-8", "utf-8-sig", "ascii")
    state = path.stat()
    if is_utf8 and _is_sound(path, state.st_size, state.st_mtime_ns):
        return path
    return _copy(path, settings, _decoded_text)


@functools.cache
def _is_sound(path: Path, size: int, mtime_ns: int) -> bool:
    """Whether a file decodes as UTF-8 to its end; read once for each state of the file."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(path: Path) -> Iterator[bytes]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as stream:
            while chunk := stream.read(CHUNK):
                if b"\0" in chunk:
                    raise InputError(
                        f"{path} holds zero bytes, so it is no CSV text; export it as UTF-8 CSV."
                    )
                yield chunk
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(
            f"{path} is not a whole gzip file ({_one_line(error)}); copy or export it again."
        ) from error


def _decoded_text(path: Path, settings: Settings) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(settings.encoding)(errors="replace")
    for chunk in _chunks(path):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _workbook_text(path: Path, settings: Settings) -> Iterator[str]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows()
    except CalamineError as error:
        raise InputError(f"{path} is not a readable workbook; export it again.") from error
    text = io.StringIO()
    writer = csv.writer(text, delimiter=settings.delimiter, lineterminator="\n")
    for row in rows:
        writer.writerow([_cell_text(cell) for cell in row])
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def _cell_text(cell: object) -> str:
    # A workbook keeps whole numbers as floats: customer 17850 must not become "17850.0".
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _copy(path: Path, settings: Settings, read_text) -> Path:
    """Write a file's text as UTF-8, once for each state of the file and of the settings."""
    state = path.stat()
    key = f"{path.resolve()}|{state.st_size}|{state.st_mtime_ns}|{settings}"
    target = READABLE_FOLDER / f"{hashlib.md5(key.encode()).hexdigest()}.csv"
    if not target.exists():
        READABLE_FOLDER.mkdir(parents=True, exist_ok=True)
        draft = target.with_suffix(".part")
        with draft.open("w", encoding="utf-8", newline="") as stream:
            for text in read_text(path, settings):
                stream.write(text)
        draft.replace(target)
    return target


def _open_text(path: Path) -> io.TextIOBase:
    opener = gzip.open if path.suffix == ".gz" else open
    return opener(path, "rt", encoding="utf-8-sig", newline="")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
