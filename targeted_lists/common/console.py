"""What the commands print; dbt, which takes seconds to import, is not needed for it."""

from __future__ import annotations

from typing import TextIO, cast

from rich.console import Console

from targeted_lists.common.system import drop_output


def say(console: Console, sentence: str, *, style: str | None = None) -> None:
    """Print a sentence as it is; a terminal wraps it, a log keeps it on one line."""
    console.print(sentence, style=style, highlight=False, markup=False, soft_wrap=True)


def go_on_unread(console: Console) -> None:
    """Let a command do its work though nobody reads any more what it prints.

    Rich would end the program there and then, with exit code 1 and the work half done.
    """
    drop_output(cast(TextIO, console.file))


Console.on_broken_pipe = go_on_unread
