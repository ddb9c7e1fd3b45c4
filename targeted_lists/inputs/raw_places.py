"""Where the tables of a dataset lie: in its folder, where `dataset.yml` says, and in archives."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from targeted_lists.common.outcome import UserError
from targeted_lists.inputs.archives import is_archive, list_tables, unpack
from targeted_lists.inputs.dataset_file import NamedFile
from targeted_lists.inputs.dataset_folder import SETTINGS_FILE, file_order
from targeted_lists.inputs.readable import InputError


@dataclass(frozen=True)
class RawPlace:
    """Where a table lies.

    Attributes
    ----------
    path : of the file. table : of an archive, the name of the table in it.
    settings : how it is written, where not as the rest of its dataset.
    """

    path: Path
    table: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> Path:
        """The path as people write it, which goes on in an archive."""
        return self.path / self.table

    def name_in(self, folder: Path) -> str:
        """Return its name for the ledger: from the dataset's folder, or else its own."""
        base = folder if self.path.is_relative_to(folder) else self.path.parent
        return self.shown.relative_to(base).as_posix()

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """Give the path of the file that is read, and say in its faults where it lies."""
        path = unpack(self.path, self.table) if self.table else self.path
        try:
            yield path
        except UserError as error:
            raise type(error)(str(error).replace(str(path), str(self.shown))) from error


def find_places(
    found: Mapping[str, list[Path]], folder: Path, named: Mapping[str, list[NamedFile]]
) -> dict[str, list[tuple[str, RawPlace]]]:
    """Return the tables of each input with their names for the ledger, in the order of these.

    Parameters
    ----------
    found : files in the dataset's folder, by input.
    named : files that `dataset.yml` names, wherever they lie; of one in the folder the settings.

    Raises
    ------
    InputError : there is no such input or no such file, or an archive cannot be read.
    """
    places = {
        name: [place for path in paths for place in list_places(RawPlace(path))]
        for name, paths in found.items()
    }
    for name, ones in named.items():
        if name not in places:
            raise InputError(
                f"{folder / SETTINGS_FILE}: there is no input {name}; there are "
                f"{', '.join(places)}."
            )
        for place in (table for one in ones for table in list_places(find_named(one, folder))):
            there = [
                number
                for number, other in enumerate(places[name])
                if other.shown.resolve() == place.shown.resolve()
            ]
            if there:
                known = places[name][there[0]]
                places[name][there[0]] = replace(known, settings=place.settings)
            else:
                places[name].append(place)
    return {name: name_places(ones, folder) for name, ones in places.items()}


def find_named(named: NamedFile, folder: Path) -> RawPlace:
    """Return where a file lies that `dataset.yml` names.

    Raises
    ------
    InputError : it is not there.
    """
    path = Path(named.path)
    if not path.is_absolute():
        path = (folder / path).resolve()
    if path.is_file():
        return RawPlace(path, settings=named.settings)
    archive = next((one for one in path.parents if is_archive(one) and one.is_file()), None)
    if archive is None:
        raise InputError(
            f"{folder / SETTINGS_FILE} names the file {named.path}, which is not there; put it "
            "back or correct the line."
        )
    return RawPlace(archive, path.relative_to(archive).as_posix(), named.settings)


def list_places(place: RawPlace) -> list[RawPlace]:
    """Return the tables of a file: itself, or all that an archive holds."""
    if place.table or not is_archive(place.path):
        return [place]
    return [replace(place, table=table) for table in list_tables(place.path)]


def name_places(places: list[RawPlace], folder: Path) -> list[tuple[str, RawPlace]]:
    """Return the tables of an input by name; those of one name are told by their folder."""
    counts = Counter(place.name_in(folder) for place in places)
    named = [
        (
            name
            if counts[name := place.name_in(folder)] == 1
            else Path(os.path.relpath(place.shown, folder)).as_posix(),
            place,
        )
        for place in places
    ]
    return sorted(named, key=lambda one: file_order(one[0]))
