"""What the campaigns of a list changed, taken together."""

from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from python_ml.frames import check_columns, to_floats, to_typed

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
