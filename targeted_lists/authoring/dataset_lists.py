"""What a dataset says of its lists, written: `lists.csv`, and the var `lists` in `dataset.yml`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from targeted_lists.authoring.list_files import (
    PRIOR,
    ListError,
    find_names,
    line_end,
    read_text,
    with_last_line,
)
from targeted_lists.common import files
from targeted_lists.common.commands import command
from targeted_lists.common.console import say
from targeted_lists.common.outcome import Outcome
from targeted_lists.common.project import PROJECT_FILE
from targeted_lists.inputs.dataset_file import read_dataset_file
from targeted_lists.inputs.dataset_folder import LISTS_FILE, SETTINGS_FILE
from targeted_lists.inputs.dataset_rows import DEFINITIONS, find_dataset_rows, read_seed
from targeted_lists.inputs.list_values import PROBABILITIES
from targeted_lists.inputs.lists_file import find_lists_file, parse_lists, read_lists
from targeted_lists.inputs.readable import Settings


def has_list(name: str, folder: Path) -> bool:
    """Whether the project, or the dataset, has a list."""
    path = find_lists_file(folder)
    return (name,) in read_seed(DEFINITIONS) or bool(path and name in read_lists(path))


def change_list(name: str, given: Mapping[str, str], folder: Path, adapter: str) -> Outcome:
    """Write what a dataset has otherwise of a list that the project has, and say so.

    Parameters
    ----------
    given : by column; what is empty stays as it is.

    Returns
    -------
    `files` (what was written).

    Raises
    ------
    UserError : nothing is given, or a value is unsound; nothing was written.
    """
    cells = {column: value.strip() for column, value in given.items() if value.strip()}
    if not cells:
        raise ListError(
            f"Nothing is said of {name}; say what is otherwise: "
            f"{command('list', dataset=folder.name, list=name, capacity=200)}"
        )
    path = find_lists_file(folder) or folder / LISTS_FILE
    text = put_row(path, {"list_name": name, **cells})
    find_dataset_rows(folder, adapter, lists_text=text)
    files.replace_file(path, lambda draft: draft.write_text(text, "utf-8", newline=""), mode=None)
    said = ", ".join(f"{column} {value}" for column, value in cells.items())
    then = command("lists", dataset=folder.name)
    say(Console(), f"{path}: {name} has {said}. Next: {then}")
    return Outcome({"files": [str(path)], "next": then})


def put_row(path: Path, row: Mapping[str, str]) -> str:
    """Return the text of a `lists.csv` with the columns of a list, and all else as it was.

    Raises
    ------
    InputError : the file cannot be read as it is.
    """
    text = read_text(path) if path.exists() else ""
    if text.strip():
        # Said as a run would.
        parse_lists(text.removeprefix("\ufeff"), path)
    header, *records = [
        record
        for record in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
        if any(record)
    ] or [["list_name"]]
    names = [name.strip().lower() for name in header]
    further = [column for column in row if column not in names]
    place = names.index("list_name")
    for record in records:
        record.extend("" for _ in further)
    own = next((one for one in records if one[place].strip() == row["list_name"]), None)
    if own is None:
        own = [""] * (len(names) + len(further))
        records.append(own)
    for number, column in enumerate([*names, *further]):
        own[number] = row.get(column, own[number])
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator=line_end(text))
    writer.writerows([[*header, *further], *records])
    return written.getvalue()


def name_list(folder: Path, names: list[str]) -> dict[Path, str]:
    """Return `dataset.yml` with the var `lists`, by its path.

    Raises
    ------
    ListError : it is not written so that the line can be put into it.
    """
    path = next(
        (one for one in sorted(folder.iterdir()) if one.name.lower() == SETTINGS_FILE),
        folder / SETTINGS_FILE,
    )
    text = read_text(path) if path.exists() else ""
    before: dict[str, Any] = yaml.safe_load(text) or {}
    line = f"lists: [{', '.join(names)}]"
    end = line_end(text)
    if "lists" in (before.get("vars") or {}):
        added = re.sub(r"(?m)^(\s+)lists: \[[^\]\n]*\]", rf"\1{line}", text, count=1)
    elif found := re.search(r"(?m)^vars:[ \t]*(#.*)?\r?\n(?P<indent>[ \t]+)?", text):
        start = text.index("\n", found.start()) + 1
        added = f"{text[:start]}{found['indent'] or '  '}{line}{end}{text[start:]}"
    else:
        added = f"{with_last_line(text) if text else ''}vars:{end}  {line}{end}"
    wanted = {**before, "vars": {**(before.get("vars") or {}), "lists": names}}
    try:
        is_so = yaml.safe_load(added) == wanted
    except yaml.YAMLError:
        is_so = False
    if not is_so:
        raise ListError(f"{path} has no place for the var lists; write `{line}` into its vars.")
    return {path: added}


def define_for_dataset(row: Mapping[str, str], folder: Path) -> dict[Path, str]:
    """Return the files of a dataset that say what a list may do and that it is made."""
    path = find_lists_file(folder) or folder / LISTS_FILE
    shares = {column: PRIOR[column] for column in PROBABILITIES}
    names = read_dataset_file(folder, Settings()).variables.get("lists")
    return {
        path: put_row(path, {**row, **shares}),
        **name_list(folder, [*(names or find_names(read_text(PROJECT_FILE))), row["list_name"]]),
    }
