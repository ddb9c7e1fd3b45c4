"""What each customer will be worth: the rows of clv_customers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from python_ml.clv.boosting import TrainedBoosting
from python_ml.clv.boosting import train_boosting as train_on_read
from python_ml.clv.families import FAMILIES, FittedFamily
from python_ml.clv.histories import KEY, WEEK_DAYS, collapse, read_histories
from python_ml.clv.methods import (
    DEFAULT_METHOD,
    SEASONAL,
    FittedModels,
    find_reason_not_predicted,
    find_season,
    fit_all,
    predict_method,
)
from python_ml.clv.money import SHRUNK_MEAN
from python_ml.clv.predicting import RANGES, predict_next_order
from python_ml.clv.tables import from_table, to_table
from python_ml.frames import check_columns, key_type, to_typed

HORIZON_DAYS = (90, 365)
NEXT_ORDER = ["next_order_days_lower", "next_order_days", "next_order_days_upper"]


def score_types(horizon_days: Sequence[int] = HORIZON_DAYS) -> dict[str, str]:
    """Return the columns of `score_customers` after the key, and their types.

    Examples
    --------
    >>> list(score_types([90]))[5:8]
    ['orders_90_days', 'orders_90_days_lower', 'orders_90_days_upper']
    """
    texts = dict.fromkeys(["method", "margin_method", "reason", "margin_reason"], "str")
    numbers = ["p_alive"]
    for days in horizon_days:
        numbers += [_name(column, days) for column in RANGES]
    return texts | dict.fromkeys([*numbers, *NEXT_ORDER], "float64")


@threadpool_limits.wrap(limits=1)
def fit_models(
    histories: pd.DataFrame, *, evaluations: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Fit every family on the histories as of today.

    Parameters
    ----------
    histories : one row per customer, as `read_histories` takes them.
    evaluations : of `evaluate_methods`; where the shrunk mean did better there, it is used.

    Returns
    -------
    One row per model and parameter, as `to_table` says: a table to save and to use again.

    Raises
    ------
    ValueError : a column is missing or not numeric, or a key is missing or occurs twice.

    Examples
    --------
    >>> x = np.tile([0, 0, 0, 1, 2, 5], 20)
    >>> histories = pd.DataFrame({"customer_id": np.arange(120).astype(str), "repeat_orders": x})
    >>> histories = histories.assign(recency_weeks=x * 3.0, age_weeks=20.0 + x % 2)
    >>> models = fit_models(histories)
    >>> models[models["position"] < 2][["model", "parameter", "customers"]].to_numpy().tolist()[0]
    ['bg_nbd', 'r', 120]
    """
    read = read_histories(histories)
    models = fit_all(read[read["reason"].isna()].reset_index(drop=True))
    table = to_table(models)
    if evaluations is not None and (evaluations["margin_method"].dropna() == SHRUNK_MEAN).any():
        has_mean = bool(models.money.shrunk)
        table.loc[table["model"] == "gamma_gamma", "is_used"] = False
        table.loc[table["model"] == SHRUNK_MEAN, "is_used"] = has_mean
    return table


@threadpool_limits.wrap(limits=1)
def train_boosting(
    histories: pd.DataFrame, *, horizon_weeks: float, seed: int = 42
) -> TrainedBoosting | None:
    """Learn orders and margin to come from the latest cut whose future is known.

    Needed only where boosting was chosen. See `python_ml.clv.boosting.train_boosting`.

    Parameters
    ----------
    histories : one row per customer as of that cut, with `outcome_orders` and `outcome_margin`.
    horizon_weeks : that the outcomes are of.

    Examples
    --------
    >>> histories = pd.DataFrame({"customer_id": ["a"], "repeat_orders": 0, "outcome_orders": 1})
    >>> histories = histories.assign(recency_weeks=0, age_weeks=3)
    >>> train_boosting(histories, horizon_weeks=13.0) is None
    True
    """
    read = read_histories(histories)
    read = read[read["reason"].isna()].reset_index(drop=True)
    return train_on_read(read, weeks=horizon_weeks, seed=seed)


@threadpool_limits.wrap(limits=1)
def score_customers(
    histories: pd.DataFrame,
    *,
    models: pd.DataFrame,
    as_of_date: object,
    evaluations: pd.DataFrame | None = None,
    weekly: pd.DataFrame | None = None,
    boosting: TrainedBoosting | None = None,
    horizon_days: Sequence[int] = HORIZON_DAYS,
    seed: int = 42,
) -> pd.DataFrame:
    """Predict orders, margin and the next order of each customer, or say why not.

    The method is the one that was chosen, or where it has no figures the default, or the first
    family that has any. Where no family could be fitted there are no figures. Baselines have no
    ranges. `p_alive` and the next order are always a family's.

    Parameters
    ----------
    histories : one row per customer who ever bought, as `read_histories` takes them.
    models : of `fit_models`. as_of_date : the first day to predict.
    evaluations : of `evaluate_methods`. weekly : as there. boosting : of `train_boosting`.
    horizon_days : days to predict.
    seed : of the parameters' draws.

    Returns
    -------
    One row per customer, ordered by key, with the columns of `score_types`: `method`; `reason`
    where there is no figure at all, `margin_reason` where there is none of margin; `p_alive`;
    `orders_<days>_days` and `margin_<days>_days`, each with `_lower` and `_upper` (one in ten
    below, one in ten above); `next_order_days` from `as_of_date`, by which the next order comes
    with probability a half, `_lower` a tenth and `_upper` nine tenths, null as
    `predict_next_order` says.

    Raises
    ------
    ValueError : a column is missing or not numeric, or a key is missing or occurs twice.

    Examples
    --------
    >>> x = np.tile([0, 0, 0, 1, 2, 5], 20)
    >>> histories = pd.DataFrame({"customer_id": np.arange(120).astype(str), "repeat_orders": x})
    >>> histories = histories.assign(recency_weeks=x * 3.0, age_weeks=20.0 + x % 2)
    >>> scores = score_customers(histories, models=fit_models(histories), as_of_date="2026-01-01")
    >>> scores.loc[0, ["customer_id", "method", "margin_reason"]].tolist()
    ['0', 'mbg_nbd', 'margin_unknown']
    """
    check_columns(histories, columns=[KEY], name="histories")
    types = {KEY: key_type(histories, key=KEY)} | score_types(horizon_days)
    read = read_histories(histories)
    fitted = from_table(models)
    if boosting is not None:
        fitted = FittedModels(fitted.families, fitted.money, boosting)
    is_used = read["reason"].isna().to_numpy()
    own = read[is_used].reset_index(drop=True)
    seasons = {
        days: find_season(weekly, cut_date=as_of_date, weeks=days / WEEK_DAYS)
        for days in horizon_days
    }
    scores = pd.DataFrame({KEY: read[KEY], "reason": read["reason"]})
    chosen, reason = find_method(own, evaluations=evaluations, models=fitted, seasons=seasons)
    if chosen is None:
        scores.loc[is_used, "reason"] = reason
        return to_typed(scores, types=types)
    scores.loc[is_used, "method"] = chosen
    for days in horizon_days:
        predicted = predict_method(
            chosen,
            read=own,
            models=fitted,
            weeks=days / WEEK_DAYS,
            season=seasons[days],
            has_ranges=True,
            seed=seed,
        )
        for column in predicted:
            scores.loc[is_used, _name(str(column), days)] = predicted[column].to_numpy()
    family = find_family(chosen, models=fitted)
    if family is not None:
        for column, values in _describe(own, fitted=family).items():
            scores.loc[is_used, column] = values
    return to_typed(_explain_margins(scores, models=fitted, days=horizon_days[0]), types=types)


def _name(column: str, days: int) -> str:
    """Return the name of a measure in a horizon."""
    measure, _, end = column.partition("_")
    return f"{measure}_{days}_days" + (f"_{end}" if end else "")


def find_method(
    read: pd.DataFrame,
    *,
    evaluations: pd.DataFrame | None,
    models: FittedModels,
    seasons: dict[int, float],
) -> tuple[str | None, str | None]:
    """Return the method that is used, or None and why there is none."""
    chosen = [] if evaluations is None else evaluations.loc[evaluations["is_chosen"], "method"]
    chosen = [str(method) for method in chosen[:1]]
    plain = [method.removesuffix(SEASONAL) for method in chosen]
    wanted = dict.fromkeys([*chosen, *plain, DEFAULT_METHOD, *FAMILIES])
    if read.empty or not any(fitted.parameters for fitted in models.families.values()):
        return None, models.families[DEFAULT_METHOD].reason
    season = next(iter(seasons.values()))
    for method in wanted:
        if not find_reason_not_predicted(method, read=read, models=models, season=season):
            return method, None
    return None, models.families[DEFAULT_METHOD].reason


def find_family(method: str, *, models: FittedModels) -> FittedFamily | None:
    """Return the family of a method, or the default, that has parameters."""
    for name in (method.removesuffix(SEASONAL), DEFAULT_METHOD, *FAMILIES):
        if name in models.families and models.families[name].parameters:
            return models.families[name]
    return None


def _describe(read: pd.DataFrame, *, fitted: FittedFamily) -> dict[str, np.ndarray]:
    """Return p_alive and the days to the next order."""
    rows, index = collapse(read)
    alive = FAMILIES[fitted.family].p_alive(fitted.values, rows)
    days = predict_next_order(fitted, rows) * WEEK_DAYS
    found = {name: days[index, place] for place, name in enumerate(NEXT_ORDER)}
    return {"p_alive": alive[index]} | found


def _explain_margins(scores: pd.DataFrame, *, models: FittedModels, days: int) -> pd.DataFrame:
    """Add how margins were expected, and why there is none."""
    has_margin = scores[_name("margin", days)].notna()
    scores["margin_method"] = pd.Series(np.nan, index=scores.index, dtype="str")
    is_family = scores["method"].str.removesuffix(SEASONAL).isin(FAMILIES)
    if models.money.method is not None:
        scores.loc[has_margin & is_family, "margin_method"] = models.money.method
    is_unknown = scores["reason"].isna() & ~has_margin
    scores["margin_reason"] = pd.Series(np.nan, index=scores.index, dtype="str")
    scores.loc[is_unknown, "margin_reason"] = "margin_unknown"
    return scores
