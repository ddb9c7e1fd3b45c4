"""What the commands print; dbt, which takes seconds to import, is not needed for it."""

from __future__ import annotations

from rich.console import Console


def say(console: Console, sentence: str, *, style: str | None = None) -> None:
    """Print a sentence as it is; a terminal wraps it, a log keeps it on one line."""
    console.print(sentence, style=style, highlight=False, markup=False, soft_wrap=True)
