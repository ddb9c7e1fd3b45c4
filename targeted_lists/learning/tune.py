"""Searching hyper-parameters within a budget of time, and keeping them for later fits."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import yaml

from python_ml.classification import (
    MODELS,
    Columns,
    find_reason_not_trained,
    prepare_training,
    search_parameters,
)
from targeted_lists.common.commands import command
from targeted_lists.common.files import first_line
from targeted_lists.common.folders import STATE_FOLDER, WAREHOUSE_FOLDER
from targeted_lists.common.locks import explain_lock
from targeted_lists.common.outcome import UserError
from targeted_lists.common.project import project_path
from targeted_lists.learning.drift import EVERYONE
from targeted_lists.learning.models import MIN_POSITIVES, PARAMETER_TABLE, choose_training_rows
from targeted_lists.saved.tables import save_tables

MODELS_FILE = Path("models/marts/activity/ml/_activity_ml__models.yml")
LABELLED = """
    select * from activity.activity_features
    where is_declined is not null
    order by customer_id, cutoff_at
"""


class TuningError(UserError):
    """There is nothing to search on; the message is one sentence that says what to do."""


def tune_dataset(
    dataset: str, *, seconds: float, progress: Callable[[str], None], folder: Path = STATE_FOLDER
) -> None:
    """Search the parameters of every classifier on a dataset that was built, and keep them.

    Raises
    ------
    TuningError : the dataset was not built, or nothing can be trained on it.
    """
    database = WAREHOUSE_FOLDER / f"{dataset}.duckdb"
    if not database.exists():
        build = command("lists", dataset=dataset)
        raise TuningError(f"{database} is not there; `{build}` builds it")
    try:
        connection = duckdb.connect(str(database), read_only=True)
    except duckdb.IOException as error:
        cause = explain_lock(str(error)) or f"{database} cannot be opened ({first_line(error)})"
        raise TuningError(cause) from error
    with connection:
        try:
            training = connection.execute(LABELLED).df()
            as_of = connection.execute("select * from intermediate.int_as_of_date").fetchall()
        except duckdb.CatalogException as error:
            raise TuningError(
                f"{database} has no features yet; "
                f"`{command('lists', dataset=dataset)}` builds them"
            ) from error
    meta = read_meta(project_path(MODELS_FILE))
    data_bases = meta["data_bases"]
    tune_classifiers(
        {
            value: choose_training_rows(
                training[training[data_bases["data_basis"]] == value],
                source=data_bases["source"],
                sources=data_bases["sources"],
                columns=Columns(**meta["columns"]),
            )
            for value in data_bases["data_bases"]
        },
        dataset=dataset,
        as_of_date=as_of[0][0],
        columns=meta["columns"],
        seconds=seconds,
        progress=progress,
        folder=folder,
    )


def tune_classifiers(
    training: Mapping[str, pd.DataFrame] | pd.DataFrame,
    *,
    dataset: str,
    as_of_date: date,
    columns: Mapping[str, Any],
    models: Sequence[str] = MODELS,
    trials: int = 20,
    max_rows: int = 3_000,
    seconds: float = 270,
    progress: Callable[[str], None] = lambda sentence: None,
    folder: Path = STATE_FOLDER,
) -> None:
    """Search each model of each data basis in turn and keep the best parameters as of a day.

    Parameters
    ----------
    training : labelled rows, by data basis where there are several; see `train_classifier`.
    trials : points tried for each model. max_rows : rows searched on.
    seconds : shared by the searches, what one leaves goes to the next; a search out of time ends
        with the best so far.

    Raises
    ------
    TuningError : nothing can be trained on any rows.
    """
    wanted = Columns(**columns)
    if isinstance(training, pd.DataFrame):
        training = {EVERYONE: training}
    training_rows, reasons_not_trained = {}, []
    for data_basis, rows in training.items():
        prepared = prepare_training(rows, columns=wanted, max_rows=max_rows)
        reason_not_trained = find_reason_not_trained(
            prepared, columns=wanted, min_positives=MIN_POSITIVES
        )
        if reason_not_trained:
            reasons_not_trained.append(f"{data_basis}: {reason_not_trained}")
            progress(reasons_not_trained[-1])
        else:
            training_rows[data_basis] = prepared
    if not training_rows:
        raise TuningError("; ".join(reasons_not_trained))
    end = time.monotonic() + seconds
    searches = [(data_basis, model) for data_basis in training_rows for model in models]
    found = []
    for number, (data_basis, model) in enumerate(searches):
        left = (end - time.monotonic()) / (len(searches) - number)
        prepared = training_rows[data_basis]
        parameters, score = search_parameters(
            model,
            rows=prepared,
            label=prepared[wanted.label].to_numpy(),
            groups=prepared[wanted.key].to_numpy(),
            features=wanted.features,
            categories=wanted.categories,
            log_features=wanted.log_features,
            trials=trials,
            seconds=left,
        )
        told = json.dumps(parameters)
        found.append(
            {"data_basis": data_basis, "model": model, "parameters": told, "roc_auc": score}
        )
        progress(f"{data_basis}, {model}: ROC-AUC {score:.4f} with {told}")
    rows = pd.DataFrame(found)
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        connection.execute(f"create table {PARAMETER_TABLE} as select * from rows")
        save_tables(
            connection,
            dataset=dataset,
            tables=[("main", PARAMETER_TABLE)],
            as_of_date=as_of_date,
            folder=folder,
        )


def read_meta(file: Path) -> dict[str, Any]:
    """Return what the model ml_activity_models is configured with."""
    models = yaml.safe_load(file.read_text(encoding="utf-8"))["models"]
    (one,) = (model for model in models if model["name"] == "ml_activity_models")
    meta = one["config"]["meta"]
    return {"data_bases": meta["data_bases"], **meta["options"]}
