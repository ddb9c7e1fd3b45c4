"""What the commands print; dbt, which takes seconds to import, is not needed for it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TextIO, cast

from rich.console import Console
from rich.status import Status

from targeted_lists.common.system import drop_output

# Files from this size on take long enough to say how far reading has come.
LONG_READ = 1 << 20
EVERY = 10_000


def say(console: Console, sentence: str, *, style: str | None = None) -> None:
    """Print a sentence as it is; a terminal wraps it, a log keeps it on one line."""
    console.print(sentence, style=style, highlight=False, markup=False, soft_wrap=True)


def go_on_unread(console: Console) -> None:
    """Let a command do its work though nobody reads any more what it prints.

    Rich would end the program there and then, with exit code 1 and the work half done.
    """
    drop_output(cast(TextIO, console.file))


Console.on_broken_pipe = go_on_unread


class Reading:
    """How far reading a long file has come, on the terminal; a log gets nothing.

    Parameters
    ----------
    path : of the file.
    """

    def __init__(self, path: Path) -> None:
        """Say nothing yet."""
        # What a machine reads is printed elsewhere.
        self.console = Console(stderr=True)
        self.name = path.name
        is_shown = self.console.is_terminal and path.stat().st_size >= LONG_READ
        self.status = Status("", console=self.console) if is_shown else None

    def __enter__(self) -> Reading:
        """Name the file."""
        if self.status:
            self.status.update(f"Reading {self.name}")
            self.status.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Take the line away."""
        if self.status:
            self.status.stop()

    def count(self, rows: int) -> None:
        """Say how many rows were read."""
        if self.status and rows % EVERY == 0:
            self.status.update(f"Reading {self.name}: {rows:,} rows")
