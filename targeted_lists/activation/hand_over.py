"""The command that hands a list over to a tool."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console

from targeted_lists.activation.export import MANIFEST, export_list
from targeted_lists.activation.export_file import Order
from targeted_lists.common.console import say
from targeted_lists.common.outcome import Outcome
from targeted_lists.common.project import read_project


def hand_over(order: Order) -> Outcome:
    """Write a list for a tool, and say what was written.

    Returns
    -------
    `file` and what its `manifest` says.

    Raises
    ------
    ExportError : the list cannot go out; everything is as it was.
    """
    said = export_list(order)
    say(Console(), said)
    file = Path(said.partition(": ")[0])
    manifest = json.loads(file.with_name(MANIFEST).read_text(encoding="utf-8"))
    return Outcome({"file": file, "manifest": manifest})


def read_country(variables: dict[str, object]) -> str:
    """Return the var `default_country`: that of the command, else that of the project."""
    project = read_project()
    return str(variables.get("default_country", project["vars"]["default_country"])).upper()
