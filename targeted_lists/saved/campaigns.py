"""Exported campaigns: who was assigned to which arm, saved to measure the next data.

`state/DATASET/campaigns/CAMPAIGN/` holds `assignments.parquet`, a row a customer of either arm,
and `campaign.parquet`, one row. They are written with the exported file or not at all, and are
never changed by later data, an erasure excepted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from targeted_lists.common import files
from targeted_lists.common.folders import STATE_FOLDER
from targeted_lists.common.sql import literal

ASSIGNMENTS, CAMPAIGN = "assignments.parquet", "campaign.parquet"
MANIFEST = "manifest.json"
CAMPAIGN_TYPES = {
    "campaign_id": "str",
    "list_name": "str",
    "channels": "str",
    "exported_to": "str",
    "list_hash": "str",
    "definition_hash": "str",
    "members": "int64",
    "controls": "int64",
    "erased_customers": "int64",
    "as_of_date": "datetime64[us]",
    "started_date": "datetime64[us]",
    "valid_until": "datetime64[us]",
}
ASSIGNMENT_TYPES = {
    "campaign_id": "str",
    "customer_id": "str",
    "arm": "str",
    "stratum": "str",
    "channel": "str",
    "offer": "str",
    "offer_basis": "str",
    "product_id": "str",
    "rank": "int64",
    "expected_value": "float64",
    "control_share": "float64",
}


def name_campaign(list_name: str, as_of_date: date) -> str:
    """Return the campaign's id: one list of one day is one campaign, whatever tool sends it."""
    return f"{list_name}_{as_of_date.isoformat()}"


def hash_list(definition_hash: str, customers: Iterable[str]) -> str:
    """Return the hash of a list, as the macro list_hash does."""
    return hashlib.md5(f"{definition_hash}|{','.join(sorted(customers))}".encode()).hexdigest()


def campaigns_folder(dataset: str, folder: Path = STATE_FOLDER) -> Path:
    """Return where the campaigns of a dataset are saved."""
    return folder / dataset / "campaigns"


def read_campaign(path: Path) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return the campaign and its assignments that a folder holds; None where there is none."""
    if not (path / CAMPAIGN).exists():
        return None
    return _read(path / CAMPAIGN), _read(path / ASSIGNMENTS)


def campaign_writers(
    path: Path, campaign: pd.DataFrame, assignments: pd.DataFrame
) -> dict[Path, files.Writer]:
    """Return what writes a campaign and its assignments, by the files of a folder."""
    return {
        path / CAMPAIGN: write_rows(campaign[list(CAMPAIGN_TYPES)].astype(CAMPAIGN_TYPES)),
        path / ASSIGNMENTS: write_rows(
            assignments[list(ASSIGNMENT_TYPES)].astype(ASSIGNMENT_TYPES)
        ),
    }


def settle_campaign(path: Path) -> None:
    """Let a campaign say of itself what its assignments say: who is left, and how many are not.

    Those who are not are the difference to what was frozen, so it may be asked again and again.
    """
    found = read_campaign(path)
    if found is None:
        return
    campaign, assignments = found
    counts = ["members", "controls", "erased_customers"]
    if not set(counts) <= set(campaign):
        # An early version did not record how many there were.
        return
    frozen = int(campaign[counts].sum(axis=1).item())
    members = assignments.loc[assignments["arm"] == "treatment", "customer_id"]
    settled = campaign.assign(
        members=len(members),
        controls=len(assignments) - len(members),
        erased_customers=frozen - len(assignments),
        list_hash=hash_list(campaign["definition_hash"].item(), members),
    )
    if not settled.equals(campaign):
        files.replace_file(path / CAMPAIGN, write_rows(settled))


def write_rows(rows: pd.DataFrame) -> files.Writer:
    """Return what writes a frame into a file."""

    def write(path: Path) -> None:
        with duckdb.connect() as connection:
            connection.register("rows", rows)
            connection.execute(f"copy rows to {literal(path)} (format parquet)")

    return write


def _read(path: Path) -> pd.DataFrame:
    with duckdb.connect() as connection:
        return connection.execute("select * from read_parquet(?)", [str(path)]).df()
