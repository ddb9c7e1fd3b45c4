"""How large an experiment must be, and what one of a given size can find."""

from collections.abc import Mapping
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from python_ml.frames import check_columns, to_floats, to_typed

PLAN_TYPES = {
    "list_name": "str",
    "metric": "str",
    "verdict_code": "str",
    "verdict": "str",
    "needed_treatment": "Int64",
    "needed_control": "Int64",
    "needed_control_share": "float64",
    "detectable_effect": "float64",
    "campaigns_needed": "Int64",
    "duration_days": "Int64",
}
LARGEST_SHARE = 50
"""Per cent of controls: more of them would leave fewer treated than controls."""


def required_sample_size(
    *,
    rate_control: float,
    rate_treatment: float,
    treatment_per_control: float = 1.0,
    alpha: float = 0.05,
    power: float = 0.8,
) -> int:
    """Return the controls that a two-sided test of two rates needs.

    Parameters
    ----------
    rate_control, rate_treatment : the rates to distinguish, in (0, 1).
    treatment_per_control : customers in treatment for each in control.
    alpha : false alarms that are borne where there is no difference.
    power : probability of finding this difference.

    Returns
    -------
    int : customers in control, rounded up; treatment needs `treatment_per_control` times that.

    Raises
    ------
    ValueError : the rates are equal, or not between 0 and 1.

    References
    ----------
    Fleiss, Tytun and Ury (1980), A simple approximation for calculating sample sizes for
    comparing independent proportions, Biometrics 36 (without the continuity correction).
    """
    p_c, p_t = rate_control, rate_treatment
    if not (0 < p_c < 1 and 0 < p_t < 1) or p_c == p_t:
        raise ValueError(f"rates must differ and lie between 0 and 1, got {p_c} and {p_t}")
    return ceil(_controls_for_rates(p_c, p_t, k=treatment_per_control, alpha=alpha, power=power))


def required_sample_size_of_means(
    *,
    variance: float,
    difference: float,
    treatment_per_control: float = 1.0,
    alpha: float = 0.05,
    power: float = 0.8,
) -> int:
    """Return the controls that a two-sided test of two means needs.

    Parameters
    ----------
    variance : of single values, the same in both arms.
    difference : of the means, to be found.
    treatment_per_control, alpha, power : as `required_sample_size` takes them.

    Returns
    -------
    int : customers in control, rounded up, by the normal approximation.

    Raises
    ------
    ValueError : the variance is not above 0, or there is no difference.
    """
    if not variance > 0 or not abs(difference) > 0:
        raise ValueError(f"variance {variance} and difference {difference} must not be 0")
    reach = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    return ceil(reach**2 * variance * (1 + 1 / treatment_per_control) / difference**2)


def detectable_difference(
    *,
    rate_control: float,
    n_control: float,
    treatment_per_control: float = 1.0,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float:
    """Return the smallest rise of a rate that this many controls detect.

    Returns
    -------
    float : NaN where even a rise to 1 would not be found.
    """

    def lacking(difference: float) -> float:
        rate = rate_control + difference
        needed = _controls_for_rates(
            rate_control, rate, k=treatment_per_control, alpha=alpha, power=power
        )
        return needed - n_control

    least, most = 1e-9, 1 - rate_control - 1e-9
    if n_control <= 0 or not 0 < rate_control < 1 or lacking(most) > 0:
        return float("nan")
    return float(optimize.brentq(lacking, least, most, xtol=1e-12))


def plan_experiments(
    lists: pd.DataFrame, *, alpha: float = 0.05, power: float = 0.8
) -> pd.DataFrame:
    """Plan for each list and metric the size that it needs, and what its own size can find.

    Parameters
    ----------
    lists : one row per list_name and metric, with `kind` (rate or mean), `baseline_mean` and
        `baseline_variance` of the uncontacted, `smallest_effect` worth having, in the metric's
        unit, `available` customers of both arms, `control_share` of them, `cooldown_days`
        between two campaigns to the same customers and `window_days` of outcomes. What is not
        known is missing.
    alpha, power : as `required_sample_size` takes them.

    Returns
    -------
    pandas.DataFrame : one row per list_name and metric, with the columns of PLAN_TYPES.
        `needed_treatment` and `needed_control` are for the list's own share of controls;
        `needed_control_share` is the smallest share, in whole per cent up to LARGEST_SHARE,
        with which the available are enough; `campaigns_needed` how many campaigns as large as
        the list bring the needed together, and `duration_days` how long that takes.

    Raises
    ------
    ValueError : a column is missing.
    """
    numbers = [
        "baseline_mean",
        "baseline_variance",
        "smallest_effect",
        "available",
        "control_share",
        "cooldown_days",
        "window_days",
    ]
    check_columns(lists, columns=["list_name", "metric", "kind", *numbers], name="lists")
    lists = lists.assign(**to_floats(lists, columns=numbers))
    plans = [
        {"list_name": row["list_name"], "metric": row["metric"]}
        | _plan(row, alpha=alpha, power=power)
        for row in lists.to_dict("records")
    ]
    return to_typed(plans, types=PLAN_TYPES)


def _plan(row: Mapping[str, Any], *, alpha: float, power: float) -> dict[str, Any]:
    """Plan one list and metric."""
    if not _is_plannable(row):
        return {"verdict_code": "no_history", "verdict": "no history to plan from"}

    def needed(share: float) -> tuple[int, int]:
        k = (1 - share) / share
        controls = _needed_controls(row, k=k, alpha=alpha, power=power)
        # 9.000000000000002 treated for each control are 9.
        return ceil(round(k * controls, 6)), controls

    share, available = row["control_share"], row["available"]
    treatment, control = needed(share)
    plan = {
        "needed_treatment": treatment,
        "needed_control": control,
        "detectable_effect": _detectable(row, alpha=alpha, power=power),
    }
    if not available > 0:
        return plan | {"verdict_code": "nobody", "verdict": "nobody to contact"}
    percents = [share * 100, *range(int(share * 100) + 1, LARGEST_SHARE + 1)]
    enough = [one for one in percents if sum(needed(one / 100)) <= available]
    campaigns = ceil((treatment + control) / available)
    if enough and enough[0] == percents[0]:
        code, verdict = "enough", "enough"
    elif enough:
        code, verdict = "other_share", f"enough if control = {enough[0]} %"
    else:
        code = "too_small"
        verdict = f"too small: run as a global holdout over {campaigns} campaigns"
    return plan | {
        "verdict_code": code,
        "verdict": verdict,
        "needed_control_share": enough[0] / 100 if enough else np.nan,
        "campaigns_needed": campaigns,
        "duration_days": (campaigns - 1) * row["cooldown_days"] + row["window_days"],
    }


def _is_plannable(row: Mapping[str, Any]) -> bool:
    """Whether baseline, share and effect are known, and a test of them makes sense."""
    if not (row["smallest_effect"] > 0 and 0 < row["control_share"] < 1):
        return False
    if row["kind"] == "rate":
        rate = row["baseline_mean"]
        return 0 < rate < 1 and rate + row["smallest_effect"] < 1
    return row["baseline_variance"] > 0


def _needed_controls(row: Mapping[str, Any], *, k: float, alpha: float, power: float) -> int:
    """Return the controls that the row's metric needs with k treated for each of them."""
    if row["kind"] == "rate":
        return required_sample_size(
            rate_control=row["baseline_mean"],
            rate_treatment=row["baseline_mean"] + row["smallest_effect"],
            treatment_per_control=k,
            alpha=alpha,
            power=power,
        )
    return required_sample_size_of_means(
        variance=row["baseline_variance"],
        difference=row["smallest_effect"],
        treatment_per_control=k,
        alpha=alpha,
        power=power,
    )


def _detectable(row: Mapping[str, Any], *, alpha: float, power: float) -> float:
    """Return the smallest effect that the available customers can show."""
    share = row["control_share"]
    n_control, k = row["available"] * share, (1 - share) / share
    if row["kind"] == "rate":
        return detectable_difference(
            rate_control=row["baseline_mean"],
            n_control=n_control,
            treatment_per_control=k,
            alpha=alpha,
            power=power,
        )
    if not n_control > 0:
        return float("nan")
    reach = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    return float(reach * np.sqrt(row["baseline_variance"] * (1 + 1 / k) / n_control))


def _controls_for_rates(p_c: float, p_t: float, *, k: float, alpha: float, power: float) -> float:
    """Return the controls for two rates, not rounded; see `required_sample_size`."""
    pooled = (p_c + k * p_t) / (1 + k)
    under_null = stats.norm.ppf(1 - alpha / 2) * np.sqrt(pooled * (1 - pooled) * (1 + 1 / k))
    under_effect = stats.norm.ppf(power) * np.sqrt(p_c * (1 - p_c) + p_t * (1 - p_t) / k)
    return float((under_null + under_effect) ** 2 / (p_t - p_c) ** 2)
