"""The command line: its verbs, its version, and how it is called from Python."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from targeted_lists.cli import build_verbs, list_verbs, setup_verbs
from targeted_lists.cli.conclude import DONE, refuse_command_line

app = typer.Typer(
    name="targeted-lists",
    help="From a shop's raw sales to customer lists: who to contact, with what, why, and whether "
    "it worked.",
    epilog="Begin with a sample shop: targeted-lists sample, then targeted-lists lists",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verbs in (build_verbs, list_verbs, setup_verbs):
    app.add_typer(verbs.app)


def show_version(is_asked: bool) -> None:
    """Print the version and leave, where that is asked for."""
    if is_asked:
        from targeted_lists.common.project import package_version

        print(f"targeted-lists {package_version()}")
        raise typer.Exit


@app.callback()
def begin(
    is_version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Say nothing before a command; `--version` is the program's own."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    Examples
    --------
    `main(["preview", "--list", "win_back"])` does what `targeted-lists preview --list win_back`
    does.
    """
    given = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in given
    try:
        return app(args=given, prog_name="targeted-lists", standalone_mode=not as_json) or DONE
    except TyperException as error:
        return refuse_command_line(error)
    except SystemExit as ended:
        # Whoever read the help has seen enough.
        if isinstance(ended.__context__, BrokenPipeError):
            return DONE
        return ended.code if isinstance(ended.code, int) else 1
