"""The command that makes the page of a dataset."""

from __future__ import annotations

from rich.console import Console

from targeted_lists.common.folders import PUBLISHED_FOLDER
from targeted_lists.dashboard.build import make_dashboard
from targeted_lists.dashboard.source import DashboardError


def show_dashboard(dataset: str, *, language: str | None = None) -> int:
    """Make the page next to the published file and say where it is; return the exit code."""
    console = Console(soft_wrap=True, highlight=False, markup=False)
    try:
        made = make_dashboard(PUBLISHED_FOLDER / f"{dataset}.duckdb", language=language)
    except DashboardError as error:
        console.print(str(error), style="red")
        return 1
    console.print(f"Open {made.path} in a browser ({made.size / 1e6:.1f} MB, one file).")
    if made.foreign:
        console.print(made.foreign)
    return 0
