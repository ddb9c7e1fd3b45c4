"""How often a model is accepted where there is nothing to know: labels shuffled, seed by seed.

Run by hand from the project's folder, `python benchmarks/permuted_models.py QUESTION …`, after the
datasets were built (activity: one_click, response: customer_personality, new_customers: sample):
real features, and real labels permuted among the customers again for each seed. Accepted is a
model, or a baseline that knows something; for new customers each target and number of orders is
asked apart. `--models`, `--repeats` and `--rows` say what is compared; the defaults are those of a
run, which take longest.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import yaml
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from python_ml.chance import FALSE_ALARMS
from python_ml.classification import (
    BASELINES,
    MODELS,
    Calibrated,
    Columns,
    build_pipeline,
    measure_predictions,
    prepare_training,
    split_rows,
)
from python_ml.new_customers import Columns as FirstColumns
from python_ml.new_customers import evaluate_new_customers
from targeted_lists.learning.tune import LABELLED

ACTIVITY = (Path("models/marts/activity/ml/_activity_ml__models.yml"), "ml_activity_models")
RESPONSE = (Path("models/marts/response/ml/_response_ml__models.yml"), "ml_response_models")
ANSWERED = "select * from response.response_features where not is_planned order by all"
FEATURES = "select * from new_customers.new_customer_features order by all"
LABELS = "select * from new_customers.new_customer_labels order by all"
PURCHASES = "select * from new_customers.new_customer_purchases where is_sampled order by all"
NEW_CUSTOMERS = Path("models/marts/new_customers/ml/_new_customers_ml__models.yml")

FOLDS = 5

Trial = Callable[[int], list[bool]]
"""From a seed to whether each thing that was asked was accepted."""


def main() -> None:
    """Print a row for each question: what was accepted, of how many, and what is allowed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", nargs="+", choices=["activity", "response", "new_customers"])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--models", nargs="+", choices=MODELS, help="default: those of a run")
    parser.add_argument("--repeats", type=int, help="of the cross-validation; default: of a run")
    parser.add_argument("--rows", type=int, help="labelled rows drawn once; default: all")
    options = parser.parse_args()
    print("| question | compared | seeds | asked | accepted | share | nominal + 2 se | minutes |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for question in options.questions:
        compared, trial = prepare(
            question, models=options.models, repeats=options.repeats, rows=options.rows
        )
        started = time.perf_counter()
        accepted: list[bool] = []
        for seed in range(1, options.seeds + 1):
            accepted += trial(seed)
            share, allowed = np.mean(accepted), find_allowed(len(accepted))
            row = (
                f"| {question} | {compared} | {seed} | {len(accepted)} | {sum(accepted)} "
                f"| {share:.3f} | {allowed:.3f} | {(time.perf_counter() - started) / 60:.0f} |"
            )
            if seed == options.seeds:
                print(row, flush=True)
            elif seed % 10 == 0:
                print(row, file=sys.stderr, flush=True)


def find_allowed(requested: int) -> float:
    """Return the nominal rate and two standard errors."""
    return FALSE_ALARMS + 2 * float(np.sqrt(FALSE_ALARMS * (1 - FALSE_ALARMS) / requested))


def prepare(
    question: str, *, models: list[str] | None, repeats: int | None, rows: int | None
) -> tuple[str, Trial]:
    """Return what is compared, in words, and a trial."""
    if question == "new_customers":
        frames = [read("sample", sql) for sql in (FEATURES, LABELS, PURCHASES)]
        (model, *_) = yaml.safe_load(NEW_CUSTOMERS.read_text(encoding="utf-8"))["models"]
        columns = FirstColumns(**model["config"]["meta"]["columns"])
        return "the method chosen, two standard errors", lambda seed: ask_new_customers(
            *frames, columns=columns, seed=seed
        )
    dataset, sql, configured = {
        "activity": ("one_click", LABELLED, ACTIVITY),
        "response": ("customer_personality", ANSWERED, RESPONSE),
    }[question]
    usual = {
        "activity": (list(MODELS), 4),
        "response": (["logistic_regression", "hist_gradient_boosting"], 2),
    }
    columns = read_columns(*configured)
    training = prepare_training(read(dataset, sql), columns=columns, max_rows=rows)
    columns = Columns(
        **columns.__dict__
        | {"features": [name for name in columns.features if training[name].notna().any()]}
        | {"categories": [n for n in columns.categories if (training[n] != "unknown").any()]}
    )
    names, times = models or usual[question][0], repeats or usual[question][1]
    compared = f"{', '.join(names)}; {len(training):,} rows, 5 folds x {times}"
    matrices = prepare_matrices(training, columns=columns)
    return compared, lambda seed: ask_classifier(
        matrices,
        label=training[columns.label].to_numpy(),
        groups=training[columns.key].to_numpy(),
        models=names,
        repeats=times,
        seed=seed,
    )


def read_columns(file: Path, model: str) -> Columns:
    """Return what a dbt model is told to look at."""
    models = yaml.safe_load(file.read_text(encoding="utf-8"))["models"]
    (one,) = (found for found in models if found["name"] == model)
    return Columns(**one["config"]["meta"]["options"]["columns"])


def read(dataset: str, sql: str) -> pd.DataFrame:
    """Return the rows of a query on a dataset that was built."""
    with duckdb.connect(f"warehouse/{dataset}.duckdb", read_only=True) as connection:
        return connection.execute(sql).df()


def prepare_matrices(training: pd.DataFrame, *, columns: Columns) -> dict[str, np.ndarray]:
    """Return what the models and what the baselines look at, prepared once for all labels.

    A run prepares within each fold; what that learns (medians, scales) knows no label.
    """
    return {
        model: build_pipeline(model, **columns.of(model), log_features=columns.log_features)[
            0
        ].fit_transform(training)
        for model in ("logistic_regression", *BASELINES)
    }


@threadpool_limits.wrap(limits=1)
def ask_classifier(
    matrices: dict[str, np.ndarray],
    *,
    label: np.ndarray,
    groups: np.ndarray,
    models: list[str],
    repeats: int,
    seed: int,
) -> list[bool]:
    """Compare models on labels that mean nothing; whether anything was accepted."""
    label = np.random.default_rng(seed).permutation(label)
    splits = split_rows(label, groups=groups, folds=FOLDS, repeats=repeats, seed=seed)
    predictions = []
    for number, (fit, held_out) in enumerate(splits):
        for model in (*models, *BASELINES):
            matrix = matrices.get(model, matrices["logistic_regression"])
            pipeline = build_pipeline(model, features=["any"], seed=seed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                fitted = Calibrated(pipeline[-1:].fit(matrix[fit], label[fit]))
            predictions.append(
                pd.DataFrame(
                    {
                        "model": model,
                        "repeat": 1 + number // FOLDS,
                        "fold": 1 + number % FOLDS,
                        "label": label[held_out],
                        "score": fitted.rank(matrix[held_out]),
                        "probability": np.nan,
                    }
                )
            )
    measured = measure_predictions(pd.concat(predictions, ignore_index=True))
    return [bool(measured["is_accepted"].any())]


def ask_new_customers(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    purchases: pd.DataFrame,
    *,
    columns: FirstColumns,
    seed: int,
) -> list[bool]:
    """Deal the labels of each target and number of orders out again; whether each was accepted."""
    generator = np.random.default_rng(seed)
    shuffled = labels.assign(
        label=labels.groupby(["target", "orders_used"])["label"].transform(
            lambda label: generator.permutation(label.to_numpy())
        )
    )
    found = evaluate_new_customers(features, shuffled, purchases, columns=columns, seed=seed)
    requested = found[found["model"] != "none"].groupby(["target", "orders_used"])["is_accepted"]
    return requested.any().tolist()


if __name__ == "__main__":
    main()
