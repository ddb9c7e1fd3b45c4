"""Exported campaigns: who was assigned to which arm, kept so that the next data can be measured.

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

from targeted_lists.publication import literal
from targeted_lists.state import STATE_FOLDER, read_latest

EXPORT_FOLDER = Path("exports")
ASSIGNMENTS, CAMPAIGN = "assignments.parquet", "campaign.parquet"
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
CLUSTER_TYPES = {
    "campaign_id": "str",
    "customer_id": "str",
    "cluster_key": "str",
    "cluster_name": "str",
}


def name_campaign(list_name: str, as_of_date: date) -> str:
    """Return the campaign's id: one list of one day is one campaign, whatever tool sends it."""
    return f"{list_name}_{as_of_date.isoformat()}"


def hash_list(definition_hash: str, customers: Iterable[str]) -> str:
    """Return the hash of a list, as the macro list_hash does."""
    return hashlib.md5(f"{definition_hash}|{','.join(sorted(customers))}".encode()).hexdigest()


def campaigns_folder(dataset: str, folder: Path = STATE_FOLDER) -> Path:
    """Return where the campaigns of a dataset are kept."""
    return folder / dataset / "campaigns"


def read_campaign(path: Path) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return the campaign and its assignments that a folder holds; None where there is none."""
    if not (path / CAMPAIGN).exists():
        return None
    return _read(path / CAMPAIGN), _read(path / ASSIGNMENTS)


def write_campaign(path: Path, campaign: pd.DataFrame, assignments: pd.DataFrame) -> None:
    """Write a campaign and its assignments into a folder."""
    for name, frame, types in (
        (CAMPAIGN, campaign, CAMPAIGN_TYPES),
        (ASSIGNMENTS, assignments, ASSIGNMENT_TYPES),
    ):
        rows = frame[list(types)].astype(types)
        with duckdb.connect() as connection:
            connection.register("rows", rows)
            connection.execute(f"copy rows to {literal(path / name)} (format parquet)")


def read_campaigns(
    dataset: str, *, before: date | None, folder: Path = STATE_FOLDER
) -> pd.DataFrame:
    """Return the campaigns exported as of days before one, one row each."""
    return _read_all(dataset, CAMPAIGN, CAMPAIGN_TYPES, before=before, folder=folder)


def read_assignments(
    dataset: str, *, before: date | None, folder: Path = STATE_FOLDER
) -> pd.DataFrame:
    """Return who was assigned in them, one row per campaign and customer."""
    return _read_all(dataset, ASSIGNMENTS, ASSIGNMENT_TYPES, before=before, folder=folder)


def read_clusters(
    dataset: str, windows: pd.DataFrame, *, folder: Path = STATE_FOLDER
) -> pd.DataFrame:
    """Return the clusters as they were last kept before each campaign began.

    A cluster of today is what the campaign may have moved its customers into.

    Parameters
    ----------
    windows : one row per campaign_id, with `window_start_at` (missing where it is not known).

    Returns
    -------
    pandas.DataFrame : campaign_id, customer_id, cluster_key, cluster_name; no rows of a
        campaign before which no run was kept.
    """
    frames = []
    for campaign in windows.dropna(subset="window_start_at").itertuples():
        day = campaign.window_start_at.date()
        kept = read_latest(dataset, "customer_clusters", as_of_date=day, folder=folder)
        if kept is not None:
            chosen = kept[kept["is_chosen"]].assign(campaign_id=campaign.campaign_id)
            frames.append(chosen[list(CLUSTER_TYPES)])
    rows = pd.concat(frames) if frames else pd.DataFrame(columns=list(CLUSTER_TYPES))
    return rows.astype(CLUSTER_TYPES).sort_values(["campaign_id", "customer_id"])


def count_erased(path: Path, *, removed: int) -> None:
    """Hash a campaign anew from those who remain in it, and count those who do not."""
    found = read_campaign(path)
    if not found or not removed:
        return
    campaign, assignments = found
    members = assignments.loc[assignments["arm"] == "treatment", "customer_id"]
    campaign["erased_customers"] += removed
    campaign["members"] = len(members)
    campaign["controls"] = len(assignments) - len(members)
    campaign["list_hash"] = hash_list(campaign["definition_hash"].item(), members)
    draft = path / f"{CAMPAIGN}.draft"
    with duckdb.connect() as connection:
        connection.register("campaign", campaign)
        connection.execute(f"copy campaign to {literal(draft)} (format parquet)")
    draft.replace(path / CAMPAIGN)


def _read(path: Path) -> pd.DataFrame:
    with duckdb.connect() as connection:
        return connection.execute("select * from read_parquet(?)", [str(path)]).df()


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
