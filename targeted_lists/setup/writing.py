"""What was understood of a shop's files, as `dataset.yml`; and the files copied, if wished."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from targeted_lists.common import files
from targeted_lists.inputs.dataset_file import UNDECIDED, ways_out
from targeted_lists.inputs.raw_places import RawPlace, list_places
from targeted_lists.setup.sniffing import Written
from targeted_lists.setup.understanding import Understood

# What each setting says, for who reads the file.
MEANINGS = {
    "delimiter": "between the fields of a line",
    "encoding": "the code page of the text files",
    "skip_lines": "lines above the header",
    "sheet": "of the workbook",
    "decimal": "the mark before decimals",
    "thousands": "one such mark alone parts thousands: 2,000 is two thousand",
    "timestamp_format": "of most dates; others are read as well",
    "date_order": "of dates such as 01/02/2026",
    "currency": "of the dataset's amounts",
    "total": "a row that begins so sums up others, and is rejected",
    "time_zone": "on whose clocks times with an offset are shown",
}


@dataclass(frozen=True)
class Placed:
    """A file as dataset.yml names it: its path from there, and its own settings."""

    path: str
    settings: dict[str, str] = field(default_factory=dict)


def place_files(
    understood: Understood, folder: Path, *, is_copying: bool
) -> dict[str, list[Placed]]:
    """Return the files of each input as dataset.yml names them, or copy them into the folder."""
    places: dict[str, list[Placed]] = {}
    for name, ones in understood.inputs.items():
        for written, whole in join_archives(ones, understood.own_settings):
            own = understood.own_settings.get(str(written.path), {})
            path = written.place.path if whole else written.path
            if is_copying:
                table = "" if whole else written.place.table
                target = folder / f"{name}_{table.replace('/', '_') or path.name}"
                copy(written, target, whole=whole)
            else:
                target = path
            is_found = target.resolve().parent == folder.resolve() and (
                target.stem.lower().startswith(name)
            )
            if own or not is_found:
                places.setdefault(name, []).append(Placed(relative(target, folder), own))
    return places


def join_archives(
    ones: list[Written], own_settings: Mapping[str, Mapping[str, str]]
) -> list[tuple[Written, bool]]:
    """Return files, and of archives whose tables are all here and alike the first one as a whole.

    A table that comes into such an archive later is read as well.
    """
    found: list[tuple[Written, bool]] = []
    joined: set[Path] = set()
    here = {written.path for written in ones if str(written.path) not in own_settings}
    for written in ones:
        place = written.place
        if place.path in joined:
            continue
        every = [one.shown for one in list_places(RawPlace(place.path))]
        if place.table and here.issuperset(every):
            joined.add(place.path)
            found.append((written, True))
        else:
            found.append((written, False))
    return found


def copy(written: Written, target: Path, *, whole: bool) -> None:
    """Copy a file, a whole archive or a table of one."""

    def write(draft: Path, source: Path) -> None:
        shutil.copyfile(source, draft)

    if whole:
        files.replace_file(target, lambda draft: write(draft, written.place.path), mode=None)
        return
    with written.place.opened() as source:
        files.replace_file(target, lambda draft: write(draft, source), mode=None)


def relative(path: Path, folder: Path) -> str:
    """Return a path from a folder; as it is where there is no way, such as from another disk."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def render(understood: Understood, places: Mapping[str, list[Placed]], paths: list[Path]) -> str:
    """Return `dataset.yml` with a comment for everything that was understood."""
    lines = [f"# Written by targeted-lists init from {', '.join(path.name for path in paths)}."]
    if undecided(understood):
        lines.append(f"# What is {UNDECIDED} could not be told from the files: decide it here.")
    if understood.connector:
        lines.append(f"connector: {understood.connector.name}  # {understood.connector.title}")
    lines += [f"# {note}" for note in understood.notes]
    for name, value in understood.settings.items():
        ways = ways_out(name) if value == UNDECIDED else MEANINGS.get(name, "")
        lines.append(f"{name}: {quoted(value)}  # {ways}")
    if places:
        lines += ["", "# The files of each input, from this folder."]
        lines += ["files:"]
        for name, named in places.items():
            lines.append(f"  {name}:")
            lines += [f"    - {render_file(one)}" for one in named]
    if understood.mapping:
        lines += [
            "",
            "# A heading, and the column that it is read as; the second of two where that one's",
            "# own heading is empty.",
            "mapping:",
        ]
    for name, mapped in understood.mapping.items():
        lines.append(f"  {name}:")
        lines += [
            f"    {quoted(one)}: {render_columns(columns)}" for one, columns in mapped.items()
        ]
    if understood.known_statuses:
        known = ", ".join(
            f"{word} = {status}" for word, status in understood.known_statuses.items()
        )
        lines += ["", f"# Statuses that are known: {known}."]
    if understood.statuses:
        lines += ["", "# A status of the shop: placed, delivered, cancelled or returned."]
        lines += ["statuses:"]
        lines += [f"  {quoted(word)}: {status}" for word, status in understood.statuses.items()]
    return "\n".join([*lines, ""])


def render_columns(columns: list[str]) -> str:
    """Return what a heading is read as, as `mapping` says it."""
    return columns[0] if len(columns) == 1 else f"[{', '.join(columns)}]"


def render_file(placed: Placed) -> str:
    """Return a file as a line of `files` names it, with its own settings where it has some."""
    if not placed.settings:
        return quoted(placed.path)
    parts = {"path": placed.path, **placed.settings}
    return "{" + ", ".join(f"{name}: {quoted(value)}" for name, value in parts.items()) + "}"


def quoted(text: str) -> str:
    """Return a text as YAML writes it."""
    return yaml.safe_dump(text, allow_unicode=True, default_style='"', width=10**6).strip()


def undecided(understood: Understood) -> list[str]:
    """Return the settings and statuses that the files leave open."""
    every = {**understood.settings, **understood.statuses}
    return [name for name, value in every.items() if value == UNDECIDED]
