"""Were the arms drawn as planned: their sizes, and whether they are alike before the send."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from python_ml.frames import check_columns, to_floats, to_typed

CHECK_TYPES = {
    "assignment_id": "str",
    "check_name": "str",
    "method": "str",
    "customers": "int64",
    "smallest_arm": "int64",
    "statistic": "float64",
    "degrees": "float64",
    "p_value": "float64",
    "is_broken": "bool",
}


SMALL_ARM = 10
"""Expected customers from which the chi-square distribution of the counts serves."""


class Check(NamedTuple):
    """A test of an assignment; the numbers are NaN where it could not be done.

    Attributes
    ----------
    method : how the p-value was found: from the chi-square distribution, by `permutation` (from
        random assignments that are drawn), or `none`.
    smallest_arm : customers in the smallest arm.
    """

    method: str
    smallest_arm: int
    statistic: float
    degrees: float
    p_value: float


def check_assignments(
    customers: pd.DataFrame,
    plans: pd.DataFrame,
    *,
    covariates: Collection[str],
    alpha: float = 0.001,
    permuted_arm: int = 50,
    permutations: int = 9_999,
    seed: int = 42,
) -> pd.DataFrame:
    """Check every assignment twice: its arms have their planned sizes, and are alike.

    Parameters
    ----------
    customers : one row per assignment_id and customer_id, with `stratum`, `arm` and the
        covariates, all of them known before the assignment.
    plans : one row per assignment_id, stratum and arm, with `planned_share` (missing where no
        plan is known). A planned arm that is empty counts.
    alpha : an assignment with a smaller p-value is broken.
    covariates, permuted_arm, permutations, seed : as `check_balance` takes them.

    Returns
    -------
    pandas.DataFrame : two rows per assignment_id, with the columns of CHECK_TYPES.

    Raises
    ------
    ValueError : a column is missing.
    """
    names = ["assignment_id", "stratum", "arm"]
    check_columns(customers, columns=[*names, "customer_id", *covariates], name="customers")
    check_columns(plans, columns=[*names, "planned_share"], name="plans")
    plans = plans.assign(**to_floats(plans, columns=["planned_share"]))
    customers = customers.assign(**to_floats(customers, columns=list(covariates)))
    rows = []
    for name in sorted({*customers["assignment_id"], *plans["assignment_id"]}):
        assigned = customers[customers["assignment_id"] == name].sort_values("customer_id")
        checks = {
            "sample ratio": check_sample_ratio(
                assigned,
                plans[plans["assignment_id"] == name],
                permutations=permutations,
                seed=seed,
            ),
            "balance": check_balance(
                assigned,
                covariates=covariates,
                permuted_arm=permuted_arm,
                permutations=permutations,
                seed=seed,
            ),
        }
        rows += [
            {
                "assignment_id": name,
                "check_name": check_name,
                "customers": len(assigned),
                **check._asdict(),
                "is_broken": bool(check.p_value < alpha),
            }
            for check_name, check in checks.items()
        ]
    return to_typed(rows, types=CHECK_TYPES)


def check_sample_ratio(
    customers: pd.DataFrame, plans: pd.DataFrame, *, permutations: int = 9_999, seed: int = 42
) -> Check:
    """Check that the arms have their planned shares of each stratum, by the chi-square test.

    Where fewer than SMALL_ARM customers are expected in an arm, its distribution is drawn:
    there the chi-square distribution would stop correct assignments too often.

    Parameters
    ----------
    customers : one row per customer of one assignment, with `stratum` and `arm`.
    plans : one row per stratum and arm, with `planned_share`; only their ratio matters.

    Returns
    -------
    Check : of the sum over the strata; not done where a non-empty arm, or any arm of its
        stratum, has no plan, where there is only one arm, or nobody.

    References
    ----------
    Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments,
    KDD 2019.
    """
    counts = customers.groupby(["stratum", "arm"]).size()
    shares = plans.set_index(["stratum", "arm"])["planned_share"]
    table = pd.DataFrame({"observed": counts, "share": shares}).fillna({"observed": 0})
    smallest = 0 if table.empty else int(table.groupby("arm")["observed"].sum().min())
    sizes = table.groupby("stratum")["observed"].transform("sum")
    table, sizes = table[sizes > 0], sizes[sizes > 0]
    strata = table.groupby("stratum")
    if table.empty or not (table["share"] > 0).all() or strata.size().min() < 2:
        return Check("none", smallest, np.nan, np.nan, np.nan)
    expected = sizes * table["share"] / strata["share"].transform("sum")
    statistic = float(((table["observed"] - expected) ** 2 / expected).sum())
    degrees = float(len(table) - strata.ngroups)
    if expected.min() >= SMALL_ARM:
        p_value = float(stats.chi2.sf(statistic, degrees))
        return Check("chi-square", smallest, statistic, degrees, p_value)
    rng = np.random.default_rng(seed)
    drawn = np.zeros(permutations)
    for _, due in expected.groupby("stratum"):
        n = round(due.sum())
        counts = rng.multinomial(n, due / due.sum(), size=permutations)
        drawn += ((counts - due.to_numpy()) ** 2 / due.to_numpy()).sum(axis=1)
    return Check("permutation", smallest, statistic, degrees, _share_as_extreme(drawn, statistic))


def check_balance(
    customers: pd.DataFrame,
    *,
    covariates: Collection[str],
    permuted_arm: int = 50,
    permutations: int = 9_999,
    seed: int = 42,
) -> Check:
    """Check that no arm differs from the others in the covariates, all of them at once.

    The statistic is that of Hansen and Bowers: the arms' sums of the covariates, weighed by
    their covariance under random assignment within the strata. It is taken of ranks, for one
    large order would decide it else. A covariate that is constant, or follows from the others,
    adds nothing; a missing value stands in the middle.

    Parameters
    ----------
    customers : one row per customer of one assignment, in a fixed order, with `stratum`, `arm`
        and the covariates as floats.
    permuted_arm : with fewer customers in an arm the p-value is that of `permutations` random
        assignments, drawn from `seed`, instead of the chi-square distribution.

    Returns
    -------
    Check : not done where there is one arm alone, an arm of fewer than two customers, or no
        covariate that varies.

    References
    ----------
    Hansen and Bowers (2008), Covariate balance in simple, stratified and clustered comparative
    studies, Statistical Science 23.
    """
    arms = np.unique(customers["arm"].to_numpy(dtype=str))
    codes = np.searchsorted(arms, customers["arm"].to_numpy(dtype=str))
    sizes = np.bincount(codes, minlength=len(arms))
    smallest = int(sizes.min()) if len(sizes) else 0
    undone = Check("none", smallest, np.nan, np.nan, np.nan)
    if len(arms) < 2 or smallest < 2:
        return undone
    strata = [
        np.flatnonzero(customers["stratum"] == one) for one in sorted(set(customers["stratum"]))
    ]
    ranks = customers[list(covariates)].rank().to_numpy(float, copy=True)
    for rows in strata:
        middle = np.nan_to_num(_mean_of_known(ranks[rows]))
        ranks[rows] = np.nan_to_num(ranks[rows] - middle)
    # The last arm's sums follow from those of the others.
    others = range(len(arms) - 1)
    covariance = sum(_covary(ranks[rows], codes[rows], others) for rows in strata)
    weights = np.linalg.pinv(covariance, rcond=1e-9, hermitian=True)
    degrees = np.linalg.matrix_rank(weights, hermitian=True)
    if degrees == 0:
        return undone

    def measure(drawn: np.ndarray) -> np.ndarray:
        sums = np.concatenate([(drawn == arm) @ ranks for arm in others], axis=-1)
        return np.einsum("...i,ij,...j->...", sums, weights, sums)

    statistic = float(measure(codes))
    if smallest >= permuted_arm:
        p_value = float(stats.chi2.sf(statistic, degrees))
        return Check("chi-square", smallest, statistic, float(degrees), p_value)
    rng = np.random.default_rng(seed)
    drawn = np.tile(codes.astype(np.int8), (permutations, 1))
    for rows in strata:
        drawn[:, rows] = rng.permuted(drawn[:, rows], axis=1)
    p_value = _share_as_extreme(measure(drawn), statistic)
    return Check("permutation", smallest, statistic, float(degrees), p_value)


def _share_as_extreme(drawn: np.ndarray, statistic: float) -> float:
    """P-value of a statistic among drawn ones, itself counted; never 0."""
    # What is equal but for the rounding of sums is as extreme.
    as_extreme = int((drawn >= statistic * (1 - 1e-9)).sum())
    return (1 + as_extreme) / (1 + len(drawn))


def _mean_of_known(values: np.ndarray) -> np.ndarray:
    """Mean of each column over what is known in it; NaN where nothing is."""
    known = ~np.isnan(values)
    counts = known.sum(axis=0)
    return np.where(known, values, 0).sum(axis=0) / np.where(counts, counts, np.nan)


def _covary(ranks: np.ndarray, codes: np.ndarray, arms: range) -> np.ndarray:
    """Covariance of the arms' sums of centred `ranks` within a stratum, arms outermost."""
    n = len(codes)
    spread = ranks.T @ ranks / max(n - 1, 1)
    counts = np.array([(codes == arm).sum() for arm in arms], dtype=float)
    return np.kron(np.diag(counts) - np.outer(counts, counts) / n, spread)
