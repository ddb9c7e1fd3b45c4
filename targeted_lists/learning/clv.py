"""Models of customer lifetime value as a row of a table, saved and found like other state.

`state/DATASET/ml_clv_models/AS_OF_DATE.parquet` has one row: the parameters, what was measured on
past days, and boosting where that was chosen.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd

from python_ml.clv import (
    CHOICE_RULE,
    EVALUATION_TYPES,
    MODEL_TYPES,
    TrainedBoosting,
    calibration_deciles,
    evaluate_methods,
    fit_models,
    order_probabilities,
    pack_boosting,
    score_customers,
    train_boosting,
    unpack_boosting,
)
from python_ml.clv.methods import BOOSTING
from python_ml.drift import fix_baseline
from python_ml.frames import to_typed
from python_ml.keeping import UnreadableModelError
from targeted_lists.common.commands import command
from targeted_lists.common.folders import STATE_FOLDER
from targeted_lists.learning.drift import (
    EVERYONE,
    NOBODY,
    OTHER_RULE,
    UNREADABLE,
    DriftLimits,
    explain_drift,
    measure_snapshot,
)
from targeted_lists.learning.models import SavedModelError
from targeted_lists.saved.tables import read_latest

TABLE = "ml_clv_models"
NOW = "now"
WATCHED = ["repeat_orders", "orders_last_13_weeks", "mean_margin"]
"""What of the customers must not change much for models to stand. How long they have been there
changes every day and belongs to the models."""

ROW_TYPES = {
    "method": "str",
    "choice_rule": "str",
    "models": "str",
    "evaluations": "str",
    "calibration": "str",
    "baselines": "str",
    "refit_reason": "str",
    "fitted": "object",
    "as_of_date": "datetime64[us]",
}


def provide_clv_models(
    histories: pd.DataFrame,
    *,
    cuts: pd.DataFrame,
    weekly: pd.DataFrame,
    dataset: str,
    as_of_date: date | None,
    reuse: bool | str,
    limits: DriftLimits,
    seed: int,
    progress: Callable[[str], None] = lambda sentence: None,
    folder: Path = STATE_FOLDER,
) -> pd.DataFrame:
    """Return the saved models as of a day, or new ones, as one row.

    Parameters
    ----------
    histories : a row per period and customer, `period` being NOW or one of `evaluate_methods`.
    cuts, weekly : as `evaluate_methods` takes them.
    reuse : True takes the newest models saved up to the day, and fits where there are none or the
        customers have drifted too far from those of the fit; False fits always, "only" never.
    limits : how far is too far.

    Raises
    ------
    SavedModelError : there is none where one is needed, or it cannot be opened.
    """
    current = histories[histories["period"] == NOW]
    saved = read_latest(dataset, TABLE, as_of_date=as_of_date, folder=folder) if reuse else None
    refit_reason = ""
    if saved is not None:
        refit_reason = "" if reuse == "only" else _find_refit_reason(saved, current, limits)
        if not refit_reason:
            progress(f"using models saved as of {saved['as_of_date'].iloc[0]:%F}")
            return saved[list(ROW_TYPES)].astype(ROW_TYPES)
        progress(refit_reason)
    elif reuse == "only":
        raise SavedModelError(
            f"no models of lifetime value of {dataset} are saved as of {as_of_date:%F} or before; "
            f"`{command('lists', dataset=dataset)}` fits and keeps them"
        )
    past = histories[histories["period"] != NOW]
    evaluations = evaluate_methods(past, cuts=cuts, weekly=weekly, seed=seed)
    deciles = calibration_deciles(
        past, cuts=cuts, evaluations=evaluations, weekly=weekly, seed=seed
    )
    chosen = evaluations.loc[evaluations["is_chosen"], "method"]
    boosting = None
    if (chosen == BOOSTING).any():
        boosting = _train_on_latest(past, cuts=cuts, seed=seed)
    row = {
        "method": chosen.iloc[0] if len(chosen) else "",
        "choice_rule": CHOICE_RULE,
        "models": _to_json(fit_models(current, evaluations=evaluations)),
        "evaluations": _to_json(evaluations),
        "calibration": _to_json(deciles),
        "baselines": json.dumps(fix_baseline(current, features=WATCHED).to_dict("list")),
        "refit_reason": refit_reason,
        "fitted": b"" if boosting is None else pack_boosting(boosting),
        "as_of_date": pd.Timestamp(as_of_date),
    }
    return pd.DataFrame([row]).astype(ROW_TYPES)


def score_clv(
    histories: pd.DataFrame,
    *,
    rows: pd.DataFrame,
    weekly: pd.DataFrame,
    as_of_date: date | None,
    horizon_days: list[int],
    window_days: int,
    seed: int,
) -> pd.DataFrame:
    """Return what `score_customers` says of each customer, by the models of a row.

    `p_order` is the probability of an order within `window_days`.
    """
    models = _read(rows, "models", MODEL_TYPES)
    evaluations = _read(rows, "evaluations", EVALUATION_TYPES)
    told = {"models": models, "evaluations": evaluations, "weekly": weekly}
    told |= {"as_of_date": as_of_date, "seed": seed}
    boosting, scored = _open_boosting(rows), []
    # What is not known of those from totals must not decide on the method of the others.
    for source in sorted(histories["source"].unique()) or [None]:
        own = histories[histories["source"] == source] if source else histories
        scores = score_customers(own, boosting=boosting, horizon_days=horizon_days, **told)
        chances = order_probabilities(own, days=window_days, **told)
        # Both are in the order of the key.
        scored.append(scores.assign(p_order=chances["p_order"]))
    return pd.concat(scored, ignore_index=True)


def find_order_probabilities(
    histories: pd.DataFrame,
    *,
    rows: pd.DataFrame,
    weekly: pd.DataFrame,
    moment: str,
    days: int,
    seed: int,
) -> pd.DataFrame:
    """Return how likely an order is in the days after each moment, by the models of a row.

    Parameters
    ----------
    histories : a row per moment and customer, as of that moment, with `moment_date`.
    moment : the column that names it.

    Returns
    -------
    One row per moment and customer: the column `moment`, `customer_id`, `p_order`.
    """
    models = _read(rows, "models", MODEL_TYPES)
    evaluations = _read(rows, "evaluations", EVALUATION_TYPES)
    found = [
        order_probabilities(
            own,
            models=models,
            evaluations=evaluations,
            weekly=weekly,
            as_of_date=own["moment_date"].iloc[0],
            days=days,
            seed=seed,
        ).assign(**{moment: name})
        for name, own in histories.groupby(moment, sort=True)
    ]
    types = {moment: "str", "customer_id": "str", "p_order": "float64"}
    return to_typed(pd.concat(found, ignore_index=True) if found else [], types=types)


def measure_clv_drift(
    current: pd.DataFrame, *, rows: pd.DataFrame, limits: DriftLimits
) -> pd.DataFrame:
    """Measure how far customers are from those that the models of a row were fitted on.

    Parameters
    ----------
    current : the histories of today.

    Returns
    -------
    One row per feature of WATCHED, as of `measure_snapshot`, and for whom the models are.
    """
    drift = measure_snapshot(current, baseline=rows["baselines"].iloc[0], limits=limits)
    return drift.assign(data_basis=EVERYONE).astype({"data_basis": "str"})


def _find_refit_reason(saved: pd.DataFrame, current: pd.DataFrame, limits: DriftLimits) -> str:
    """Say why saved models must be fitted again; empty where they need not be."""
    day = f"{saved['as_of_date'].iloc[0]:%F}"
    if not set(ROW_TYPES) <= set(saved) or saved["choice_rule"].iloc[0] != CHOICE_RULE:
        return f"fitted again because {OTHER_RULE} since {day}"
    try:
        _open_boosting(saved)
    except SavedModelError:
        return f"fitted again because {UNREADABLE.format(day=day)}"
    drift = measure_clv_drift(current, rows=saved, limits=limits)
    if len(current) and (drift["level"] == "unknown").all():
        return f"fitted again because {NOBODY} since {day}"
    cause = explain_drift(drift, limits=limits)
    return "" if cause is None else f"fitted again because {cause} since {day}"


def _train_on_latest(
    past: pd.DataFrame, *, cuts: pd.DataFrame, seed: int
) -> TrainedBoosting | None:
    """Train boosting on the latest past day whose future is known."""
    known = cuts[cuts["period"].isin(past["period"])]
    latest = known.loc[pd.to_datetime(known["cut_date"]).idxmax()]
    return train_boosting(
        past[past["period"] == latest["period"]],
        horizon_weeks=float(latest["horizon_weeks"]),
        seed=seed,
    )


def _open_boosting(rows: pd.DataFrame) -> TrainedBoosting | None:
    """Return boosting of a row, None where it has none.

    Raises
    ------
    SavedModelError : it is of a form that is not opened.
    """
    content = bytes(rows["fitted"].iloc[0])
    if not content:
        return None
    try:
        return unpack_boosting(content)
    except UnreadableModelError as error:
        raise SavedModelError(str(error)) from error


def _read(rows: pd.DataFrame, column: str, types: dict[str, str]) -> pd.DataFrame:
    """Return a table that is kept as JSON."""
    return to_typed(pd.DataFrame(json.loads(rows[column].iloc[0])), types=types)


def _to_json(frame: pd.DataFrame) -> str:
    """Return the rows of a frame as JSON; what is not known is null, floats lose nothing."""
    whole = frame.astype(object).where(frame.notna(), None)
    return json.dumps(whole.to_dict("records"))
