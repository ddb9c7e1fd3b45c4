"""What all lists together changed: everyone they could reach against the global holdout."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from python_ml.assignments import check_sample_ratio
from python_ml.experiments import COMPARISON_TYPES, compare_arms
from python_ml.frames import check_columns, to_floats, to_typed

KEY = ["scope", "holdout_period", "metric"]
HOLDOUT = "holdout"
_MEASURES = [
    name
    for name in COMPARISON_TYPES
    if name not in ("campaign_id", "metric", "slice", "slice_value", "arm", "q_value")
]
PROGRAM_TYPES = {
    "scope": "str",
    "holdout_period": "str",
    "metric": "str",
    **{name: COMPARISON_TYPES[name] for name in _MEASURES},
    "sample_ratio_p": "float64",
    "is_ratio_broken": "bool",
}


def compare_with_holdout(
    outcomes: pd.DataFrame,
    *,
    proportions: Collection[str] = ("purchase",),
    alpha: float = 0.001,
) -> pd.DataFrame:
    """Compare everyone not held out with the holdout, as assigned, scope by scope.

    Parameters
    ----------
    outcomes : one row per scope, holdout_period, metric, stratum and arm (`holdout` and
        `not in holdout`), with `planned_share` of the arm, `customers`, and over them the sums
        that `compare_arms` takes.
    proportions : metrics of zeros and ones, compared as rates; the others as means.
    alpha : arms whose sizes have a smaller p-value under the plan are broken.

    Returns
    -------
    pandas.DataFrame : one row per scope, holdout_period and metric, in this order, with the
        columns of PROGRAM_TYPES: `compare_arms` says what each is, the holdout being its control.
        Where nobody is held out there are control_customers 0 and no comparison.

    Raises
    ------
    ValueError : a column is missing, or an arm occurs twice in one comparison.

    Examples
    --------
    >>> sums = {"total": [30.0, 1.0], "total_of_squares": [30.0, 1.0]}
    >>> sums |= {"pre_total": 0.0, "pre_total_of_squares": 0.0, "total_of_products": 0.0}
    >>> sums |= {"clipped_total": [30.0, 1.0], "clipped_total_of_squares": [30.0, 1.0]}
    >>> arms = pd.DataFrame({
    ...     "scope": "period", "holdout_period": "2026", "metric": "purchase", "stratum": "all",
    ...     "arm": ["not in holdout", "holdout"], "planned_share": [0.9, 0.1],
    ...     "customers": [90, 10], **sums,
    ... })
    >>> row = compare_with_holdout(arms).iloc[0]
    >>> print(f"{row['difference']:.3f}, sizes as planned: p = {row['sample_ratio_p']:.0f}")
    0.233, sizes as planned: p = 1
    """
    check_columns(
        outcomes, columns=[*KEY, "stratum", "arm", "planned_share", "customers"], name="outcomes"
    )
    if outcomes.empty:
        return to_typed([], types=PROGRAM_TYPES)
    compared = compare_arms(
        outcomes.assign(
            campaign_id=outcomes["scope"],
            slice=outcomes["holdout_period"],
            slice_value="all",
            is_tested=True,
        ),
        proportions=proportions,
        control=HOLDOUT,
    ).rename(columns={"campaign_id": "scope", "slice": "holdout_period"})
    ratios = pd.DataFrame(_check_sizes(outcomes), columns=[*KEY, "sample_ratio_p"])
    compared = compared.merge(ratios, on=KEY, how="left")
    compared["is_ratio_broken"] = compared["sample_ratio_p"] < alpha
    rows = compared.sort_values(KEY, ignore_index=True)
    return to_typed(rows, types=PROGRAM_TYPES)


def _check_sizes(outcomes: pd.DataFrame) -> list[tuple]:
    """Return the p-value of the arms' sizes for each comparison."""
    plans = outcomes.assign(**to_floats(outcomes, columns=["planned_share"]))
    found = []
    for key, arms in plans.groupby(KEY):
        repeats = np.repeat(arms.index.to_numpy(), arms["customers"].astype(int))
        check = check_sample_ratio(arms.loc[repeats, ["stratum", "arm"]], arms)
        found.append((*key, check.p_value))
    return found
