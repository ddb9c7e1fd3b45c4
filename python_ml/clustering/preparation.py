"""From raw features to clustering inputs: chosen, transformed, scaled, outliers set apart."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import skew
from sklearn.ensemble import IsolationForest
from threadpoolctl import threadpool_limits

from python_ml.frames import (
    check_columns,
    key_type,
    signed_log1p,
    sort_by_key,
    to_floats,
    to_typed,
)

CHOICE_TYPES = {
    "feature_set": "str",
    "feature": "str",
    "place": "int64",
    "transform": "str",
    "correlated_with": "str",
    "missing_share": "float64",
    "commonest_share": "float64",
    "skewness": "float64",
    "transformed_skewness": "float64",
    "correlation": "float64",
    "center": "float64",
    "scale": "float64",
    "is_used": "bool",
    "reason": "str",
}

ROLES = ("fitted", "outside the sample", "outlier", "incomplete", "few orders")
"""What a customer is to a fit; whoever is not fitted is assigned by the fitted model."""

TREES = 100


@threadpool_limits.wrap(limits=1)
def choose_features(
    customers: pd.DataFrame,
    *,
    key: str = "customer_id",
    features: Sequence[str] | Mapping[str, Sequence[str]],
    skew_limit: float = 1.0,
    correlation_limit: float = 0.9,
    missing_limit: float = 0.1,
    commonest_limit: float = 0.95,
) -> pd.DataFrame:
    """Say of each feature whether it is used, how it is scaled, and why.

    A feature is dropped where more than `missing_limit` of the customers lack it, where more than
    `commonest_limit` share one value (a constant among them: scaled, such a feature separates a
    few and says nothing about the rest), or where its rank correlation with a feature used
    before it exceeds `correlation_limit`, so that no trait counts twice. A skewness beyond
    `skew_limit` is treated by sign(x) ln(1 + |x|) where that reduces it.

    Parameters
    ----------
    customers : one row per customer: `key` and `features` (numeric, in their own units).
    features : by falling importance: of two redundant ones, the first is used. Or sets of
        features by name, each of which is chosen from by itself.

    Returns
    -------
    One row per feature set and feature, in the order given: `feature_set` ("all" where there is
    but one), `feature`, `place` (from 1), `transform` (log or none), `missing_share`,
    `commonest_share`, `skewness` and `transformed_skewness` (Fisher's coefficient g1),
    `correlated_with` and `correlation` (the used feature before it that is closest, by
    |Spearman's rho|), `center` and `scale` (mean and population standard deviation of the
    transformed values), `is_used` and `reason`. Measures that do not exist are missing.

    Raises
    ------
    ValueError : a column is missing or not numeric, a key is missing or not unique.
    """
    sets = features if isinstance(features, Mapping) else {"all": features}
    names = list(dict.fromkeys(name for of_set in sets.values() for name in of_set))
    check_columns(customers, columns=[key, *names], name="customers")
    customers = sort_by_key(customers, key=key, name="customers")
    values = to_floats(customers, columns=names)
    described = {name: _describe(values[name], skew_limit=skew_limit) for name in names}
    limits = {"missing_limit": missing_limit, "commonest_limit": commonest_limit}
    limits |= {"correlation_limit": correlation_limit}
    rows = []
    for name, of_set in sets.items():
        chosen = _choose(values, of_set, described, **limits)
        rows += [row | {"feature_set": name} for row in chosen]
    return to_typed(rows, types=CHOICE_TYPES)


def _choose(
    values: pd.DataFrame,
    features: Sequence[str],
    described: dict[str, dict],
    *,
    correlation_limit: float,
    **limits: float,
) -> list[dict]:
    """Choose from one set of features."""
    ranks: dict[str, np.ndarray] = {}
    rows = []
    for place, feature in enumerate(features, start=1):
        row = {"feature": feature, "place": place, "transform": "none", "correlated_with": ""}
        row |= described[feature]
        fault = _find_fault(row, **limits)
        if not fault:
            rank = values[feature].rank().to_numpy()
            row |= _closest(rank, ranks)
            if row["correlation"] > correlation_limit:
                fault = (
                    f"rank correlation {row['correlation']:.3f} with {row['correlated_with']}, "
                    f"above {correlation_limit:g}"
                )
            else:
                ranks[feature] = rank
        treated = "; its long tail taken as a logarithm" if row["transform"] == "log" else ""
        reason = f"Dropped: {fault}." if fault else f"Used{treated}."
        rows.append(row | {"is_used": not fault, "reason": reason})
    return rows


@threadpool_limits.wrap(limits=1)
def scale_features(
    customers: pd.DataFrame,
    choices: pd.DataFrame,
    *,
    key: str = "customer_id",
    rank_by: str,
    count_by: str | None = None,
    min_count: int = 1,
    outlier_share: float = 0.02,
    fit_size: int = 10_000,
    seed: int = 42,
) -> pd.DataFrame:
    """Scale the used features, and say which customers the clusters are fitted on.

    Customers who lack a used feature are not fitted, nor are those whose `count_by` (their orders)
    is under `min_count`, nor is the `outlier_share` that an isolation forest isolates most
    easily (a tie at the limit stays in); of the others a seeded sample of `fit_size` is fitted
    where there are more.

    Parameters
    ----------
    choices : what `choose_features` returned, of these customers or of earlier ones.
    rank_by : the column by which clusters are numbered; carried along as it is.

    Returns
    -------
    One row per customer in key order: `key`, `role` (one of ROLES), `worth` (the `rank_by`),
    `outlier_score` (0 to 1, above 0.5 is unusual; missing for the incomplete and those of few
    orders), `is_fitted`, `is_single` (whose count is 1), and a column a feature: mean 0 and
    deviation 1, missing where it is unknown or not used.

    Raises
    ------
    ValueError : a column is missing or not numeric, a key is missing or not unique.

    References
    ----------
    Liu, Ting, Zhou (2008), Isolation Forest, ICDM.
    """
    # A feature is scaled alike in every set; its last place is that in the widest.
    choices = choices.sort_values(["place", "feature", "is_used"])
    used = choices[choices["is_used"]].drop_duplicates("feature", keep="last")
    features = used["feature"].tolist()
    counted = [count_by] if count_by else []
    check_columns(customers, columns=[key, rank_by, *counted, *features], name="customers")
    types = {key: key_type(customers, key=key), "role": "str", "worth": "float64"}
    types |= {"outlier_score": "float64", "is_fitted": "bool", "is_single": "bool"}
    types |= dict.fromkeys(choices["feature"].drop_duplicates(keep="last"), "float64")
    customers = sort_by_key(customers, key=key, name="customers")
    values = to_floats(customers, columns=features)
    for row in used.to_dict("records"):
        column = values[row["feature"]].to_numpy()
        column = signed_log1p(column) if row["transform"] == "log" else column
        values[row["feature"]] = (column - row["center"]) / row["scale"]

    is_complete = values.notna().all(axis=1).to_numpy()
    scores = np.full(len(values), np.nan)
    counts = np.full(len(customers), np.nan)
    if count_by:
        counts = to_floats(customers, columns=counted)[count_by].to_numpy()
    is_known = is_complete & ~(counts < min_count)
    scores[is_known] = _score_outliers(values[is_known].to_numpy(), seed=seed)
    role = np.where(is_complete, "few orders", "incomplete").astype(object)
    role[is_known] = "outside the sample"
    role[_pick_outliers(scores, share=outlier_share)] = "outlier"
    regular = np.flatnonzero(role == "outside the sample")
    role[regular[draw(len(regular), size=fit_size, seed=seed)]] = "fitted"
    carried = {
        key: customers[key],
        "role": role,
        "worth": to_floats(customers, columns=[rank_by])[rank_by],
        "outlier_score": scores,
        "is_fitted": role == "fitted",
        "is_single": counts == 1,
    }
    return to_typed(pd.DataFrame(carried).join(values), types=types)


def names_used(choices: pd.DataFrame) -> list[str]:
    """Names of the used features, in their order."""
    return choices[choices["is_used"]].sort_values("place")["feature"].tolist()


def used_by_set(choices: pd.DataFrame) -> dict[str, list[str]]:
    """Names of the used features by feature set, the widest set first.

    A set that duplicates a wider one, or that has fewer than two used features while another has
    more (of a single feature no clustering can be told from noise), does not compete.
    """
    sets = {name: names_used(of_set) for name, of_set in choices.groupby("feature_set", sort=True)}
    by_width = sorted(sets, key=lambda name: (-len(sets[name]), name))
    found: dict[str, list[str]] = {}
    for name in by_width:
        known = [set(features) for features in found.values()]
        if not found or (len(sets[name]) > 1 and set(sets[name]) not in known):
            found[name] = sets[name]
    return found


def draw(n_rows: int, *, size: int, seed: int) -> np.ndarray:
    """Positions of at most `size` of the rows, in order, drawn without replacement."""
    if n_rows <= size:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed).choice(n_rows, size=size, replace=False))


def _describe(values: pd.Series, *, skew_limit: float) -> dict:
    """Measure one feature; its `center` and `scale` are those of the transformed values."""
    known = values.dropna().to_numpy()
    row = {"missing_share": values.isna().mean(), "correlation": np.nan}
    if not known.size or known.min() == known.max():
        return row | {"commonest_share": 1.0 if known.size else np.nan}
    row["commonest_share"] = np.unique(known, return_counts=True)[1].max() / len(known)
    row["skewness"] = row["transformed_skewness"] = skew(known)
    if abs(row["skewness"]) > skew_limit:
        logged = signed_log1p(known)
        if abs(skew(logged)) < abs(row["skewness"]):
            known = logged
            row |= {"transform": "log", "transformed_skewness": skew(logged)}
    return row | {"center": known.mean(), "scale": known.std()}


def _find_fault(row: dict, *, missing_limit: float, commonest_limit: float) -> str:
    missing, commonest = row["missing_share"], row["commonest_share"]
    if np.isnan(commonest):
        return "unknown for all customers"
    if missing > missing_limit:
        return f"unknown for {missing:.1%} of the customers, more than {missing_limit:.1%}"
    if commonest == 1:
        return "the same for all customers"
    if commonest > commonest_limit:
        return f"the same for {commonest:.1%} of the customers, more than {commonest_limit:.1%}"
    return ""


def _closest(rank: np.ndarray, ranks: dict[str, np.ndarray]) -> dict:
    """Name the feature whose ranks correlate most with `rank`, over those who have both."""
    closest = {"correlated_with": "", "correlation": 0.0}
    for feature, other in ranks.items():
        both = ~(np.isnan(rank) | np.isnan(other))
        if rank[both].std() > 0 and other[both].std() > 0:
            correlation = abs(np.corrcoef(rank[both], other[both])[0, 1])
            if correlation > closest["correlation"]:
                closest = {"correlated_with": feature, "correlation": correlation}
    return closest


def _score_outliers(values: np.ndarray, *, seed: int) -> np.ndarray:
    if len(values) < 2 or not values.shape[1]:
        return np.full(len(values), 0.5)
    forest = IsolationForest(n_estimators=TREES, random_state=seed).fit(values)
    # Rounding lets equal customers tie, whatever the order in which their trees were summed.
    return np.round(-forest.score_samples(values), 12)


def _pick_outliers(scores: np.ndarray, *, share: float) -> np.ndarray:
    """Positions of the highest scores, at most `share` of those known; a tie takes nobody."""
    known = np.sort(scores[~np.isnan(scores)])[::-1]
    wanted = int(share * len(known))
    return np.flatnonzero(scores > known[wanted]) if wanted else np.arange(0)
