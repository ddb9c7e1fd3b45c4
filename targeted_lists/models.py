"""Fitted classifiers as rows of a table, so that a run keeps and finds them like its other state.

A row holds the model itself (a pickle, trusted like the database it lies in) and, in words, what
it was made of. `state/DATASET/classifier_models/AS_OF_DATE.parquet` is such a row.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn

from python_ml.classification import NO_MODEL, Columns, TrainedClassifier, train_classifier
from targeted_lists.state import STATE_FOLDER, read_latest

MODEL_TABLE = "classifier_models"
PARAMETER_TABLE = "classifier_parameters"
VERSIONS = {
    "python": platform.python_version(),
    "scikit-learn": sklearn.__version__,
    "numpy": np.__version__,
    "pandas": pd.__version__,
}
FITS = ("kept", "new", "kept_only")


class KeptModelError(ValueError):
    """A kept model that cannot be used; the message is one sentence that says what to do."""


def provide_classifier(
    training: pd.DataFrame,
    *,
    dataset: str,
    as_of_date: date | None,
    fit: str,
    columns: Mapping[str, Any],
    training_options: Mapping[str, Any],
    progress: Callable[[str], None] = lambda sentence: None,
    folder: Path = STATE_FOLDER,
) -> pd.DataFrame:
    """Return the kept classifier as of a day, or a new one, as one row of a table.

    Parameters
    ----------
    training : labelled rows; see `train_classifier`.
    fit : "kept" takes the newest model kept up to the day and fits one where there is none, "new"
        fits always, "kept_only" never. A kept row that says why nothing could be learned is no
        model.
    columns : arguments of `Columns`. training_options : further ones of `train_classifier`.

    Raises
    ------
    KeptModelError : the kept model does not fit the features or the installed versions, or there
        is none where one is needed.
    """
    if fit not in FITS:
        raise ValueError(f"activity_fit is {', '.join(FITS[:-1])} or {FITS[-1]}, not {fit}")
    wanted = Columns(**columns)
    if fit != "new":
        kept = read_latest(dataset, MODEL_TABLE, as_of_date=as_of_date, folder=folder)
        if kept is not None and kept["model"].iloc[0] != NO_MODEL:
            check_kept(kept, features=[*wanted.features, *wanted.categories])
            progress(f"using {kept['model'].iloc[0]} kept as of {kept['as_of_date'].iloc[0]:%F}")
            return kept
        if fit == "kept_only":
            raise KeptModelError(
                f"no model of {dataset} is kept as of {as_of_date:%F} or before; "
                f"`make lists DATASET={dataset}` fits and keeps one"
            )
    parameters = read_parameters(dataset, as_of_date=as_of_date, folder=folder)
    trained = train_classifier(
        training, columns=wanted, parameters=parameters, progress=progress, **training_options
    )
    return pack_classifier(
        trained,
        training=training,
        offered=[*wanted.features, *wanted.categories],
        as_of_date=as_of_date,
        parameters=parameters.get(trained.model, {}),
    )


def pack_classifier(
    trained: TrainedClassifier,
    *,
    training: pd.DataFrame,
    offered: Sequence[str],
    as_of_date: date | None,
    parameters: Mapping[str, Any],
) -> pd.DataFrame:
    """Return a classifier as one row: model, data_hash, metadata (JSON), fitted, as_of_date."""
    scores = trained.evaluations.set_index("model").loc[trained.model]
    metadata = {
        "features": list(offered),
        "features_used": [*trained.columns.features, *trained.columns.categories],
        "parameters": dict(parameters),
        "rows": int(scores["rows"]),
        "scores": {
            name: None if pd.isna(scores[name]) else round(float(scores[name]), 6)
            for name in ("roc_auc", "roc_auc_sd", "pr_auc", "brier", "log_loss")
        },
        "versions": VERSIONS,
    }
    return pd.DataFrame(
        {
            "model": [trained.model],
            "data_hash": [hash_frame(training)],
            "metadata": [json.dumps(metadata, sort_keys=True)],
            "fitted": [pickle.dumps(trained, protocol=5)],
            "as_of_date": pd.to_datetime([as_of_date]).astype("datetime64[us]"),
        }
    ).astype({"model": "str", "data_hash": "str", "metadata": "str"})


def unpack_classifier(row: pd.DataFrame) -> TrainedClassifier:
    """Return the classifier of such a row.

    Raises
    ------
    KeptModelError : it was fitted with other versions.
    """
    check_versions(row)
    return pickle.loads(bytes(row["fitted"].iloc[0]))


def load_classifier(
    dataset: str, *, as_of_date: date, folder: Path = STATE_FOLDER
) -> TrainedClassifier:
    """Return the newest classifier of a dataset that was kept up to a day.

    With it `python_ml.classification.score_customers` scores rows without dbt.

    Raises
    ------
    KeptModelError : none is kept, or it was fitted with other versions.
    """
    kept = read_latest(dataset, MODEL_TABLE, as_of_date=as_of_date, folder=folder)
    if kept is None:
        raise KeptModelError(f"no model of {dataset} is kept as of {as_of_date:%F} or before")
    return unpack_classifier(kept)


def check_kept(row: pd.DataFrame, *, features: Sequence[str]) -> None:
    """Refuse a kept model whose features or versions are not those of today.

    Raises
    ------
    KeptModelError : names what differs.
    """
    check_versions(row)
    known = json.loads(row["metadata"].iloc[0])["features"]
    differences = [
        f"{verb} {', '.join(sorted(names))}"
        for verb, names in {
            "knows": set(known) - set(features),
            "does not know": set(features) - set(known),
        }.items()
        if names
    ]
    if differences:
        raise KeptModelError(
            f"the model kept as of {row['as_of_date'].iloc[0]:%F} {' and '.join(differences)}, "
            "unlike the features of today; `make lists FULL=1` fits a new one"
        )


def check_versions(row: pd.DataFrame) -> None:
    """Refuse a model that other versions of scikit-learn or numpy have fitted."""
    known = json.loads(row["metadata"].iloc[0])["versions"]
    for package in ("scikit-learn", "numpy"):
        if known[package] != VERSIONS[package]:
            raise KeptModelError(
                f"the model kept as of {row['as_of_date'].iloc[0]:%F} was fitted with {package} "
                f"{known[package]}, and {VERSIONS[package]} is installed; "
                "`make lists FULL=1` fits a new one"
            )


def read_parameters(
    dataset: str, *, as_of_date: date | None, folder: Path = STATE_FOLDER
) -> dict[str, dict[str, Any]]:
    """Return the hyper-parameters that `make tune` kept, by model; those not tuned are absent."""
    kept = read_latest(dataset, PARAMETER_TABLE, as_of_date=as_of_date, folder=folder)
    if kept is None:
        return {}
    return {row.model: json.loads(row.parameters) for row in kept.itertuples()}


def hash_frame(frame: pd.DataFrame) -> str:
    """Return a hash of a frame's rows, whatever their order."""
    rows = pd.util.hash_pandas_object(frame, index=False).sort_values()
    return hashlib.sha256(rows.to_numpy().tobytes()).hexdigest()
