"""Writing files whole or not at all, whatever stops the program and wherever.

A file is written as a draft next to its place, forced to the disk and renamed. Files that belong
together are all drafted first; then a journal names them, and from that moment on the change
holds: whoever finds the journal at the next start puts the drafts that are left into their places
(`recover`). Drafts without a journal were never decided and are removed. Every step can be taken
again, so a start that is itself killed is caught up by the one after it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from targeted_lists.common import system
from targeted_lists.common.system import replace, sync_file, sync_folder

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
JOURNAL = ".journal"
DRAFT = ".draft"
# Where version 0 put a folder aside that it was replacing.
FORMER = ".former"

Writer = Callable[[Path], None]


class UnfinishedError(OSError):
    """A change that is decided could not be finished; the next `recover` does so."""


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, for its owner alone; one that is there stays as it is."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        sync_folder(one.parent)


def close_to_others(folder: Path) -> None:
    """Take a folder and everything in it from everybody but its owner."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(PRIVATE_FOLDER if path.is_dir() else PRIVATE_FILE)


def draft_of(target: Path) -> Path:
    """Return where a file is written before it takes its place."""
    return target.with_name(f".{target.name}{DRAFT}")


def replace_file(target: Path, write: Writer, *, mode: int | None = PRIVATE_FILE) -> None:
    """Put what `write` writes in a file's place, in one step.

    Parameters
    ----------
    mode : who may read it; None leaves it as the system has it for new files.

    Raises
    ------
    Whatever `write` raises, or OSError; the file is as it was.
    """
    draft = draft_of(target)
    make_folder(target.parent)
    try:
        write_draft(draft, write, mode=mode)
        replace(draft, target)
    except BaseException:
        # What cannot be removed now is removed by `recover`.
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def write_draft(draft: Path, write: Writer, *, mode: int | None = PRIVATE_FILE) -> None:
    """Write a file and force it to the disk."""
    remove(draft)
    write(draft)
    if mode is not None:
        draft.chmod(mode)
    sync_file(draft)


def replace_together(
    folder: Path, writers: Mapping[Path, Writer], *, mode: int | None = PRIVATE_FILE
) -> None:
    """Put files in their places, all of them or none.

    Parameters
    ----------
    folder : where the journal is kept; `recover` is given the same.
    writers : what writes each file, by its place, which may lie in another folder.
    mode : who may read them; None leaves it as the system has it for new files.

    Raises
    ------
    UnfinishedError : all are decided, and not all are in their places yet.
    Whatever a writer raises, or OSError; all files are as they were.
    """
    drafts = {target: draft_of(target) for target in writers}
    journal = folder / JOURNAL
    is_decided = False
    try:
        for target, write in writers.items():
            make_folder(target.parent)
            write_draft(drafts[target], write, mode=mode)
        for parent in {target.parent for target in writers}:
            sync_folder(parent)
        names = [os.path.relpath(target, folder) for target in writers]
        replace_file(journal, lambda draft: write_text(draft, json.dumps(names)))
        is_decided = True
        finish(folder)
    except BaseException as error:
        # Once the journal stands the drafts are what was decided, whatever went wrong after.
        if not is_decided and not journal.exists():
            for draft in drafts.values():
                with suppress(OSError):
                    remove(draft)
        elif isinstance(error, OSError):
            raise UnfinishedError(error.errno, error.strerror, error.filename) from error
        raise


def finish(folder: Path) -> None:
    """Put the drafts that a journal names into their places, and remove it."""
    journal = folder / JOURNAL
    if not journal.exists():
        return
    targets = [folder / name for name in json.loads(journal.read_text(encoding="utf-8"))]
    for target in targets:
        # One that is missing has its place already.
        with suppress(FileNotFoundError):
            replace(draft_of(target), target)
    for parent in {target.parent for target in targets}:
        with suppress(FileNotFoundError):
            sync_folder(parent)
    journal.unlink()
    sync_folder(folder)


def recover(folder: Path, *others: Path) -> None:
    """Finish or undo what a killed program left in a folder and in those it writes with.

    Raises
    ------
    OSError : something cannot be moved or removed.
    """
    finish(folder)
    for place in (folder, *others):
        # From the inside out, for a draft may lie in a folder that is one.
        for path in sorted(place.rglob("*"), reverse=True):
            if path.name.endswith(FORMER) and path.is_dir():
                restore_former(path)
            elif path.name.endswith(DRAFT):
                remove(path)


def restore_former(former: Path) -> None:
    """Give a folder that was put aside its name back, where nothing took its place."""
    target = former.with_name(former.name.removeprefix(".").removesuffix(FORMER))
    if target.exists():
        remove(former)
    else:
        replace(former, target)
        sync_folder(target.parent)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it; nothing where nothing is there.

    A folder is made a draft first, so that no part of it stands under its name.
    """
    if path.is_dir() and not path.is_symlink():
        if not path.name.endswith(DRAFT):
            doomed = draft_of(path)
            remove(doomed)
            replace(path, doomed)
            path = doomed
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        path.unlink()
    else:
        return
    sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a text into a file of the owner's alone, as UTF-8 with the line ends that it has."""
    with open(path, "w", encoding="utf-8", newline="", opener=open_private) as file:
        file.write(text)


def open_private(path: str, flags: int) -> int:
    """Open a file as `open` does; a new one is its owner's alone from the beginning."""
    return os.open(path, flags, PRIVATE_FILE)


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Let nobody else change a folder in the meantime: who holds it too waits until it is free.

    The system lets go of it when a process dies.
    """
    make_folder(folder)
    with system.hold(folder):
        yield


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, for a sentence."""
    return (str(error).splitlines() or [type(error).__name__])[0]
