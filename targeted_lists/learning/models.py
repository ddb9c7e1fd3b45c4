"""Fitted classifiers as rows of a table, so that a run saves and finds them like other state.

A row holds the model itself (python_ml/keeping.py) and, in words, what it was made of.
`state/DATASET/ml_activity_models/AS_OF_DATE.parquet` has one for each data basis: customers with
other known features are trained and scored separately.
"""

from __future__ import annotations

import functools
import hashlib
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn

from python_ml.classification import (
    CHOICE_RULE,
    MAJORITY,
    NO_MODEL,
    Columns,
    TrainedClassifier,
    find_reason_not_trained,
    prepare_training,
    score_customers,
    train_classifier,
)
from python_ml.frames import sort_by_key
from python_ml.keeping import Packed, UnreadableModelError, pack, unpack
from targeted_lists.common.commands import command
from targeted_lists.common.folders import STATE_FOLDER
from targeted_lists.learning.drift import (
    EVERYONE,
    STRICTER_RULE,
    UNREADABLE,
    DriftLimits,
    explain_drift,
    fix_baselines,
    measure_model,
)
from targeted_lists.saved.tables import read_latest

MODEL_TABLE = "ml_activity_models"
PARAMETER_TABLE = "activity_parameters"
VERSIONS = {
    "python": platform.python_version(),
    "scikit-learn": sklearn.__version__,
    "numpy": np.__version__,
    "pandas": pd.__version__,
}
ROW_TYPES = {
    "data_basis": "str",
    "model": "str",
    "data_hash": "str",
    "metadata": "str",
    "baselines": "str",
    "refit_reason": "str",
    "evaluations": "str",
    "calibration": "str",
    "importances": "str",
    "fitted": "object",
    "as_of_date": "datetime64[us]",
}
MEASURES = {"evaluations": "evaluations", "calibration": "deciles", "importances": "importances"}
"""What was measured, by the column that has it as JSON, so that SQL reads it without Python."""
FRAMES = ("typical", "evaluations", "deciles", "importances", "predictions")
MIN_POSITIVES = 20
RETRY_GROWTH = 1.25
"""That nothing beats guessing stands until there are so many times the labelled rows: asked every
day, noise would be lucky some day."""


class SavedModelError(ValueError):
    """A saved model that cannot be used; the message is one sentence that says what to do."""


def provide_classifiers(
    training: pd.DataFrame,
    *,
    data_basis: str,
    data_bases: Sequence[str],
    source: str,
    sources: Sequence[str],
    reuse: bool | str,
    columns: Mapping[str, Any],
    current: pd.DataFrame | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Return a classifier for each data basis, saved or new; one row per data basis.

    Labels of two sources are two questions and never train together: the first source of which
    there are enough labels trains.

    Parameters
    ----------
    training : labelled rows; see `train_classifier`.
    data basis, source : columns that say of which data basis a row is, and where its label comes
        from.
    data_bases, sources : their values, the sources by preference.
    reuse, columns, current, options : as `provide_classifier` has them.

    Raises
    ------
    SavedModelError : as `provide_classifier` says.
    """
    provided = []
    for value in data_bases:
        rows = training[training[data_basis] == value]
        rows = choose_training_rows(
            rows, source=source, sources=sources, columns=Columns(**columns)
        )
        own = None if current is None else current[current[data_basis] == value]
        provided.append(
            provide_classifier(
                rows, data_basis=value, reuse=reuse, columns=columns, current=own, **options
            )
        )
    return pd.concat(provided, ignore_index=True)


def choose_training_rows(
    training: pd.DataFrame, *, source: str, sources: Sequence[str], columns: Columns
) -> pd.DataFrame:
    """Return the rows whose labels are of the first source that has enough, else of the last."""
    rows = training
    for value in sources:
        rows = training[training[source] == value]
        prepared = prepare_training(rows, columns=columns)
        if find_reason_not_trained(prepared, columns=columns, min_positives=MIN_POSITIVES) is None:
            return rows
    # The source that has rows at all says how many are lacking.
    present = [value for value in sources if (training[source] == value).any()]
    return training[training[source] == present[-1]] if present else rows


def provide_classifier(
    training: pd.DataFrame,
    *,
    dataset: str,
    as_of_date: date | None,
    reuse: bool | str,
    columns: Mapping[str, Any],
    training_options: Mapping[str, Any],
    current: pd.DataFrame | None = None,
    limits: DriftLimits | None = None,
    data_basis: str = EVERYONE,
    table: str = MODEL_TABLE,
    progress: Callable[[str], None] = lambda sentence: None,
    folder: Path = STATE_FOLDER,
) -> pd.DataFrame:
    """Return the saved classifier as of a day, or a new one, as one row of a table.

    Parameters
    ----------
    training : labelled rows; see `train_classifier`.
    reuse : True takes the newest model saved up to the day, and fits one where there is none or
        the customers have drifted too far from those it was fitted for, or it was chosen by an
        earlier rule; False fits always, "only" never. A saved row that says why nothing could
        be learned is returned by the last alone, one that says that nothing beats guessing until
        there are RETRY_GROWTH times as many labelled rows.
    columns : arguments of `Columns`. training_options : further ones of `train_classifier`.
    current : the rows that will be scored, from which drift is measured; None measures none.
    limits : how far is too far; None is never.
    data_basis : who it is for; one of the rows of the saved table.
    table : where it is saved.

    Raises
    ------
    SavedModelError : the saved model does not fit the features or the installed versions, or must
        not be fitted again though an earlier rule chose it, or there is none where one is needed.
    """
    if reuse not in (True, False, "only"):
        raise ValueError(f"the var reuse_models is true, false or only, not {reuse}")
    wanted = Columns(**columns)
    refit_reason = ""
    if reuse:
        saved = read_saved(dataset, table, data_basis, as_of_date=as_of_date, folder=folder)
        if saved is not None and (reuse == "only" or saved["model"].iloc[0] != NO_MODEL):
            check_saved(saved, features=[*wanted.features, *wanted.categories])
            if reuse == "only":
                check_rule(saved)
            is_old = reuse is True and has_grown(saved, labelled=count_labelled(training, wanted))
            if reuse is True and not is_old:
                refit_reason = find_unreadable(saved) or find_refit_reason(
                    saved, current=current, limits=limits
                )
            if not is_old and not refit_reason:
                day = f"{saved['as_of_date'].iloc[0]:%F}"
                progress(f"using {saved['model'].iloc[0]} saved as of {day}")
                return saved
            progress(refit_reason or "asking again what nothing was known of")
        elif reuse == "only":
            raise SavedModelError(
                f"no model of {dataset} is saved as of {as_of_date:%F} or before; "
                f"`{command('lists', dataset=dataset)}` fits and keeps one"
            )
    parameters = read_parameters(dataset, data_basis, as_of_date=as_of_date, folder=folder)
    trained = train_classifier(
        training,
        columns=wanted,
        parameters=parameters,
        min_positives=MIN_POSITIVES,
        progress=progress,
        **training_options,
    )
    return pack_classifier(
        trained,
        training=training,
        current=training.head(0) if current is None else current,
        refit_reason=refit_reason,
        offered=[*wanted.features, *wanted.categories],
        as_of_date=as_of_date,
        parameters=parameters.get(trained.model, {}),
        data_basis=data_basis,
    )


def read_saved(
    dataset: str,
    table: str,
    data_basis: str,
    *,
    as_of_date: date | None,
    folder: Path = STATE_FOLDER,
) -> pd.DataFrame | None:
    """Return the newest model saved for a data basis up to a day as one row; None without one."""
    saved = read_latest(dataset, table, as_of_date=as_of_date, folder=folder)
    if saved is None:
        return None
    saved = saved[saved["data_basis"] == data_basis].reset_index(drop=True)
    # Models saved before these columns existed have no snapshot to drift from and no measures.
    unknown = {"baselines": "", "refit_reason": "", **dict.fromkeys(MEASURES, "[]")}
    unknown = {name: value for name, value in unknown.items() if name not in saved}
    return None if saved.empty else saved.assign(**unknown)[list(ROW_TYPES)]


def count_labelled(training: pd.DataFrame, columns: Columns) -> int:
    """Return the rows that have a label."""
    return int(training[columns.label].notna().sum())


def has_grown(saved: pd.DataFrame, *, labelled: int) -> bool:
    """Return whether there is now enough to ask again, where nothing was better than guessing."""
    known = json.loads(saved["metadata"].iloc[0]).get("labelled", 0)
    return saved["model"].iloc[0] == MAJORITY and labelled >= RETRY_GROWTH * known


def find_unreadable(saved: pd.DataFrame) -> str:
    """Say why a saved model cannot be opened and must be fitted again; empty where it can."""
    try:
        unpack_classifier(saved)
    except SavedModelError:
        day = f"{saved['as_of_date'].iloc[0]:%F}"
        return f"fitted again because {UNREADABLE.format(day=day)}"
    return ""


def find_refit_reason(
    saved: pd.DataFrame, *, current: pd.DataFrame | None, limits: DriftLimits | None
) -> str:
    """Say why a saved model must be fitted again for the customers of today; empty where not."""
    if is_of_earlier_rule(saved):
        cause = STRICTER_RULE
    elif current is None or limits is None:
        return ""
    else:
        cause = explain_drift(
            measure_model(
                unpack_classifier(saved),
                baselines=saved["baselines"].iloc[0],
                current=current,
                limits=limits,
            ),
            limits=limits,
        )
    if cause is None:
        return ""
    return f"fitted again because {cause} since {saved['as_of_date'].iloc[0]:%F}"


def pack_classifier(
    trained: TrainedClassifier,
    *,
    training: pd.DataFrame,
    current: pd.DataFrame,
    offered: Sequence[str],
    as_of_date: date | None,
    parameters: Mapping[str, Any],
    data_basis: str = EVERYONE,
    refit_reason: str = "",
) -> pd.DataFrame:
    """Return a classifier and, in words, what it was made of as one row."""
    scores = trained.evaluations.set_index("model").loc[trained.model]
    metadata = {
        "features": list(offered),
        "features_used": [*trained.columns.features, *trained.columns.categories],
        "parameters": dict(parameters),
        "rows": int(scores["rows"]),
        "labelled": count_labelled(training, trained.columns),
        "choice_rule": CHOICE_RULE,
        "scores": {
            name: None if pd.isna(scores[name]) else round(float(scores[name]), 6)
            for name in ("roc_auc", "roc_auc_sd", "pr_auc", "brier", "log_loss")
        },
        "versions": VERSIONS,
    }
    row = {
        "data_basis": data_basis,
        "model": trained.model,
        "data_hash": hash_frame(training),
        "metadata": json.dumps(metadata, sort_keys=True),
        "baselines": fix_baselines(trained, training=training, current=current),
        "refit_reason": refit_reason,
        **{column: _to_json(getattr(trained, name)) for column, name in MEASURES.items()},
        "fitted": pack_trained(trained),
        "as_of_date": pd.Timestamp(as_of_date),
    }
    return pd.DataFrame([row]).astype(ROW_TYPES)


def _to_json(frame: pd.DataFrame) -> str:
    """Return the rows of a frame as JSON; what is not known is null, floats lose nothing."""
    whole = frame.astype(object).where(frame.notna(), None)
    return json.dumps(whole.to_dict("records"))


def unpack_classifier(row: pd.DataFrame) -> TrainedClassifier:
    """Return the classifier of such a row.

    Raises
    ------
    SavedModelError : it was fitted with other versions, or cannot be opened.
    """
    check_versions(row)
    try:
        return unpack_trained(bytes(row["fitted"].iloc[0]))
    except UnreadableModelError as error:
        day = f"{row['as_of_date'].iloc[0]:%F}"
        raise SavedModelError(
            f"the model saved as of {day} is {error}; "
            f"`{command('lists', full=True)}` fits a new one"
        ) from error


def erase_in_model(fitted: bytes, is_erased: Callable[[str], bool]) -> tuple[bytes, int]:
    """Remove customers from what a saved classifier predicted of those it was fitted on.

    Parameters
    ----------
    is_erased : tells of a key whether it leaves.

    Returns
    -------
    The classifier without them, packed again, and the predictions removed. What it learned from
    all of them together stays, as it names nobody.

    Raises
    ------
    UnreadableModelError : it cannot be opened.
    """
    packed = unpack(fitted)
    if "predictions" not in packed.frames:
        # Boosting of lifetime value keeps nobody.
        return fitted, 0
    predictions = packed.frames["predictions"]
    leaves = predictions[packed.facts["columns"]["key"]].astype(str).map(is_erased).astype(bool)
    if not leaves.any():
        return fitted, 0
    remembered = predictions[~leaves].reset_index(drop=True)
    frames = {**packed.frames, "predictions": remembered}
    return pack(replace(packed, frames=frames)), int(leaves.sum())


def pack_trained(trained: TrainedClassifier) -> bytes:
    """Return a classifier as bytes; see `python_ml.keeping`."""
    facts = {"model": trained.model, "columns": asdict(trained.columns)}
    frames = {name: getattr(trained, name) for name in FRAMES}
    return pack(Packed(trained.fitted, facts, frames))


@functools.lru_cache(maxsize=8)
def unpack_trained(fitted: bytes) -> TrainedClassifier:
    """Return the classifier of such bytes, which a run asks for several times.

    Raises
    ------
    UnreadableModelError : it cannot be opened.
    """
    packed = unpack(fitted)
    return TrainedClassifier(
        model=packed.facts["model"],
        columns=Columns(**packed.facts["columns"]),
        fitted=packed.model,
        **packed.frames,
    )


def collect_predictions(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what each classifier predicted of the rows it had not seen, by data basis."""
    tables = []
    for place, data_basis in enumerate(rows["data_basis"]):
        predictions = unpack_classifier(rows.iloc[[place]]).predictions
        tables.append(predictions.assign(data_basis=data_basis))
    whole = pd.concat(tables, ignore_index=True).astype({"data_basis": "str"})
    return whole[["data_basis", *whole.columns.drop("data_basis")]]


def score_by_data_basis(
    current: pd.DataFrame, *, rows: pd.DataFrame, data_basis: str, **options: Any
) -> pd.DataFrame:
    """Score each data basis by its own classifier; see `score_customers`.

    Parameters
    ----------
    current : one row per customer; `data_basis` is the column that says of which one.
    rows : one classifier per data basis. A customer of another data basis is not scored.
    """
    scores = []
    for place in range(len(rows)):
        trained = unpack_classifier(rows.iloc[[place]])
        own = current[current[data_basis] == rows["data_basis"].iloc[place]]
        scores.append(score_customers(own, trained=trained, **options))
    key = trained.columns.key
    return sort_by_key(pd.concat(scores, ignore_index=True), key=key, name="scores")


def measure_drifts(
    current: pd.DataFrame, *, rows: pd.DataFrame, limits: DriftLimits
) -> pd.DataFrame:
    """Measure each data basis's drift from the snapshots of its model; see `measure_model`.

    Parameters
    ----------
    current : the rows that are scored; where `data_basis` is among the columns, it says by which
        classifier, else there is one for everyone.
    rows : one classifier per data basis.
    """
    drifts = []
    for place in range(len(rows)):
        row = rows.iloc[[place]]
        value = row["data_basis"].iloc[0]
        own = current[current["data_basis"] == value] if "data_basis" in current else current
        drift = measure_model(
            unpack_classifier(row), baselines=row["baselines"].iloc[0], current=own, limits=limits
        )
        drifts.append(drift.assign(data_basis=value))
    return pd.concat(drifts, ignore_index=True).astype({"data_basis": "str"})


def load_classifier(
    dataset: str,
    *,
    as_of_date: date,
    data_basis: str = EVERYONE,
    table: str = MODEL_TABLE,
    folder: Path = STATE_FOLDER,
) -> TrainedClassifier:
    """Return the newest classifier of a dataset's data basis that was saved up to a day.

    With it `python_ml.classification.score_customers` scores rows without dbt.

    Raises
    ------
    SavedModelError : none is saved, or it was fitted with other versions.
    """
    saved = read_saved(dataset, table, data_basis, as_of_date=as_of_date, folder=folder)
    if saved is None:
        raise SavedModelError(
            f"no model of {dataset} for {data_basis} is saved as of {as_of_date:%F} or before"
        )
    return unpack_classifier(saved)


def check_saved(row: pd.DataFrame, *, features: Sequence[str]) -> None:
    """Refuse a saved model whose features or versions are not those of today.

    Raises
    ------
    SavedModelError : names what differs.
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
        raise SavedModelError(
            f"the model saved as of {row['as_of_date'].iloc[0]:%F} {' and '.join(differences)}, "
            f"unlike the features of today; `{command('lists', full=True)}` fits a new one"
        )


def is_of_earlier_rule(row: pd.DataFrame) -> bool:
    """Return whether an earlier, looser rule has chosen the model."""
    return json.loads(row["metadata"].iloc[0]).get("choice_rule") != CHOICE_RULE


def check_rule(row: pd.DataFrame) -> None:
    """Refuse a model that an earlier rule has chosen."""
    if is_of_earlier_rule(row):
        raise SavedModelError(
            f"the model saved as of {row['as_of_date'].iloc[0]:%F} was chosen by an earlier rule, "
            f"which took chance for knowledge; `{command('lists', full=True)}` chooses a new one"
        )


def check_versions(row: pd.DataFrame) -> None:
    """Refuse a model that other versions of scikit-learn or numpy have fitted."""
    known = json.loads(row["metadata"].iloc[0])["versions"]
    for package in ("scikit-learn", "numpy"):
        if known[package] != VERSIONS[package]:
            raise SavedModelError(
                f"the model saved as of {row['as_of_date'].iloc[0]:%F} was fitted with {package} "
                f"{known[package]}, and {VERSIONS[package]} is installed; "
                f"`{command('lists', full=True)}` fits a new one"
            )


def read_parameters(
    dataset: str,
    data_basis: str = EVERYONE,
    *,
    as_of_date: date | None,
    folder: Path = STATE_FOLDER,
) -> dict[str, dict[str, Any]]:
    """Return the hyper-parameters that a search has saved, by model; untuned ones are absent."""
    saved = read_latest(dataset, PARAMETER_TABLE, as_of_date=as_of_date, folder=folder)
    if saved is None:
        return {}
    saved = saved[saved["data_basis"] == data_basis]
    return {row.model: json.loads(row.parameters) for row in saved.itertuples()}


def hash_frame(frame: pd.DataFrame) -> str:
    """Return a hash of a frame's rows, whatever their order."""
    rows = pd.util.hash_pandas_object(frame, index=False).sort_values()
    return hashlib.sha256(rows.to_numpy().tobytes()).hexdigest()
