"""Killing a command at each of its file operations in turn, in a child process that just ends.

Nothing of the child's own runs after the kill: no `finally`, no `except`, no flush. What it wrote
and did not force to the disk may be torn in half as well, as if the machine had gone down.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Command = Callable[[Path], object]

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# What Python tells its audit hooks just before it happens; os.replace is os.rename to them.
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate", "os.link"}
KILLED, DONE, FAILED = 137, 0, 3
# A hang ends here; a machine that is very busy takes more than a minute for one command.
SECONDS = 300


@dataclass(frozen=True)
class Crash:
    """What is left of a folder after a kill and the next command.

    Attributes
    ----------
    at : which file operation it was. operation : its name and path.
    left : what stood after the kill, where asked for. after : what stood after the next command.
    """

    at: int
    operation: str
    left: Any
    after: Any


def crash_everywhere(
    prepared: Path,
    *,
    command: Command,
    then: Command,
    view: Callable[[Path], Any],
    work: Path,
    is_torn: bool = False,
    sees_left: bool = False,
) -> list[Crash]:
    """Kill a command at its first, second, … file operation until it gets through.

    Parameters
    ----------
    prepared : the folder that each attempt begins with a copy of.
    command, then : what is killed, and what is run after it; both get the folder.
    view : what is compared of a folder.
    work : where the copies are made.
    is_torn : what was not forced to the disk at the kill loses its second half.
    sees_left : whether what stood after the kill is looked at too, before the next command.
    """
    crashes = []
    for at in range(1, 1_000):
        folder = work / "attempt"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(prepared, folder)
        told = work / "operation"
        if not is_killed(folder, command, at=at, told=told, is_torn=is_torn):
            return crashes
        left = view(folder) if sees_left else None
        then(folder)
        crashes.append(Crash(at, told.read_text(encoding="utf-8"), left, view(folder)))
    raise AssertionError("the command has no end")


def is_killed(folder: Path, command: Command, *, at: int, told: Path, is_torn: bool) -> bool:
    """Run a command in a child that ends at its file operation number `at`; False if it has none.

    `told` is where the child writes which one it was.
    """
    child = os.fork()
    if child == 0:
        code = FAILED
        try:
            signal.alarm(SECONDS)
            arm(folder, at=at, told=told, is_torn=is_torn)
            command(folder)
            code = DONE
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (KILLED, DONE), f"the child failed at operation {at} ({code})"
    return code == KILLED


def arm(folder: Path, *, at: int, told: Path, is_torn: bool) -> None:
    """Let this process end when it is about to do its operation number `at` in a folder."""
    count = 0
    forced: set[int] = set()
    before = {path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
    real_fsync = os.fsync
    is_ending = False

    def meet(operation: str) -> None:
        nonlocal count, is_ending
        count += 1
        if count == at:
            is_ending = True
            told.write_text(operation, encoding="utf-8")
            if is_torn:
                tear(folder, but=before | forced)
            os._exit(KILLED)

    def listen(event: str, arguments: tuple[Any, ...]) -> None:
        if is_ending:
            return
        if event == "open":
            path, _, flags = arguments
            is_change = isinstance(path, str | Path) and bool(flags & WRITING)
        elif event in CHANGES:
            path, is_change = arguments[0], True
        else:
            return
        # A name without a folder is told with the descriptor of its folder, which is in ours.
        if is_change and (not os.path.isabs(path) or Path(path).is_relative_to(folder)):
            meet(f"{event} {path}")

    def fsync(descriptor: int) -> None:
        meet("os.fsync")
        forced.add(os.fstat(descriptor).st_ino)
        real_fsync(descriptor)

    os.fsync = fsync
    sys.addaudithook(listen)


def tear(folder: Path, *, but: set[int]) -> None:
    """Cut the files of a folder in half, those with some inodes excepted."""
    for path in folder.rglob("*"):
        # What DuckDB keeps open it forces to the disk itself.
        if path.is_file() and path.stat().st_ino not in but and path.name != "shop.duckdb.wal":
            os.truncate(path, path.stat().st_size // 2)
