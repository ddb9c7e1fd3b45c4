"""Methods compared on hold-outs by date, and one chosen by the earlier of them."""

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from python_ml.clv.boosting import place_orders
from python_ml.clv.evaluation import (
    DECILE_TYPES,
    measure_deciles,
    measure_distribution,
    measure_pair,
    measure_places,
)
from python_ml.clv.families import FAMILIES
from python_ml.clv.gamma_gamma import GAMMA_GAMMA
from python_ml.clv.methods import (
    BASELINES,
    BOOSTING,
    CANDIDATES,
    DEFAULT_METHOD,
    METHODS,
    NO_PAST_CUT,
    SEASONAL,
)
from python_ml.clv.money import SHRUNK_MEAN
from python_ml.clv.periods import Period, take_periods, with_margin_method
from python_ml.frames import to_typed

NO_PERIOD = "none"

_PAIR = (
    "predicted",
    "actual",
    "ratio",
    "mae",
    "decile_gap",
    "rank_correlation",
    "top_fifth",
)
EVALUATION_TYPES = {
    "period": "str",
    "method": "str",
    "margin_method": "str",
    "reason": "str",
    "choice_reason": "str",
    "is_baseline": "bool",
    "is_chosen": "bool",
    "customers": "Int64",
    "horizon_weeks": "float64",
    "season_factor": "float64",
    **{f"orders_{name}": "float64" for name in _PAIR},
    **{f"margin_{name}": "float64" for name in _PAIR},
    "pit_p_value": "float64",
    "pit_largest_gap": "float64",
    "upper_coverage": "float64",
}
CHOICE_MEASURE = "orders_decile_gap"
LEAST_LEAD = 0.05
LARGEST_TIE = 0.005
CHOICE_RULE = (
    "smallest mean gap of deciles in orders in the validation period; a baseline, which has no "
    f"ranges, must be ahead by {LEAST_LEAD:.0%} of the mean, and of methods within "
    f"{LARGEST_TIE:.1%} of the best the simplest is chosen"
)


@threadpool_limits.wrap(limits=1)
def evaluate_methods(
    histories: pd.DataFrame,
    *,
    cuts: pd.DataFrame,
    weekly: pd.DataFrame | None = None,
    seed: int = 42,
) -> pd.DataFrame:
    """Compare the methods on hold-outs by date, and choose one on the earlier of them.

    Every method is fitted on what was known at a cut, and predicts what came after it. The choice
    is by the gap of deciles in orders, level and spread in one number: a mean absolute error would
    choose zero for everybody. The later hold-out has no part in it; with one hold-out alone the
    choice and its figures are of the same customers, and `choice_reason` says so.

    Parameters
    ----------
    histories : one row per period and customer, as `read_histories` takes them, with `period` (of
        PERIODS, those that there are), `outcome_orders` and `outcome_margin` (null: not known) of
        the customer in the horizon.
    cuts : one row per period: `period`, `cut_date` (the first day to predict) and `horizon_weeks`.
        Boosting learns from the period before, if its horizon ends at the cut or earlier.
    weekly : `week_start` and `repeat_orders` per week, for the season; None for none.
    seed : of boosting, of the parameters' draws and of the ties of distributions.

    Returns
    -------
    One row per period ("validation", "test") and method of METHODS, with the columns of
    EVALUATION_TYPES: `orders_` and `margin_` measures as `measure_pair` says, distributions of
    families and boosting as `measure_distribution` says, and `reason` where a method has no
    figures. Without any hold-out one row of period NO_PERIOD with the default method. `is_chosen`
    marks the same method in all periods.

    Raises
    ------
    ValueError : a column is missing or not numeric, or a period is unknown or not in `cuts`.

    Examples
    --------
    >>> x = np.tile([0, 0, 0, 1, 2, 5], 20)
    >>> histories = pd.DataFrame({"customer_id": np.arange(120).astype(str), "repeat_orders": x})
    >>> histories = histories.assign(recency_weeks=x * 3.0, age_weeks=20.0, period="validation")
    >>> histories["outcome_orders"] = x // 2
    >>> cuts = pd.DataFrame({"period": ["validation"], "cut_date": ["2026-01-01"]})
    >>> rows = evaluate_methods(histories, cuts=cuts.assign(horizon_weeks=13.0))
    >>> rows.loc[rows["method"] == "zero", ["orders_actual", "orders_ratio"]].to_numpy().tolist()
    [[60.0, 0.0]]
    >>> int(rows["is_chosen"].sum())
    1
    """
    rows, chosen, chosen_in, margin_method = [], None, None, None
    for period in take_periods(histories, cuts=cuts, weekly=weekly, seed=seed):
        if margin_method is None:
            margin_method = _choose_margin_method(period, seed=seed)
        period = with_margin_method(period, margin_method)
        found = [_measure(method, period=period, seed=seed) for method in METHODS]
        if chosen is None:
            chosen, chosen_in = choose_method(found), period.name
        rows += found
    if not rows:
        none = {"period": NO_PERIOD, "method": DEFAULT_METHOD, "customers": 0}
        rows = [none | {"reason": NO_PAST_CUT}]
    why = "validation" if rows[-1]["period"] != chosen_in else "one_hold_out"
    if chosen is None:
        chosen, why = DEFAULT_METHOD, "not_back_tested"
    shared = {"choice_reason": why}
    rows = [
        row
        | shared
        | {"is_baseline": row["method"] in BASELINES, "is_chosen": row["method"] == chosen}
        for row in rows
    ]
    return to_typed(rows, types=EVALUATION_TYPES)


@threadpool_limits.wrap(limits=1)
def calibration_deciles(
    histories: pd.DataFrame,
    *,
    cuts: pd.DataFrame,
    evaluations: pd.DataFrame,
    weekly: pd.DataFrame | None = None,
    seed: int = 42,
) -> pd.DataFrame:
    """Return what the chosen method predicted and what came, in deciles of its predictions.

    Parameters
    ----------
    histories, cuts, weekly, seed : as `evaluate_methods` took them.
    evaluations : what it returned.

    Returns
    -------
    One row per period, method and decile, 1 for the lowest predictions: `customers` and means per
    customer `predicted_orders`, `actual_orders`, `predicted_margin` and `actual_margin`, margins
    of those for whom both are known.

    Raises
    ------
    ValueError : as `evaluate_methods`.

    Examples
    --------
    >>> histories = pd.DataFrame({"customer_id": np.arange(120), "period": "validation"})
    >>> histories["repeat_orders"] = histories["customer_id"] // 20
    >>> histories["outcome_orders"] = histories["repeat_orders"] / 2
    >>> histories["recency_weeks"] = histories["repeat_orders"] * 3.0
    >>> cuts = pd.DataFrame({"period": ["validation"], "cut_date": ["2026-01-01"]})
    >>> given = {"cuts": cuts.assign(horizon_weeks=13.0)}
    >>> histories = histories.assign(age_weeks=20.0)
    >>> evaluations = evaluate_methods(histories, **given)
    >>> deciles = calibration_deciles(histories, evaluations=evaluations, **given)
    >>> deciles["customers"].tolist() == [12] * 10
    True
    """
    chosen = evaluations[evaluations["is_chosen"]]
    types = {"period": "str", "method": "str"} | DECILE_TYPES
    if chosen.empty or set(chosen["period"]) == {NO_PERIOD}:
        return to_typed([], types=types)
    method, rows = str(chosen["method"].iloc[0]), []
    margin_method = evaluations["margin_method"].dropna()
    families = tuple(name for name in FAMILIES if name == method.removesuffix(SEASONAL))
    for period in take_periods(histories, cuts=cuts, weekly=weekly, seed=seed, families=families):
        if len(margin_method):
            period = with_margin_method(period, margin_method.iloc[0])
        if period.find_reason(method) is None:
            predicted = period.predict(method, seed=seed)
            deciles = measure_deciles(predicted, period.read)
            rows += [{"period": period.name, "method": method, **row} for row in deciles]
    return to_typed(rows, types=types)


def _measure(method: str, *, period: Period, seed: int) -> dict:
    """Return one row of the evaluations."""
    row = {
        "period": period.name,
        "method": method,
        "customers": len(period.read),
        "horizon_weeks": period.weeks,
        "reason": period.find_reason(method),
    }
    if row["reason"]:
        return row
    predicted, weeks = period.predict(method, seed=seed), period.weeks
    for name in ("orders", "margin"):
        actual = period.read[f"outcome_{name}"].to_numpy(float)
        found = measure_pair(predicted[name].to_numpy(float), actual)
        row |= {f"{name}_{measure}": value for measure, value in found.items()}
    family = method.removesuffix(SEASONAL)
    if method == BOOSTING:
        actual = period.read["outcome_orders"].to_numpy(float)
        expected = predicted["orders"].to_numpy(float)
        places = place_orders(period.models.boosting, expected=expected, orders=actual)
        row |= measure_places(*places, seed=seed)
    if family in FAMILIES:
        if method != family:
            row["season_factor"] = period.season
            weeks *= period.season
        row["margin_method"] = period.models.money.method
        fitted = period.models.families[family]
        row |= measure_distribution(period.read, fitted=fitted, weeks=weeks, seed=seed)
    return row


def choose_method(rows: list[dict]) -> str | None:
    """Return the candidate of the smallest gap, by the rule of CHOICE_RULE.

    None where no family could be fitted, or nothing came.

    Examples
    --------
    >>> choose_method([{"method": one, "orders_decile_gap": 0.5} for one in CANDIDATES])
    'bg_nbd'
    """
    gaps = {row["method"]: row.get(CHOICE_MEASURE, np.nan) for row in rows}
    gaps = {method: gaps[method] for method in CANDIDATES if gaps[method] == gaps[method]}
    with_ranges = {method: gap for method, gap in gaps.items() if method not in BASELINES}
    if not set(with_ranges) & set(FAMILIES):
        return None
    if min(with_ranges.values()) <= min(gaps.values()) + LEAST_LEAD:
        gaps = with_ranges
    best = min(gaps.values()) + LARGEST_TIE
    return next(method for method, gap in gaps.items() if gap <= best)


def _choose_margin_method(period: Period, *, seed: int) -> str | None:
    """Return Gamma-Gamma, or the shrunk mean where that is ahead of it by LEAST_LEAD.

    By the gap of deciles in margin, with the default family's orders, where Gamma-Gamma may be
    used at all; it alone has a distribution of margins.
    """
    method = period.models.money.method
    if method != GAMMA_GAMMA or period.find_reason(DEFAULT_METHOD):
        return method
    gaps = {}
    for one in (GAMMA_GAMMA, SHRUNK_MEAN):
        row = _measure(DEFAULT_METHOD, period=with_margin_method(period, one), seed=seed)
        gaps[one] = row["margin_decile_gap"]
    is_ahead = gaps[SHRUNK_MEAN] < gaps[GAMMA_GAMMA] - LEAST_LEAD
    return SHRUNK_MEAN if is_ahead else GAMMA_GAMMA
