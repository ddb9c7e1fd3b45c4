"""How often findings come from nothing: `.venv/bin/python benchmarks/permuted_findings.py`.

Each characteristic of a published dataset's customers (`sample`, or those named) is permuted over
them, in each of 200 worlds again, and compared between the groups as `ml_customer_group_tests`
does it. Whatever the rule of the table findings then lets pass is false. Nothing is by
construction in such a world, so that every characteristic takes part. The nominal rate is var
findings_max_q: the share
of worlds with a false finding may exceed it by two standard errors.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

CHARACTERISTICS = """
    select customer_id, characteristic, word, value::double as value
    from segmentation.customer_characteristics
    order by characteristic, customer_id
"""
MEMBERS = """
    select customer_id, grouping, group_key
    from segmentation.customer_group_members
    where is_accepted
    order by grouping, customer_id
"""


def permute_characteristics(rows: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return characteristics of which each is permuted over the customers by itself."""
    source = np.random.default_rng(seed)
    order = np.concatenate(
        [source.permutation(part.index) for _, part in rows.groupby("characteristic", sort=True)]
    )
    values = rows.loc[order, ["word", "value"]].reset_index(drop=True)
    return rows[["customer_id", "characteristic"]].assign(**values)


def count_findings(
    rows: pd.DataFrame, members: pd.DataFrame, *, max_q: float, min_effect: float
) -> tuple[int, int]:
    """Return how many findings there are by the rule, and how many by q-value alone."""
    from python_ml.groups import ALL_GROUPS, compare_groups

    tests = compare_groups(rows.merge(members, on="customer_id"))
    tests = tests[tests["group_key"] != ALL_GROUPS]
    sure = tests["q_value"] <= max_q
    return int((sure & (tests["effect_size"].abs() >= min_effect)).sum()), int(sure.sum())


def measure_dataset(name: str, *, worlds: int) -> dict[str, object]:
    """Return the share of permuted worlds of a dataset that have a finding."""
    settings = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    with duckdb.connect(str(ROOT / "published" / f"{name}.duckdb"), read_only=True) as published:
        rows, members = published.sql(CHARACTERISTICS).df(), published.sql(MEMBERS).df()
    # Permuted are those of whom it is known, as the comparison leaves out the others.
    rows = rows[rows["word"].notna() | rows["value"].notna()].reset_index(drop=True)
    # Three sources share the rate.
    rate = settings["findings_max_q"]
    counts = np.array(
        [
            count_findings(
                permute_characteristics(rows, seed=seed),
                members,
                max_q=rate / 3,
                min_effect=settings["findings_min_effect"],
            )
            for seed in range(worlds)
        ]
    )
    ceiling = rate + 2 * np.sqrt(rate * (1 - rate) / worlds)
    return {
        "dataset": name,
        "customers": rows["customer_id"].nunique(),
        "worlds": worlds,
        "with a finding": (counts[:, 0] > 0).mean(),
        "with a sure test": (counts[:, 1] > 0).mean(),
        "ceiling": round(ceiling, 3),
        "findings": int(counts[:, 0].sum()),
    }


def main() -> None:
    """Print one line per dataset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("datasets", nargs="*", default=["sample"])
    parser.add_argument("--worlds", type=int, default=200)
    given = parser.parse_args()
    told = [measure_dataset(name, worlds=given.worlds) for name in given.datasets]
    print(pd.DataFrame(told).to_string(index=False))


if __name__ == "__main__":
    main()
