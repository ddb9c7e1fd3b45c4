"""The methods that are compared: families, with and without a season, boosting and baselines."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from python_ml.clv.boosting import TrainedBoosting, predict_boosting
from python_ml.clv.customers import predict_customers
from python_ml.clv.families import FAMILIES, FittedFamily, fit_rows
from python_ml.clv.histories import MONEY, collapse
from python_ml.clv.money import FittedMoney, fit_money

ZERO, ALL_SO_FAR, OWN_RATE = "zero", "all_so_far", "own_rate"
LAST_52_WEEKS = "last_52_weeks"
BOOSTING = "gradient_boosting"
SEASONAL = "_seasonal"

BASELINES = (ZERO, ALL_SO_FAR, OWN_RATE, LAST_52_WEEKS)
METHODS = (*BASELINES, *FAMILIES, *(family + SEASONAL for family in FAMILIES), BOOSTING)
CANDIDATES = tuple(method for method in METHODS if method not in (ZERO, ALL_SO_FAR))
"""Methods that may be chosen; what was spent so far is no prediction of orders, and zero none."""

DEFAULT_METHOD = "mbg_nbd"
"""Where nothing was back-tested: everyone may have left after the first order."""

NO_PAST_CUT, TOO_FEW_TO_LEARN_FROM = "no_past_cut", "too_few_to_learn_from"

YEAR_DAYS = 364
LARGEST_SEASON = 4.0


@dataclass(frozen=True)
class FittedModels:
    """All that was fitted on the histories of one cut, and why boosting was not."""

    families: dict[str, FittedFamily]
    money: FittedMoney
    boosting: TrainedBoosting | None = field(default=None)
    reason_not_boosted: str = field(default=NO_PAST_CUT)


def fit_all(read: pd.DataFrame, *, families: tuple[str, ...] = tuple(FAMILIES)) -> FittedModels:
    """Fit the families of counts and of money on histories of use.

    Examples
    --------
    >>> from python_ml.clv.histories import read_histories
    >>> histories = pd.DataFrame({"customer_id": ["a"], "repeat_orders": 0})
    >>> histories = histories.assign(recency_weeks=0, age_weeks=3)
    >>> fit_all(read_histories(histories)).families["bg_nbd"].reason
    'too_few_customers'
    """
    rows, _ = collapse(read)
    return FittedModels(
        {family: fit_rows(rows, family=family) for family in families}, fit_money(read)
    )


def find_season(weekly: pd.DataFrame | None, *, cut_date: object, weeks: float) -> float:
    """Return repeat orders of the same weeks a year before over those of an average week then.

    Parameters
    ----------
    weekly : `week_start` and `repeat_orders`, one row per week; weeks without a row have none.
    cut_date : the first day to predict. weeks : to predict.

    Returns
    -------
    The factor, within 1 / LARGEST_SEASON and LARGEST_SEASON; 1.0 for a year or more; NaN where no
    full year before the cut is known.

    Examples
    --------
    >>> weekly = pd.DataFrame({"week_start": pd.date_range("2025-01-06", periods=52, freq="7D")})
    >>> weekly["repeat_orders"] = [30.0] * 13 + [10.0] * 39
    >>> find_season(weekly, cut_date="2026-01-05", weeks=13.0)
    2.0
    """
    if weekly is None or weekly.empty:
        return float("nan")
    cut, start = pd.Timestamp(cut_date), pd.to_datetime(weekly["week_start"])
    year = cut - pd.Timedelta(days=YEAR_DAYS)
    # A first week that begins within the year is a part of it that is missing.
    if start.min() > year + pd.Timedelta(days=6):
        return float("nan")
    if weeks * 7 >= YEAR_DAYS:
        return 1.0
    orders = weekly["repeat_orders"].to_numpy(float)
    is_year = (start >= year) & (start < cut)
    is_same = is_year & (start < year + pd.Timedelta(days=round(weeks * 7)))
    level = orders[is_year].sum() / YEAR_DAYS
    if not level > 0:
        return float("nan")
    factor = orders[is_same].sum() / (weeks * 7) / level
    return float(np.clip(factor, 1 / LARGEST_SEASON, LARGEST_SEASON))


def find_reason_not_predicted(
    method: str, *, read: pd.DataFrame, models: FittedModels, season: float
) -> str | None:
    """Return why a method has no figures, None where it has.

    Examples
    --------
    >>> find_reason_not_predicted("zero", read=None, models=None, season=1.0)
    """
    if method in (ALL_SO_FAR, LAST_52_WEEKS):
        column = "orders_all" if method == ALL_SO_FAR else "orders_last_52_weeks"
        return "not_in_input" if read[column].isna().any() else None
    if method == BOOSTING:
        return None if models.boosting else models.reason_not_boosted
    family = method.removesuffix(SEASONAL)
    if family in FAMILIES:
        fitted = models.families.get(family)
        if fitted is None or not fitted.parameters:
            return fitted.reason if fitted else "not_fitted"
        if method != family and np.isnan(season):
            return "no_year_known"
    return None


def predict_method(
    method: str,
    *,
    read: pd.DataFrame,
    models: FittedModels,
    weeks: float,
    season: float = float("nan"),
    has_ranges: bool = False,
    seed: int = 42,
) -> pd.DataFrame:
    """Return `orders` and `margin` of each customer by one of METHODS, in the order of the rows.

    A season is as many weeks more, or fewer, of the customers' time.

    Examples
    --------
    >>> read = pd.DataFrame({"repeat_orders": [2.0], "age_weeks": 8.0, "mean_margin": 5.0})
    >>> predict_method("own_rate", read=read, models=None, weeks=4.0).to_numpy().tolist()
    [[1.0, 5.0]]
    """
    if method == ZERO:
        orders = pd.Series(0.0, index=range(len(read)))
        return pd.DataFrame({"orders": orders, "margin": orders})
    if method == OWN_RATE:
        orders = (read["repeat_orders"] / read["age_weeks"].clip(lower=1) * weeks).to_numpy()
        margin = orders * read["mean_margin"].to_numpy()
        return pd.DataFrame({"orders": orders, "margin": margin})
    if method == ALL_SO_FAR:
        both = read[["orders_all", "margin_all"]].to_numpy()
        return pd.DataFrame(both, columns=["orders", "margin"])
    if method == LAST_52_WEEKS:
        times = weeks / min(52.0, max(1.0, read["age_weeks"].max()))
        both = read[["orders_last_52_weeks", "margin_last_52_weeks"]].to_numpy() * times
        return pd.DataFrame(both, columns=["orders", "margin"])
    if method == BOOSTING:
        return predict_boosting(read, boosting=models.boosting, weeks=weeks)
    return predict_customers(
        read,
        fitted=models.families[method.removesuffix(SEASONAL)],
        money=models.money if read[MONEY[0]].notna().any() else None,
        weeks=weeks * (season if method.endswith(SEASONAL) else 1.0),
        has_ranges=has_ranges,
        seed=seed,
    )
