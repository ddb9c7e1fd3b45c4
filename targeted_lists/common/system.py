"""What the systems do differently: locks, the disk, a file that others have open.

Everything else is written for all of them. The parts for Windows are not tested.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

IS_WINDOWS = sys.platform == "win32"
if IS_WINDOWS:
    import msvcrt
else:
    import fcntl


def replace(source: Path, target: Path) -> None:
    """Give a file another's name and place, in one step.

    Raises
    ------
    OSError : on Windows also where a program has the other file open.
    """
    try:
        os.replace(source, target)
    except PermissionError as error:
        if not IS_WINDOWS:
            raise
        raise OSError(
            error.errno, f"close the program that has it open ({error.strerror})", str(target)
        ) from error


def drop_output(stream: TextIO) -> None:
    """Let a stream that nobody reads any more lead to nowhere, what it still holds included."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def sync_file(path: Path) -> None:
    """Force a file to the disk."""
    descriptor = os.open(path, os.O_RDWR if IS_WINDOWS else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Force to the disk which names a folder holds; Windows does so by itself."""
    if not IS_WINDOWS:
        sync_file(folder)


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a folder that is there: who holds it too waits until it is free.

    The system lets go of it when a process dies.
    """
    if IS_WINDOWS:
        # A folder cannot be locked there.
        with open(folder / ".lock", "a+b") as file:
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def started_at(process: int) -> str | None:
    """Return when a process began, as `ps` writes it; None where that cannot be found out."""
    try:
        told = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(process)],
            capture_output=True,
            text=True,
            check=True,
            timeout=5,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return " ".join(told.stdout.split()) or None


def memory_size() -> int | None:
    """Return the bytes of memory that the machine has; None where that cannot be found out."""
    if not hasattr(os, "sysconf"):
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
