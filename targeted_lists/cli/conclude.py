"""How a command ends: what it prints for people or machines, and its exit code.

| code | meaning |
|---|---|
| 0 | done |
| 1 | not done, and a sentence says why: the data, the list or the run |
| 2 | the command line was not understood |
| 3 | a fault of the program; `--debug` shows where |
| 130 | interrupted |
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn, TextIO

import typer
from typer.exceptions import TyperException

from targeted_lists.common.outcome import Outcome, UserError
from targeted_lists.common.system import drop_output

DONE, NOT_DONE, FAULT, INTERRUPTED = 0, 1, 3, 130


def conclude(work: Callable[[], Outcome], *, as_json: bool, is_debug: bool) -> NoReturn:
    """Do the work of a command, say how it ended, and leave with its exit code.

    Parameters
    ----------
    as_json : one object goes to the standard output, what is said for people to the standard
        error.
    is_debug : a fault of the program is raised as it is, with its traceback.

    Raises
    ------
    typer.Exit : always.
    """
    answer = sys.stdout
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        code, found = attempt(work, is_debug=is_debug)
    with until_closed(answer):
        if as_json:
            write_json(answer, {"is_done": code == DONE, "exit_code": code, **found})
        answer.flush()
    raise typer.Exit(code)


def refuse_command_line(error: TyperException) -> int:
    """Say why a command line with `--json` cannot be understood; return the exit code."""
    from typer.rich_utils import rich_format_error

    rich_format_error(error)
    found = {"is_done": False, "exit_code": error.exit_code, "error": error.format_message()}
    with until_closed(sys.stdout):
        write_json(sys.stdout, found)
        sys.stdout.flush()
    return error.exit_code


@contextlib.contextmanager
def until_closed(stream: TextIO) -> Iterator[None]:
    """Write as long as somebody reads; who closes the stream has seen enough."""
    try:
        yield
    except BrokenPipeError:
        drop_output(stream)


def attempt(work: Callable[[], Outcome], *, is_debug: bool) -> tuple[int, dict[str, Any]]:
    """Return the exit code of some work, and what it found or the error that stopped it."""
    try:
        outcome = work()
    except UserError as error:
        show(str(error))
        return error.exit_code, {"error": str(error)}
    except KeyboardInterrupt:
        show("Interrupted; what was published before is as it was.")
        return INTERRUPTED, {"error": "interrupted"}
    except BrokenPipeError:
        drop_output(sys.stdout)
        return DONE, {}
    except Exception as error:
        if is_debug:
            raise
        sentence = f"{type(error).__name__}: {error}".strip().removesuffix(":")
        show(f"{sentence}\nThis is a fault of the program; with --debug it says where.")
        return FAULT, {"error": sentence}
    return (DONE if outcome.is_done else NOT_DONE), outcome.data


def show(text: str) -> None:
    """Print sentences for people, in red where that can be seen."""
    # Rich takes a while to import, and many commands end without it.
    from rich.console import Console

    from targeted_lists.common.console import say

    for line in text.splitlines():
        say(Console(), line, style="red")


def write_json(stream: TextIO, found: dict[str, Any]) -> None:
    """Write what a command found as one object."""
    print(json.dumps(found, ensure_ascii=False, default=plain, indent=2), file=stream)


def plain(value: Any) -> Any:
    """Return a value that JSON does not know as one that it does.

    >>> plain(Decimal("1.50")), plain(date(2026, 7, 1)), plain(Path("published"))
    (1.5, '2026-07-01', 'published')
    """
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
