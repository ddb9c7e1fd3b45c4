"""Time of the models that predict a decline: `python benchmarks/activity.py sample one_click`.

Run by hand from the project's folder, after `make lists` of each dataset, which keeps the model.
`--choice TRIALS` also measures what searching and choosing are worth where neither sees the rows
measured; that takes minutes.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from python_ml.classification import (
    Columns,
    TrainedClassifier,
    measure_choice,
    prepare_training,
    score_customers,
    train_classifier,
)
from targeted_lists.learning.models import (
    SavedModelError,
    choose_training_rows,
    load_classifier,
    read_parameters,
)
from targeted_lists.learning.tune import LABELLED, MODELS_FILE, read_meta

CUSTOMERS = 1_000_000
CURRENT = "select * from activity.activity_features where is_current order by customer_id"


def main() -> None:
    """Print a table with a row for each dataset and kind of customer that has a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="*", default=["sample"])
    parser.add_argument("--choice", type=int, metavar="TRIALS", help="see above; 0 = no search")
    options = parser.parse_args()
    meta = read_meta(MODELS_FILE)
    print(
        "| dataset, known from | rows | comparing and fitting, s | model "
        f"| scoring {CUSTOMERS:,} customers, s | scoring one, ms |"
    )
    print("|---|---|---|---|---|---|")
    for dataset in options.datasets:
        with duckdb.connect(f"warehouse/{dataset}.duckdb", read_only=True) as connection:
            labelled, current = (connection.execute(sql).df() for sql in (LABELLED, CURRENT))
        for data_basis in meta["data_bases"]["data_bases"]:
            try:
                trained = load_classifier(dataset, as_of_date=date.max, data_basis=data_basis)
            except SavedModelError:
                continue
            if trained.fitted is None:
                continue
            rows = choose_training_rows(
                labelled[labelled["data_basis"] == data_basis],
                source=meta["data_bases"]["source"],
                sources=meta["data_bases"]["sources"],
                columns=Columns(**meta["columns"]),
            )
            parameters = read_parameters(dataset, data_basis, as_of_date=date.max)
            started = time.perf_counter()
            train_classifier(rows, columns=Columns(**meta["columns"]), parameters=parameters)
            fitting = time.perf_counter() - started
            many, one = measure_scoring(current[current["data_basis"] == data_basis], trained)
            print(
                f"| {dataset}, {data_basis} | {len(rows):,} | {fitting:.1f} | {trained.model} "
                f"| {many:.1f} | {1000 * one:.0f} |"
            )
            if options.choice is not None:
                prepared = prepare_training(rows, columns=trained.columns, max_rows=10_000)
                chosen = measure_choice(prepared, columns=trained.columns, trials=options.choice)
                auc, models = chosen["roc_auc"], chosen["model"].value_counts().to_dict()
                print(f"ROC-AUC of the choice {auc.mean():.4f} ± {auc.std():.4f}, {models}")


def measure_scoring(current: pd.DataFrame, trained: TrainedClassifier) -> tuple[float, float]:
    """Return the seconds to score a million drawn copies, and the median of those for one row."""
    drawn = np.random.default_rng(42).integers(len(current), size=CUSTOMERS)
    many = current.iloc[drawn].assign(customer_id=np.arange(CUSTOMERS))
    started = time.perf_counter()
    score_customers(many, trained=trained)
    seconds = time.perf_counter() - started
    ones = []
    for place in range(50):
        row = current.iloc[[place % len(current)]]
        started = time.perf_counter()
        score_customers(row, trained=trained)
        ones.append(time.perf_counter() - started)
    return seconds, statistics.median(ones)


if __name__ == "__main__":
    main()
