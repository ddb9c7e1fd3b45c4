"""Where readable copies of raw files lie, each with a note of whose it is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from targeted_lists.common import files
from targeted_lists.common.folders import WAREHOUSE_FOLDER

READABLE_FOLDER = WAREHOUSE_FOLDER / "readable"


def find_copy(
    path: Path,
    write: Callable[[Path], None],
    *,
    settings: object = None,
    part: str = "",
    ending: str = ".csv",
) -> Path:
    """Return the copy that is made of a file, or of a part of it, after writing it once.

    Copies of another state of the file, or made by other settings, are removed.

    Parameters
    ----------
    write : writes the copy at the path that it is given.
    """
    state = path.stat()
    source = _source_hash(path)
    version = _short_hash(f"{state.st_size} {state.st_mtime_ns} {settings}")
    place = f"{source}-{version}" + (f"-{_short_hash(part)}" if part else "")
    target = READABLE_FOLDER / f"{place}{ending}"
    with files.hold(READABLE_FOLDER):
        if not target.exists():
            _remove_copies(path, but=f"{source}-{version}" if part else None)
            # Before the copy, so that none lies there of which nobody knows whose it is.
            files.replace_file(
                _note_of(path), lambda draft: files.write_text(draft, str(path.resolve()))
            )
            files.replace_file(target, write)
    return target


def remove_outdated() -> None:
    """Remove the copies of files that are no longer there, and drafts of copies."""
    if not READABLE_FOLDER.is_dir():
        return
    with files.hold(READABLE_FOLDER):
        # Then the copies of tables that were unpacked of an archive.
        for _ in range(2):
            there = {
                note.stem
                for note in READABLE_FOLDER.glob("*.source")
                if Path(note.read_text(encoding="utf-8")).exists()
            }
            # Copies before notes, as their names have it: "ab12-cd34.csv", "ab12.source".
            for path in sorted(READABLE_FOLDER.iterdir()):
                if path.name.endswith(files.DRAFT) or re.split("[-.]", path.name)[0] not in there:
                    files.remove(path)


def remove_copies_of(path: Path) -> None:
    """Remove what was written of a file that DuckDB reads as it is by now."""
    if _note_of(path).exists():
        with files.hold(READABLE_FOLDER):
            _remove_copies(path)


def _remove_copies(path: Path, *, but: str | None = None) -> None:
    """Remove what was written of a file; its note goes last, so that no copy is overlooked.

    Parameters
    ----------
    but : how the names of those begin that stay.
    """
    source = _source_hash(path)
    for outdated in sorted(READABLE_FOLDER.glob(f"{source}-*")):
        if but is None or not outdated.name.startswith(but):
            files.remove(outdated)
    files.remove(_note_of(path))


def _note_of(path: Path) -> Path:
    """Return where it stands which file a copy is of."""
    return READABLE_FOLDER / f"{_source_hash(path)}.source"


def _source_hash(path: Path) -> str:
    return _short_hash(str(path.resolve()))


def _short_hash(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()[:16]
