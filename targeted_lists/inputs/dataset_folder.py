"""Which files of a dataset's folder belong to which input.

Names are matched without regard to case. What looks like a file of consents, suppressions or
erasures and would not be read stops the run: whoever it names would be contacted.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from targeted_lists.inputs.readable import InputError, shown_name

SETTINGS_FILE = "dataset.yml"
# What a shop says of its lists (dataset_rows.py).
LISTS_FILE = "lists.csv"
SAFETY_INPUTS = ("consents", "suppressions", "erasures")
# To which a run of digits in the name of a file is padded.
DIGITS = 40


@contextmanager
def refusing_unreadable() -> Iterator[None]:
    """Say of a file or a folder that the system does not open which it is."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{error.filename} cannot be opened ({error.strerror}); see to it that you may read "
            "it."
        ) from error


def refuse_name(dataset: str) -> None:
    """Stop on a name that would lead out of the folders that are named after it.

    Raises
    ------
    InputError : it holds more than letters, digits, _ and -.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", dataset):
        raise InputError(
            f"The dataset name {dataset!r} may hold letters, digits, _ and - only; "
            "rename the folder."
        )


def file_order(name: str) -> str:
    r"""Return a text by which names of files are sorted, as the macro of this name does.

    Each run of digits counts as a number, capitals as small letters, and a name comes before one
    that it begins.

    >>> sorted(["b_10.csv", "B_9.csv", "b.csv", "b-2.csv"], key=file_order)
    ['b.csv', 'b-2.csv', 'B_9.csv', 'b_10.csv']
    """
    lowered = "".join(letter.lower()[0] for letter in name).replace(".", "\2")
    padded = re.sub("[0-9]+", lambda found: found[0].zfill(DIGITS)[-DIGITS:], lowered)
    return f"{padded}\1{name}"


@refusing_unreadable()
def find_folder(data_dir: Path, dataset: str) -> Path:
    """Return the dataset's folder, or say which names exist."""
    refuse_name(dataset)
    folder = data_dir / dataset
    refuse_unknown_text(folder)
    if folder.is_dir():
        return folder
    refuse_dead_link(folder)
    there = (
        sorted(path.name for path in data_dir.iterdir() if path.is_dir())
        if data_dir.is_dir()
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


def sort_files(
    folder: Path, stems: Mapping[str, Sequence[str]], suffixes: Sequence[str]
) -> tuple[dict[str, list[Path]], list[Path]]:
    """Return the files of each input in order of name, and what else lies in a folder.

    Of files that overlap the later one wins.

    Parameters
    ----------
    stems : input -> how the names of its files begin: `stem.csv`, `stem_more.csv`, or any name
        in a folder `stem`.
    suffixes : how names of files end.

    Raises
    ------
    InputError : a file of an input cannot be one, or a safety input would be overlooked.
    """
    endings = "|".join(map(re.escape, suffixes))
    found: dict[str, list[Path]] = {name: [] for name in stems}
    others: list[Path] = []
    for entry in sorted(folder.iterdir()):
        for name in stems:
            begins = "|".join(map(re.escape, stems[name]))
            if re.fullmatch(rf"(?:{begins})(?:_.*)?(?:{endings})", entry.name, re.I | re.S):
                found[name].append(entry)
                break
            if re.fullmatch(begins, entry.name, re.I):
                refuse_dead_link(entry)
                if entry.is_dir():
                    inside = [path for path in entry.iterdir() if not path.name.startswith(".")]
                    files = [
                        path for path in inside if re.search(rf"(?:{endings})\Z", path.name, re.I)
                    ]
                    found[name].extend(files)
                    others.extend(sorted(set(inside) - set(files)))
                    break
        else:
            others.append(entry)
    for name, files in found.items():
        # As the ledger orders their names, where a folder's slash is a letter like others.
        files.sort(key=lambda path: file_order(path.as_posix()))
        for path in files:
            refuse_no_file(path, name)
    for path in others:
        refuse_overlooked(path.relative_to(folder), folder, stems)
    return found, others


def refuse_no_file(path: Path, input_name: str) -> None:
    """Stop on what has the name of an input's file and cannot be read as one."""
    refuse_unknown_text(path)
    refuse_dead_link(path)
    if not path.is_file():
        raise InputError(
            f"{path} is not a file; a folder of files is named {input_name}, without ending."
        )


def refuse_dead_link(path: Path) -> None:
    """Stop on a link at whose end there is nothing."""
    if path.is_symlink() and not path.exists():
        raise InputError(
            f"{path} is a link to {os.readlink(path)} and leads to nothing; put the file or "
            "folder there, or remove the link."
        )


def refuse_unknown_text(path: Path) -> None:
    """Stop on a name that SQL cannot hold."""
    if shown_name(str(path)) != str(path):
        raise InputError(f"The name of {path} is no text in UTF-8; rename it.")


def refuse_overlooked(path: Path, folder: Path, stems: Mapping[str, Sequence[str]]) -> None:
    """Stop on what is not read and looks like a safety input.

    Parameters
    ----------
    path : from the dataset's folder.
    """
    # Editors and spreadsheets keep such files next to one that is open.
    if path.name.startswith((".", "~")) or path.name.lower() == SETTINGS_FILE:
        return
    looks_like = find_safety_input(path.as_posix())
    if looks_like is None:
        return
    if looks_like not in stems:
        raise InputError(
            f"{folder / path} looks like {looks_like}, which the adapter of this dataset does "
            "not read, so nobody would be spared by it; move it out of the folder if that is "
            "right."
        )
    raise InputError(
        f"{folder / path} looks like {looks_like} and would not be read, for it is not named as "
        f"such a file; save it as {looks_like}.csv (.csv.gz or .parquet; several as "
        f"{looks_like}_….csv), or move it out of the folder."
    )


def find_safety_input(name: str) -> str | None:
    """Return the safety input that a name resembles.

    ```
    find_safety_input("supressions 2025.txt")  ->  "suppressions"
    ```
    """
    words = re.findall(r"[^\W\d_]+", name.lower())
    for word in [*words, "".join(re.findall(r"[^\W\d_]+", name.lower().partition(".")[0]))]:
        close = difflib.get_close_matches(word, SAFETY_INPUTS, n=1, cutoff=0.8)
        if close:
            return close[0]
    return None
