"""Did it work: arms of an experiment compared, and the size that one needs."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from python_ml.frames import check_columns, to_floats, to_typed

KEY = ["campaign_id", "metric", "slice"]

COMPARISON_TYPES = {
    "campaign_id": "str",
    "metric": "str",
    "slice": "str",
    "arm": "str",
    "treatment_customers": "int64",
    "control_customers": "int64",
    "treatment_mean": "float64",
    "control_mean": "float64",
    "difference": "float64",
    "relative_lift": "float64",
    "standard_error": "float64",
    "lower_95": "float64",
    "upper_95": "float64",
    "p_value": "float64",
    "sample_ratio_p": "float64",
}


class Comparison(NamedTuple):
    """Two arms apart; each field is an array of the shape of the arguments, treatment - control.

    Attributes
    ----------
    difference : of the rates or means, in their unit.
    standard_error : of the difference, the one its interval is built from.
    lower, upper : the interval of the difference.
    p_value : two-sided, of no difference.
    """

    difference: np.ndarray
    standard_error: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    p_value: np.ndarray


def compare_proportions(
    *,
    successes_treatment: ArrayLike,
    n_treatment: ArrayLike,
    successes_control: ArrayLike,
    n_control: ArrayLike,
    confidence: float = 0.95,
) -> Comparison:
    """Compare two proportions by the pooled z-test, with the interval of Agresti and Caffo.

    The interval adds one success and one failure to each arm. It keeps its coverage in small
    arms, and has a width where nobody, or everybody, answered: Wald's has none there.

    Parameters
    ----------
    successes_treatment, n_treatment, successes_control, n_control : counts, of one shape.
    confidence : of the interval, in (0, 1).

    Returns
    -------
    Comparison : NaN where an arm is empty; p is 1 where all or none of both arms succeeded.

    Raises
    ------
    ValueError : successes are negative or exceed the customers of their arm.

    References
    ----------
    Agresti and Caffo (2000), Simple and effective confidence intervals for proportions and
    differences of proportions, The American Statistician 54.
    """
    x_t, n_t, x_c, n_c = (
        np.asarray(values, dtype=float)
        for values in (successes_treatment, n_treatment, successes_control, n_control)
    )
    for successes, n in ((x_t, n_t), (x_c, n_c)):
        is_wrong = (successes < 0) | (successes > n)
        if is_wrong.any():
            raise ValueError(
                f"{np.extract(is_wrong, successes)[0]:g} successes among "
                f"{np.extract(is_wrong, n)[0]:g} customers"
            )
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = x_t / n_t - x_c / n_c
        pooled = (x_t + x_c) / (n_t + n_c)
        null_error = np.sqrt(pooled * (1 - pooled) * (1 / n_t + 1 / n_c))
        z = np.where(difference == 0, 0.0, difference / null_error)
    adjusted_t, adjusted_c = (x_t + 1) / (n_t + 2), (x_c + 1) / (n_c + 2)
    error = np.sqrt(
        adjusted_t * (1 - adjusted_t) / (n_t + 2) + adjusted_c * (1 - adjusted_c) / (n_c + 2)
    )
    reach = stats.norm.ppf(0.5 + confidence / 2) * error
    middle = adjusted_t - adjusted_c
    is_empty = np.isnan(difference)
    lower, upper, error = (
        np.where(is_empty, np.nan, values)
        for values in (np.maximum(middle - reach, -1), np.minimum(middle + reach, 1), error)
    )
    return Comparison(difference, error, lower, upper, 2 * stats.norm.sf(np.abs(z)))


def compare_means(
    *,
    mean_treatment: ArrayLike,
    variance_treatment: ArrayLike,
    n_treatment: ArrayLike,
    mean_control: ArrayLike,
    variance_control: ArrayLike,
    n_control: ArrayLike,
    confidence: float = 0.95,
) -> Comparison:
    """Compare two means by Welch's t-test, with its interval.

    Parameters
    ----------
    mean_treatment, mean_control : of the arms, in the metric's unit.
    variance_treatment, variance_control : of single values, with n - 1 in the divisor.
    n_treatment, n_control : customers in the arms.
    confidence : of the interval, in (0, 1).

    Returns
    -------
    Comparison : NaN where an arm has fewer than two customers, and the p-value where neither
        arm varies.

    References
    ----------
    Welch (1947), The generalization of Student's problem when several different population
    variances are involved, Biometrika 34.
    """
    mean_t, variance_t, n_t, mean_c, variance_c, n_c = (
        np.asarray(values, dtype=float)
        for values in (
            mean_treatment,
            variance_treatment,
            n_treatment,
            mean_control,
            variance_control,
            n_control,
        )
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        square_t = np.where(n_t > 1, variance_t / n_t, np.nan)
        square_c = np.where(n_c > 1, variance_c / n_c, np.nan)
        error = np.sqrt(square_t + square_c)
        freedom = (square_t + square_c) ** 2 / (square_t**2 / (n_t - 1) + square_c**2 / (n_c - 1))
        difference = mean_t - mean_c
        p_value = 2 * stats.t.sf(np.abs(difference / error), freedom)
        reach = stats.t.ppf(0.5 + confidence / 2, freedom) * error
    return Comparison(difference, error, difference - reach, difference + reach, p_value)


def sample_ratio_p_value(*, counts: ArrayLike, planned_shares: ArrayLike) -> float:
    """P-value that the arms hold the planned shares, by the chi-square test.

    Parameters
    ----------
    counts : customers by arm.
    planned_shares : of the same arms; only their ratio matters.

    Returns
    -------
    float : in [0, 1]; NaN where there are fewer than two arms or a share is missing, since
        there is then nothing to hold the counts against.

    References
    ----------
    Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments,
    KDD 2019.
    """
    observed = np.asarray(counts, dtype=float)
    shares = np.asarray(planned_shares, dtype=float)
    if observed.size < 2 or not np.all(shares > 0) or observed.sum() == 0:
        return float("nan")
    expected = observed.sum() * shares / shares.sum()
    return float(stats.chisquare(observed, expected).pvalue)


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
    rate_control, rate_treatment : the rates to be told apart, in (0, 1).
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
    p_c, p_t, k = rate_control, rate_treatment, treatment_per_control
    if not (0 < p_c < 1 and 0 < p_t < 1) or p_c == p_t:
        raise ValueError(f"rates must differ and lie between 0 and 1, got {p_c} and {p_t}")
    pooled = (p_c + k * p_t) / (1 + k)
    under_null = stats.norm.ppf(1 - alpha / 2) * np.sqrt(pooled * (1 - pooled) * (1 + 1 / k))
    under_effect = stats.norm.ppf(power) * np.sqrt(p_c * (1 - p_c) + p_t * (1 - p_t) / k)
    return int(np.ceil((under_null + under_effect) ** 2 / (p_t - p_c) ** 2))


def compare_arms(
    outcomes: pd.DataFrame,
    *,
    proportions: Collection[str] = ("purchase",),
    control: str = "control",
) -> pd.DataFrame:
    """Compare every arm with the control, campaign by campaign and metric by metric.

    Parameters
    ----------
    outcomes : one row per campaign_id, metric, slice and arm, with `customers` as assigned,
        `total` and `total_of_squares` of the metric over them, and `planned_share` of the arm
        (missing where no plan is known: the sample ratio is then not tested).
    proportions : metrics of zeros and ones, compared as rates; the others as means.
    control : name of the arm that was left alone.

    Returns
    -------
    pandas.DataFrame : one row per campaign_id, metric, slice and arm but the control, in this
        order, with the columns of COMPARISON_TYPES. A campaign without control has
        control_customers 0 and no comparison.

    Raises
    ------
    ValueError : a column is missing, or an arm stands twice in one comparison.
    """
    numbers = ["customers", "total", "total_of_squares", "planned_share"]
    check_columns(outcomes, columns=[*KEY, "arm", *numbers], name="outcomes")
    if outcomes.duplicated([*KEY, "arm"]).any():
        twice = outcomes.loc[outcomes.duplicated([*KEY, "arm"]), "campaign_id"].min()
        raise ValueError(f"outcomes has an arm of campaign {twice} more than once")
    if outcomes.empty:
        return to_typed([], types=COMPARISON_TYPES)
    arms = outcomes.assign(**to_floats(outcomes, columns=numbers)).sort_values([*KEY, "arm"])
    ratios = arms.groupby(KEY).apply(
        lambda group: sample_ratio_p_value(
            counts=group["customers"], planned_shares=group["planned_share"]
        )
    )
    is_control = arms["arm"] == control
    pairs = (
        arms[~is_control]
        .merge(arms[is_control], on=KEY, how="left", suffixes=("_t", "_c"))
        .merge(ratios.rename("sample_ratio_p").reset_index(), on=KEY)
        .rename(columns={"arm_t": "arm"})
    )
    for arm, name in (("t", "treatment"), ("c", "control")):
        pairs[f"customers_{arm}"] = pairs[f"customers_{arm}"].fillna(0)
        pairs[f"{name}_customers"] = pairs[f"customers_{arm}"]
        n = pairs[f"customers_{arm}"].where(pairs[f"customers_{arm}"] > 0)
        pairs[f"{name}_mean"] = pairs[f"total_{arm}"] / n
        around_mean = pairs[f"total_of_squares_{arm}"] - pairs[f"total_{arm}"] ** 2 / n
        pairs[f"variance_{arm}"] = around_mean.clip(lower=0) / (n - 1).where(n > 1)
    is_rate = pairs["metric"].isin(proportions)
    compared = pd.concat([_compare_rates(pairs[is_rate]), _compare_values(pairs[~is_rate])])
    pairs = pairs.join(compared)
    pairs["relative_lift"] = pairs["difference"] / pairs["control_mean"].where(
        pairs["control_mean"] != 0
    )
    return to_typed(pairs.sort_values([*KEY, "arm"]), types=COMPARISON_TYPES)


def _compare_rates(pairs: pd.DataFrame) -> pd.DataFrame:
    """Compare the arms of each row of `pairs` as proportions."""
    return _to_frame(
        compare_proportions(
            successes_treatment=pairs["total_t"],
            n_treatment=pairs["customers_t"],
            successes_control=pairs["total_c"],
            n_control=pairs["customers_c"],
        ),
        index=pairs.index,
    )


def _compare_values(pairs: pd.DataFrame) -> pd.DataFrame:
    """Compare the arms of each row of `pairs` as means."""
    return _to_frame(
        compare_means(
            mean_treatment=pairs["treatment_mean"],
            variance_treatment=pairs["variance_t"],
            n_treatment=pairs["customers_t"],
            mean_control=pairs["control_mean"],
            variance_control=pairs["variance_c"],
            n_control=pairs["customers_c"],
        ),
        index=pairs.index,
    )


def _to_frame(comparison: Comparison, *, index: pd.Index) -> pd.DataFrame:
    """Columns of a comparison, its interval named by its confidence of 95 %."""
    return pd.DataFrame(comparison._asdict(), index=index).rename(
        columns={"lower": "lower_95", "upper": "upper_95"}
    )
