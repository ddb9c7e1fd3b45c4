"""The command that makes the page of a dataset."""

from __future__ import annotations

from rich.console import Console

from targeted_lists.common.folders import PUBLISHED_FOLDER
from targeted_lists.common.outcome import Outcome
from targeted_lists.dashboard.build import make_dashboard


def show_dashboard(dataset: str, *, language: str | None = None) -> Outcome:
    """Make the page next to the published file and say where it is.

    Returns
    -------
    `page` (the file) and its `bytes`.

    Raises
    ------
    DashboardError : nothing is published that it could be made of.
    """
    console = Console(soft_wrap=True, highlight=False, markup=False)
    made = make_dashboard(PUBLISHED_FOLDER / f"{dataset}.duckdb", language=language)
    console.print(f"Open {made.path} in a browser ({made.size / 1e6:.1f} MB, one file).")
    if made.foreign:
        console.print(made.foreign)
    return Outcome({"page": made.path, "bytes": made.size})
