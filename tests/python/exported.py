"""What exports have frozen, as int_campaigns_exported and int_assignments_exported read it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from targeted_lists.saved.campaigns import (
    ASSIGNMENT_TYPES,
    ASSIGNMENTS,
    CAMPAIGN,
    CAMPAIGN_TYPES,
    campaigns_folder,
)


def read_campaigns(dataset: str, *, before: date | None, folder: Path) -> pd.DataFrame:
    """Return the campaigns exported as of days before one, one row each."""
    return _read_all(dataset, CAMPAIGN, CAMPAIGN_TYPES, before=before, folder=folder)


def read_assignments(dataset: str, *, before: date | None, folder: Path) -> pd.DataFrame:
    """Return who was assigned in them, one row per campaign and customer."""
    return _read_all(dataset, ASSIGNMENTS, ASSIGNMENT_TYPES, before=before, folder=folder)


def _read_all(
    dataset: str, name: str, types: dict[str, str], *, before: date | None, folder: Path
) -> pd.DataFrame:
    frames = []
    for path in sorted(campaigns_folder(dataset, folder).glob(f"[!.]*/{CAMPAIGN}")):
        as_of = _read(path)["as_of_date"].item()
        if before is not None and as_of < pd.Timestamp(before):
            frames.append(_read(path.with_name(name)))
    rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(types))
    # What an earlier version did not record is missing.
    return rows.reindex(columns=list(types)).astype(types)


def _read(path: Path) -> pd.DataFrame:
    with duckdb.connect() as connection:
        return connection.execute("select * from read_parquet(?)", [str(path)]).df()
