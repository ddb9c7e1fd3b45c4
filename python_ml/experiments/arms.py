"""Every arm of a campaign compared with its control: as it is, clipped, and by CUPED."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy import stats

from python_ml.experiments.comparison import Comparison, compare_proportions, conclude
from python_ml.frames import check_columns, to_floats, to_typed

KEY = ["campaign_id", "metric", "slice", "slice_value"]
SUMS = ["total", "total_of_squares"]
PRE_SUMS = ["pre_total", "pre_total_of_squares", "total_of_products"]
CLIPPED_SUMS = ["clipped_total", "clipped_total_of_squares"]

COMPARISON_TYPES = {
    "campaign_id": "str",
    "metric": "str",
    "slice": "str",
    "slice_value": "str",
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
    "q_value": "float64",
    "cuped_difference": "float64",
    "cuped_lower_95": "float64",
    "cuped_upper_95": "float64",
    "cuped_p_value": "float64",
    "variance_reduction": "float64",
    "clipped_difference": "float64",
    "clipped_lower_95": "float64",
    "clipped_upper_95": "float64",
    "clipped_p_value": "float64",
}


def compare_arms(
    outcomes: pd.DataFrame,
    *,
    proportions: Collection[str] = ("purchase",),
    control: str = "control",
) -> pd.DataFrame:
    """Compare every arm with the control, campaign by campaign, metric by metric.

    Each arm is compared three times: as it is (rates by `compare_proportions`, means by
    Welch's test), with its values clipped, and with what the values before the send predict
    taken away (CUPED). Where strata had different shares of controls, each is compared by
    itself and counts by its customers.

    Parameters
    ----------
    outcomes : one row per campaign_id, metric, slice, slice_value, stratum and arm, with
        `customers` as assigned and over them the sums of SUMS, PRE_SUMS and CLIPPED_SUMS, and
        `is_tested`: whether the slice counts among those whose p-values are corrected.
    proportions : metrics of zeros and ones, compared as rates; the others as means.
    control : name of the arm that was left alone.

    Returns
    -------
    pandas.DataFrame : one row per campaign_id, metric, slice, slice_value and arm but the
        control, in this order, with the columns of COMPARISON_TYPES. Without control there are
        control_customers 0 and no comparison. With strata, means are those of the strata with
        the same weights in both arms. `variance_reduction` is the share of the difference's
        variance that CUPED takes away. `q_value` corrects for the slices of one campaign and
        metric (Benjamini-Hochberg); the slice `all`, and one that has everybody, test the
        campaign itself and keep their p-value.

    Raises
    ------
    ValueError : a column is missing, or an arm occurs twice in one comparison.

    References
    ----------
    Deng, Xu, Kohavi and Walker (2013), Improving the sensitivity of online controlled
    experiments by utilizing pre-experiment data, WSDM 2013 (CUPED). Benjamini and Hochberg
    (1995), Controlling the false discovery rate, J. R. Statist. Soc. B 57. Miratrix, Sekhon
    and Yu (2013), Adjusting treatment effect estimates by post-stratification in randomized
    experiments, J. R. Statist. Soc. B 75.
    """
    numbers = ["customers", *SUMS, *PRE_SUMS, *CLIPPED_SUMS]
    check_columns(
        outcomes, columns=[*KEY, "stratum", "arm", "is_tested", *numbers], name="outcomes"
    )
    is_twice = outcomes.duplicated([*KEY, "stratum", "arm"])
    if is_twice.any():
        twice = outcomes.loc[is_twice, "campaign_id"].min()
        raise ValueError(f"outcomes has an arm of campaign {twice} more than once")
    if outcomes.empty:
        return to_typed([], types=COMPARISON_TYPES)
    pairs = _pair_arms(
        outcomes.assign(**to_floats(outcomes, columns=numbers)), numbers=numbers, control=control
    )
    by_pair = pairs.groupby("pair")
    compared = by_pair[[*KEY, "arm"]].first()
    compared["is_tested"] = by_pair["is_tested"].all()
    for arm, name in (("t", "treatment"), ("c", "control")):
        compared[f"{name}_customers"] = by_pair[f"customers_{arm}"].sum().astype("int64")
        compared[f"{name}_mean"] = _sum_by_pair(pairs, pairs["weight"] * pairs[f"mean_{arm}"])
    plain = _compare_strata(pairs)
    cuped = _compare_strata(_predict(pairs))
    clipped = _compare_strata(_measure(pairs, *CLIPPED_SUMS))
    with np.errstate(divide="ignore", invalid="ignore"):
        reduction = 1 - (cuped["standard_error"] / plain["standard_error"]) ** 2
    is_rate = pairs["metric"].isin(list(proportions)) & (by_pair["pair"].transform("size") == 1)
    rates = _compare_rates(pairs[is_rate])
    plain.loc[rates.index] = rates
    compared = compared.join(plain)
    compared["relative_lift"] = compared["difference"] / compared["control_mean"].where(
        compared["control_mean"] != 0
    )
    compared["variance_reduction"] = reduction
    for name, comparison in (("cuped", cuped), ("clipped", clipped)):
        columns = ["difference", "lower_95", "upper_95", "p_value"]
        compared = compared.join(comparison[columns].add_prefix(f"{name}_"))
    return to_typed(_correct(compared), types=COMPARISON_TYPES)


def _pair_arms(arms: pd.DataFrame, *, numbers: list[str], control: str) -> pd.DataFrame:
    """Put the control next to each arm of the same stratum, with means and variances of both."""
    key = [*KEY, "stratum"]
    is_control = arms["arm"] == control
    treated = arms.loc[~is_control, [*key, "arm", "is_tested", *numbers]]
    controls = arms.loc[is_control, [*key, *numbers]]
    pairs = treated.merge(controls, on=key, how="left", suffixes=("_t", "_c"))
    pairs = pairs.sort_values([*KEY, "arm", "stratum"], ignore_index=True)
    pairs["pair"] = pairs.groupby([*KEY, "arm"], sort=True).ngroup()
    pairs["customers_c"] = pairs["customers_c"].fillna(0)
    size = pairs["customers_t"] + pairs["customers_c"]
    pairs["weight"] = size / size.groupby(pairs["pair"]).transform("sum")
    return _measure(pairs, *SUMS)


def _sum_by_pair(pairs: pd.DataFrame, values: pd.Series | pd.DataFrame) -> pd.DataFrame:
    """Sum over the strata of each pair; unknown where one of them is."""
    return values.groupby(pairs["pair"]).sum(skipna=False)


def _measure(pairs: pd.DataFrame, total: str, squares: str) -> pd.DataFrame:
    """Return the pairs with mean and variance of both arms, from these sums."""
    measured = pairs.copy()
    for arm in ("t", "c"):
        n = pairs[f"customers_{arm}"].where(pairs[f"customers_{arm}"] > 0)
        around = pairs[f"{squares}_{arm}"] - pairs[f"{total}_{arm}"] ** 2 / n
        measured[f"mean_{arm}"] = pairs[f"{total}_{arm}"] / n
        measured[f"variance_{arm}"] = around.clip(lower=0) / (n - 1).where(n > 1)
    return measured


def _predict(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs with what the values before the send predict taken away.

    The slope is the pooled one within arms and strata, so that the effect itself does not
    move it; where nothing varied before the send it is 0.
    """
    spreads = {}
    for arm in ("t", "c"):
        n = pairs[f"customers_{arm}"].where(pairs[f"customers_{arm}"] > 0)
        pre, total = pairs[f"pre_total_{arm}"], pairs[f"total_{arm}"]
        spreads[f"pre_{arm}"] = (pairs[f"pre_total_of_squares_{arm}"] - pre**2 / n).clip(lower=0)
        spreads[f"both_{arm}"] = pairs[f"total_of_products_{arm}"] - pre * total / n
    spread = pd.DataFrame(spreads).fillna(0)
    pooled = spread.groupby(pairs["pair"]).transform("sum")
    varied = pooled["pre_t"] + pooled["pre_c"]
    slope = ((pooled["both_t"] + pooled["both_c"]) / varied.where(varied > 0)).fillna(0)
    adjusted = pairs.copy()
    for arm in ("t", "c"):
        n = pairs[f"customers_{arm}"].where(pairs[f"customers_{arm}"] > 0)
        adjusted[f"mean_{arm}"] = pairs[f"mean_{arm}"] - slope * pairs[f"pre_total_{arm}"] / n
        taken = slope**2 * spread[f"pre_{arm}"] - 2 * slope * spread[f"both_{arm}"]
        adjusted[f"variance_{arm}"] = (
            pairs[f"variance_{arm}"] + taken / (n - 1).where(n > 1)
        ).clip(lower=0)
    return adjusted


def _compare_strata(pairs: pd.DataFrame) -> pd.DataFrame:
    """Compare the means of each pair: its strata by themselves, weighed by their customers."""
    parts = pd.DataFrame({"difference": pairs["weight"] * (pairs["mean_t"] - pairs["mean_c"])})
    parts[["square", "doubt"]] = 0.0
    for arm in ("t", "c"):
        n = pairs[f"customers_{arm}"]
        square = pairs["weight"] ** 2 * pairs[f"variance_{arm}"] / n
        parts["square"] += square
        parts["doubt"] += square**2 / (n - 1)
    sums = _sum_by_pair(pairs, parts)
    return _to_frame(conclude(**{name: sums[name] for name in sums}), index=sums.index)


def _compare_rates(pairs: pd.DataFrame) -> pd.DataFrame:
    """Compare the sums of each pair, of one stratum, as counts of successes."""
    rates = pairs.set_index("pair")
    return _to_frame(
        compare_proportions(
            successes_treatment=rates["total_t"],
            n_treatment=rates["customers_t"],
            successes_control=rates["total_c"],
            n_control=rates["customers_c"],
        ),
        index=rates.index,
    )


def _correct(compared: pd.DataFrame) -> pd.DataFrame:
    """Add q_value: p corrected over the slices that divide a campaign, metric by metric."""
    whole = compared[compared["slice"] == "all"].set_index(["campaign_id", "metric", "arm"])
    size = compared["treatment_customers"] + compared["control_customers"]
    sizes = (whole["treatment_customers"] + whole["control_customers"]).rename("whole")
    joined = compared.join(sizes, on=["campaign_id", "metric", "arm"])
    is_slice = (size < joined["whole"]) & compared["is_tested"] & compared["p_value"].notna()
    corrected = compared.assign(q_value=compared["p_value"].where(compared["is_tested"]))
    for _, rows in compared[is_slice].groupby(["campaign_id", "metric"]):
        corrected.loc[rows.index, "q_value"] = stats.false_discovery_control(rows["p_value"])
    return corrected


def _to_frame(comparison: Comparison, *, index: pd.Index) -> pd.DataFrame:
    """Columns of a comparison, its interval named by its confidence of 95 %."""
    return pd.DataFrame(comparison._asdict(), index=index).rename(
        columns={"lower": "lower_95", "upper": "upper_95"}
    )
