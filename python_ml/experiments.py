"""Did it work: arms of an experiment, campaigns of a list, and offers compared."""

from collections.abc import Collection, Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

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

POOLED_TYPES = {
    "list_name": "str",
    "metric": "str",
    "campaigns": "int64",
    "treatment_customers": "int64",
    "difference": "float64",
    "standard_error": "float64",
    "lower_95": "float64",
    "upper_95": "float64",
    "p_value": "float64",
    "heterogeneity_q": "float64",
    "heterogeneity_p": "float64",
    "heterogeneity_share": "float64",
}

OFFER_TYPES = {
    "metric": "str",
    "campaign_id": "str",
    "arm": "str",
    "other_campaign_id": "str",
    "other_arm": "str",
    "difference": "float64",
    "standard_error": "float64",
    "lower_95": "float64",
    "upper_95": "float64",
    "p_value": "float64",
    "q_value": "float64",
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
    arms, and has a width where nobody, or everybody, responded: Wald's has none there.

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
        return _conclude(
            difference=mean_t - mean_c,
            square=square_t + square_c,
            doubt=square_t**2 / (n_t - 1) + square_c**2 / (n_c - 1),
            confidence=confidence,
        )


def _conclude(
    *, difference: ArrayLike, square: ArrayLike, doubt: ArrayLike, confidence: float = 0.95
) -> Comparison:
    """Return the comparison that follows from a difference and its squared standard error.

    Parameters
    ----------
    doubt : sum over the means concerned of their squared squared errors, each over its n - 1:
        `square` ** 2 over it are Satterthwaite's degrees of freedom.
    """
    difference, square, doubt = (
        np.asarray(values, dtype=float) for values in (difference, square, doubt)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(square)
        freedom = square**2 / doubt
        p_value = 2 * stats.t.sf(np.abs(difference / error), freedom)
        reach = stats.t.ppf(0.5 + confidence / 2, freedom) * error
    return Comparison(difference, error, difference - reach, difference + reach, p_value)


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
    return _to_frame(_conclude(**{name: sums[name] for name in sums}), index=sums.index)


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


def pool_lifts(
    lifts: pd.DataFrame,
    *,
    controls: pd.DataFrame | None = None,
    shared: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Pool what the campaigns of a list changed, weighted by precision, and say how alike.

    Controls that two campaigns share count once: differences from the same controls share their
    error, so together they say less than two with their own would.

    Parameters
    ----------
    lifts : one row per list_name, metric, campaign_id and arm, with `difference`,
        `standard_error` (above 0) and `treatment_customers`.
    controls : one row per campaign_id and metric, with `customers` and the `variance` of single
        controls; without it no controls are taken as shared.
    shared : one row per campaign_id and other_campaign_id, with `shared_controls`: customers who
        are controls of both at one time. Arms of one campaign share all of its controls.

    Returns
    -------
    pandas.DataFrame : one row per list_name and metric, with the columns of POOLED_TYPES: the
        mean of the differences weighed by the inverse of their covariance, with its interval;
        Cochran's Q, its p-value and I2, the share of the variation that is more than chance,
        missing for one campaign.

    References
    ----------
    Cochran (1954), The combination of estimates from different experiments, Biometrics 10;
    Higgins and Thompson (2002), Quantifying heterogeneity in a meta-analysis, Stat. Med. 21;
    Gleser and Olkin (2009), Stochastically dependent effect sizes, in The Handbook of Research
    Synthesis and Meta-Analysis (treatments with a common control).
    """
    names = ["difference", "standard_error", "treatment_customers"]
    check_columns(lifts, columns=["list_name", "metric", "campaign_id", *names], name="lifts")
    rows = []
    ordered = lifts.assign(**to_floats(lifts, columns=names)).sort_values(
        ["list_name", "metric", "campaign_id"], kind="stable"
    )
    common = _count_common(shared)
    for (list_name, metric), group in ordered.groupby(["list_name", "metric"]):
        covariance = _covary_lifts(group, metric=metric, controls=controls, common=common)
        inverse = np.linalg.pinv(covariance, hermitian=True)
        differences = group["difference"].to_numpy()
        pooled = (inverse.sum(axis=0) * differences).sum() / inverse.sum()
        error = 1 / np.sqrt(inverse.sum())
        degrees = len(group) - 1
        residual = differences - pooled
        q = float(residual @ inverse @ residual) if degrees else np.nan
        reach = stats.norm.ppf(0.975) * error
        rows.append(
            {
                "list_name": list_name,
                "metric": metric,
                "campaigns": group["campaign_id"].nunique(),
                "treatment_customers": group["treatment_customers"].sum(),
                "difference": pooled,
                "standard_error": error,
                "lower_95": pooled - reach,
                "upper_95": pooled + reach,
                "p_value": 2 * stats.norm.sf(abs(pooled) / error),
                "heterogeneity_q": q,
                "heterogeneity_p": stats.chi2.sf(q, degrees) if degrees else np.nan,
                "heterogeneity_share": max(0.0, 1 - degrees / q) if degrees and q else np.nan,
            }
        )
    return to_typed(rows, types=POOLED_TYPES)


def _count_common(shared: pd.DataFrame | None) -> dict[tuple[str, str], float]:
    """Return by pair of campaigns, in either order, how many controls they have in common."""
    common = {}
    if shared is not None:
        for first, second, count in zip(
            shared["campaign_id"],
            shared["other_campaign_id"],
            shared["shared_controls"],
            strict=True,
        ):
            common[first, second] = common[second, first] = float(count)
    return common


def _covary_lifts(
    lifts: pd.DataFrame,
    *,
    metric: str,
    controls: pd.DataFrame | None,
    common: dict[tuple[str, str], float],
) -> np.ndarray:
    """Return the covariance of the lifts of one metric; off the diagonal what controls share."""
    errors = lifts["standard_error"].to_numpy()
    covariance = np.diag(errors**2)
    if controls is None:
        return covariance
    known = controls[controls["metric"] == metric].set_index("campaign_id")
    known = known.assign(**to_floats(known, columns=["customers", "variance"]))
    campaigns = lifts["campaign_id"].tolist()
    for i, j in combinations(range(len(campaigns)), 2):
        first, second = campaigns[i], campaigns[j]
        if first not in known.index or second not in known.index:
            continue
        sizes = known.loc[[first, second], "customers"].to_numpy()
        count = sizes[0] if first == second else common.get((first, second), 0)
        both = count / sizes.prod() * known.loc[[first, second], "variance"].mean()
        # Never more than the whole of either, however the two variances were estimated.
        covariance[i, j] = covariance[j, i] = min(np.nan_to_num(both), *errors[[i, j]] ** 2)
    return covariance


def compare_offers(
    outcomes: pd.DataFrame, lifts: pd.DataFrame, *, proportions: Collection[str] = ("purchase",)
) -> pd.DataFrame:
    """Compare offers: variants of one campaign directly, campaigns by what each changed.

    Parameters
    ----------
    outcomes : as `compare_arms` takes them, of whole campaigns.
    lifts : one row per campaign_id, arm and metric of campaigns that may be read, with `offer`,
        `difference` and `standard_error`.
    proportions : as `compare_arms` takes them.

    Returns
    -------
    pandas.DataFrame : one row per metric and pair, with the columns of OFFER_TYPES, first less
        second. Arms of one campaign were drawn from the same customers; campaigns were not, so
        their difference may come from their customers. `q_value` corrects for the pairs of one
        metric.
    """
    rows = [*_pair_variants(outcomes, lifts, proportions=proportions), *_pair_campaigns(lifts)]
    pairs = to_typed(rows, types=OFFER_TYPES)
    known = pairs[pairs["p_value"].notna()]
    for _, group in known.groupby("metric"):
        pairs.loc[group.index, "q_value"] = stats.false_discovery_control(group["p_value"])
    key = ["metric", "campaign_id", "arm", "other_campaign_id", "other_arm"]
    return pairs.sort_values(key, ignore_index=True)


def _pair_variants(
    outcomes: pd.DataFrame, lifts: pd.DataFrame, *, proportions: Collection[str]
) -> Iterator[dict]:
    """Yield each two arms of a campaign that were both contacted, one held as the control."""
    for campaign, arms in lifts.groupby("campaign_id")["arm"].unique().items():
        rows = outcomes[outcomes["campaign_id"] == campaign]
        for first, second in combinations(sorted(arms), 2):
            both = rows[rows["arm"].isin([first, second])]
            compared = compare_arms(both, proportions=proportions, control=second)
            for row in compared.to_dict("records"):
                yield {**row, "other_campaign_id": campaign, "other_arm": second}


def _pair_campaigns(lifts: pd.DataFrame) -> Iterator[dict]:
    """Yield each two arms of different campaigns with different offers, by their lifts."""
    for metric, rows in lifts.groupby("metric"):
        ordered = rows.sort_values(["campaign_id", "arm"]).to_dict("records")
        for first, second in combinations(ordered, 2):
            if second["campaign_id"] == first["campaign_id"] or second["offer"] == first["offer"]:
                continue
            error = float(np.hypot(first["standard_error"], second["standard_error"]))
            difference = first["difference"] - second["difference"]
            reach = stats.norm.ppf(0.975) * error
            yield {
                "metric": metric,
                "campaign_id": first["campaign_id"],
                "arm": first["arm"],
                "other_campaign_id": second["campaign_id"],
                "other_arm": second["arm"],
                "difference": difference,
                "standard_error": error,
                "lower_95": difference - reach,
                "upper_95": difference + reach,
                "p_value": 2 * stats.norm.sf(abs(difference) / error) if error else np.nan,
            }
