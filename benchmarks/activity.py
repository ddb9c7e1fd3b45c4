"""Time the scoring of a million customers by a kept model, and of a row by itself.

Run by hand from the project's folder, after `make lists`: `python benchmarks/activity.py sample`.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from python_ml.classification import score_customers
from targeted_lists.models import load_classifier

CUSTOMERS = 1_000_000
CURRENT = "select * from activity.activity_features where is_current order by customer_id"


def main() -> None:
    """Print the seconds of both on drawn copies of a dataset's customers."""
    dataset = sys.argv[1] if len(sys.argv) > 1 else "sample"
    with duckdb.connect(f"warehouse/{dataset}.duckdb", read_only=True) as connection:
        current = connection.execute(CURRENT).df()
    trained = load_classifier(dataset, as_of_date=date.max)
    drawn = np.random.default_rng(42).integers(len(current), size=CUSTOMERS)
    many = current.iloc[drawn].assign(customer_id=np.arange(CUSTOMERS))
    started = time.perf_counter()
    scores = score_customers(many, trained=trained)
    seconds = time.perf_counter() - started
    reasons = int(scores["feature_1"].notna().sum())
    print(f"{trained.model}: {len(scores):,} customers, {reasons:,} with reasons: {seconds:.1f} s")
    rows = [measure_row(current.iloc[[place]], trained) for place in range(50)]
    print(f"one row: {1000 * statistics.median(rows):.0f} ms (median of {len(rows)})")


def measure_row(row: pd.DataFrame, trained: object) -> float:
    """Return the seconds that scoring one customer takes."""
    started = time.perf_counter()
    score_customers(row, trained=trained)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
