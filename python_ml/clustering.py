"""Groups of customers: fitted over a range of numbers, measured, and chosen by a stated rule."""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_score,
)
from threadpoolctl import threadpool_limits

from python_ml.frames import (
    check_columns,
    key_type,
    signed_log1p,
    sort_by_key,
    to_floats,
    to_typed,
)

METHODS: dict[str, Callable[[int, int], KMeans]] = {
    "kmeans": lambda k, seed: KMeans(n_clusters=k, n_init=10, random_state=seed),
}
"""By method: an unfitted estimator for k clusters and a seed, with `fit`, `predict` (labels for
any rows) and `transform` (distance of each row to each centroid)."""

EVERYONE = "none"
"""The method of the answer "no clusters": k = 1, everyone in cluster 1."""

SHUFFLES = 5
"""Column-wise shuffles of the customers that a solution must do better than."""

MIN_GAIN = 0.05
"""By how much its silhouette must exceed the best that shuffled columns give."""

REFERENCE_SIZE = 1_000
"""Customers in a shuffle: the mean silhouette hardly depends on their number."""

WORKING_MEMORY = 128
"""Megabytes of distances held at once; more is no faster."""

MEASURE_TYPES = {
    "method": "str",
    "k": "int64",
    "customers": "int64",
    "evaluated_customers": "int64",
    "inertia": "float64",
    "silhouette": "float64",
    "shuffled_silhouette": "float64",
    "davies_bouldin": "float64",
    "calinski_harabasz": "float64",
    "bic": "float64",
    "stability_ari": "float64",
    "smallest_share": "float64",
}

EVALUATION_TYPES = MEASURE_TYPES | {
    "is_method_choice": "bool",
    "is_chosen": "bool",
    "reason": "str",
}


@threadpool_limits.wrap(limits=1)
def fit_clusterings(
    customers: pd.DataFrame,
    *,
    key: str = "customer_id",
    features: list[str],
    log_features: Sequence[str] = (),
    rank_by: str,
    methods: Sequence[str] = ("kmeans",),
    k_min: int = 2,
    k_max: int = 10,
    fit_size: int = 10_000,
    seed: int = 42,
) -> pd.DataFrame:
    """Cluster the customers by each method, for each number of clusters.

    Missing values are imputed by the median, `log_features` taken as sign(x) ln(1 + |x|),
    constant features dropped and the rest standardised, all over every customer. A model is fitted
    on a seeded sample and everyone falls in the cluster of the nearest centroid.

    Parameters
    ----------
    customers : one row per customer: `key`, `features` and `rank_by` (numeric).
    log_features : those of `features` with a long tail.
    rank_by : cluster 1 has the highest mean of this column, and so on; equal means are ordered by
        the smallest key.
    methods : names in METHODS.
    k_min, k_max : numbers of clusters tried, as far as there are as many distinct customers.
    fit_size : customers a model is fitted on, drawn without replacement when there are more.

    Returns
    -------
    One row per customer, method and k: `key`, `method`, `k`, `cluster` (1 to k) and `distance` (to
    the centroid, in standard deviations), ordered by method, k, key. The method "none" with k = 1
    is always there, so that whatever `evaluate_clusterings` chooses can be looked up; where the
    customers are too few or too alike for `k_min` clusters it stands alone.

    Raises
    ------
    ValueError : a column is missing or not numeric, a key is missing or not unique, a method is
        unknown, or the numbers of clusters are not 2 <= k_min <= k_max.
    """
    _check_request(methods=methods, k_min=k_min, k_max=k_max)
    check_columns(customers, columns=[key, *features, rank_by], name="customers")
    types = {key: key_type(customers, key=key), "method": "str", "k": "int64"}
    types |= {"cluster": "int64", "distance": "float64"}
    customers = sort_by_key(customers, key=key, name="customers")
    if customers.empty:
        return to_typed([], types=types)

    values = _standardise(customers, features=features, log_features=log_features)
    worth = to_floats(customers, columns=[rank_by])[rank_by].to_numpy()
    everyone = {"cluster": 1, "distance": np.linalg.norm(values, axis=1)}
    found = [pd.DataFrame({key: customers[key], "method": EVERYONE, "k": 1, **everyone})]
    fit_values = values[_draw(len(values), size=fit_size, seed=seed)]
    for method in methods:
        for k in range(k_min, _most_clusters(fit_values, k_max=k_max) + 1):
            model = METHODS[method](k, seed).fit(fit_values)
            labels = model.predict(values)
            solution = {
                "cluster": _rank_clusters(labels, worth),
                "distance": model.transform(values)[np.arange(len(values)), labels],
            }
            found.append(pd.DataFrame({key: customers[key], "method": method, "k": k, **solution}))
    clusterings = pd.concat(found, ignore_index=True)
    return to_typed(clusterings.sort_values(["method", "k", key], ignore_index=True), types=types)


@threadpool_limits.wrap(limits=1)
def evaluate_clusterings(
    customers: pd.DataFrame,
    clusterings: pd.DataFrame,
    *,
    key: str = "customer_id",
    features: list[str],
    log_features: Sequence[str] = (),
    sample_size: int = 10_000,
    bootstraps: int = 10,
    min_share: float = 0.03,
    min_stability: float = 0.6,
    min_silhouette: float = 0.25,
    seed: int = 42,
) -> pd.DataFrame:
    """Measure each clustering, and choose one or none of them by `choose_clustering`.

    Parameters
    ----------
    customers, key, features, log_features : as given to `fit_clusterings`.
    clusterings : what `fit_clusterings` returned.
    sample_size : customers measured and refitted on, drawn without replacement when there are
        more: the silhouette is quadratic in them.
    bootstraps : refits on customers drawn with replacement.
    min_share, min_stability, min_silhouette : as in `choose_clustering`.

    Returns
    -------
    One row per method and k, that of "none" included, ordered by method and k. `customers` in all
    and `evaluated_customers`, over whom are taken: `inertia` (sum of squared distances to the
    centroid), `silhouette`, `davies_bouldin`, `calinski_harabasz`, `stability_ari` (mean adjusted
    Rand index between the clusters and those of each bootstrap refit) and `shuffled_silhouette`
    (the highest over customers whose features were shuffled one by one, which keeps every
    distribution and undoes what ties them together; undefined for a single feature). `bic` is
    undefined for k-means. `smallest_share` is of all customers. `is_method_choice`, `is_chosen`
    and `reason` are those of `choose_clustering`.

    Raises
    ------
    ValueError : a column is missing, a method is unknown, or `clusterings` are not of these
        customers.

    References
    ----------
    Rousseeuw (1987), Silhouettes, J. Comput. Appl. Math. 20. Davies, Bouldin (1979), IEEE PAMI 1.
    Caliński, Harabasz (1974), Commun. Stat. 3. Hubert, Arabie (1985), J. Classif. 2. Hennig
    (2007), Cluster-wise assessment of cluster stability, Comput. Stat. Data Anal. 52. Tibshirani,
    Walther, Hastie (2001), J. R. Stat. Soc. B 63: comparing with data without clusters.
    """
    check_columns(customers, columns=[key, *features], name="customers")
    check_columns(
        clusterings, columns=[key, "method", "k", "cluster", "distance"], name="clusterings"
    )
    customers = sort_by_key(customers, key=key, name="customers")
    values = _standardise(customers, features=features, log_features=log_features)
    sample = _draw(len(values), size=sample_size, seed=seed)
    measures = [_measure_everyone(values[sample], customers=len(values))]
    for (method, k), rows in clusterings.groupby(["method", "k"], sort=True):
        if method == EVERYONE:
            continue
        rows = sort_by_key(rows, key=key, name=f"clusterings of {method}, k = {k}")
        if not rows[key].equals(customers[key]):
            raise ValueError(f"clusterings of {method}, k = {k} are not of these customers")
        labels = rows["cluster"].to_numpy()
        measures.append(
            {"method": method, "k": k, "customers": len(values)}
            | {"smallest_share": np.bincount(labels)[1:].min() / len(labels)}
            | _measure_fit(values[sample], labels[sample], rows["distance"].to_numpy()[sample])
            | _measure_trust(
                values[sample], labels[sample], method=method, bootstraps=bootstraps, seed=seed
            )
        )
    return choose_clustering(
        to_typed(measures, types=MEASURE_TYPES),
        min_share=min_share,
        min_stability=min_stability,
        min_silhouette=min_silhouette,
    )


def choose_clustering(
    evaluations: pd.DataFrame,
    *,
    min_share: float = 0.03,
    min_stability: float = 0.6,
    min_silhouette: float = 0.25,
    min_gain: float = MIN_GAIN,
) -> pd.DataFrame:
    """Choose the clustering that deserves it, or none.

    A solution is fit for use when its smallest cluster holds at least `min_share` of the
    customers, its stability is at least `min_stability`, its silhouette at least `min_silhouette`
    (under 0.25 Kaufman and Rousseeuw find no substantial structure), and that exceeds what
    shuffled columns give by at least `min_gain`. Each solution is ranked by silhouette,
    Davies-Bouldin and Calinski-Harabasz among those of its own fitness; the lowest mean rank wins,
    fit before unfit, ties going to the higher silhouette, then the smaller k, then the method's
    name. A method's best is its choice; the best of all is chosen if it is fit, else "none".

    Parameters
    ----------
    evaluations : one row per method and k with the measures of `evaluate_clusterings`.

    Returns
    -------
    `evaluations` with `is_method_choice` (one per method), `is_chosen` (one in all) and `reason`
    (a sentence with the numbers), ordered by method and k.

    References
    ----------
    Kaufman, Rousseeuw (1990), Finding Groups in Data, Wiley, table 4.
    """
    rows = evaluations.sort_values(["method", "k"], ignore_index=True)
    solutions = rows[rows["method"] != EVERYONE]
    limits = {"min_share": min_share, "min_stability": min_stability}
    limits |= {"min_silhouette": min_silhouette, "min_gain": min_gain}
    faults = {row: _name_faults(solution, **limits) for row, solution in solutions.iterrows()}
    is_fit = pd.Series([not faults[row] for row in faults], index=solutions.index, dtype="bool")
    mean_rank = _rank_solutions(solutions, is_fit=is_fit)
    order = solutions.assign(is_unfit=~is_fit, mean_rank=mean_rank).sort_values(
        ["is_unfit", "mean_rank", "silhouette", "k", "method"],
        ascending=[True, True, False, True, True],
    )
    best = order.index[0] if is_fit.any() else rows.index[rows["method"] == EVERYONE][0]
    choices = order.groupby("method").head(1).index
    reasons = [
        _explain(rows, row, best=best, order=order.index, faults=faults, mean_rank=mean_rank)
        for row in rows.index
    ]
    return to_typed(
        rows.assign(
            is_method_choice=rows.index.isin(choices) | (rows["method"] == EVERYONE),
            is_chosen=rows.index == best,
            reason=reasons,
        ),
        types=EVALUATION_TYPES,
    )


def _check_request(*, methods: Sequence[str], k_min: int, k_max: int) -> None:
    unknown = sorted(set(methods) - set(METHODS))
    if unknown:
        raise ValueError(f"no method {', '.join(unknown)}; there are {', '.join(METHODS)}")
    if not 2 <= k_min <= k_max:
        raise ValueError(f"k must run from 2 or more, upwards, not from {k_min} to {k_max}")


def _standardise(
    customers: pd.DataFrame, *, features: list[str], log_features: Sequence[str]
) -> np.ndarray:
    """Give customers x features that vary: imputed, logged where asked, mean 0, deviation 1."""
    stray = sorted(set(log_features) - set(features))
    if stray:
        raise ValueError(f"log_features {', '.join(stray)} are not among the features")
    frame = to_floats(customers, columns=features)
    frame = frame.fillna(frame.median())
    frame = frame.loc[:, frame.max() > frame.min()]
    logged = frame.columns.isin(list(log_features))
    values = frame.to_numpy()
    values = np.where(logged, signed_log1p(values), values)
    return (values - values.mean(axis=0)) / values.std(axis=0) if values.size else values


def _draw(n_rows: int, *, size: int, seed: int) -> np.ndarray:
    """Positions of at most `size` rows, in order."""
    if n_rows <= size:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed).choice(n_rows, size=size, replace=False))


def _most_clusters(values: np.ndarray, *, k_max: int) -> int:
    """Find the largest k worth fitting: every cluster differs, and one holds two customers."""
    distinct = len(np.unique(values, axis=0)) if values.size else 1
    return min(k_max, distinct, len(values) - 1)


def _rank_clusters(labels: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """Count the clusters from 1 by falling mean of `worth`, ties by their first customer."""
    means = pd.Series(worth).groupby(labels).mean()
    first = pd.Series(np.arange(len(labels))).groupby(labels).min()
    order = pd.DataFrame({"mean": means, "first": first}).sort_values(
        ["mean", "first"], ascending=[False, True]
    )
    return pd.Series(np.arange(1, len(order) + 1), index=order.index)[labels].to_numpy()


def _measure_everyone(values: np.ndarray, *, customers: int) -> dict:
    """Measure the answer "no clusters", whose centroid is the origin of the scaled features."""
    return {
        "method": EVERYONE,
        "k": 1,
        "customers": customers,
        "evaluated_customers": len(values),
        "inertia": float((values**2).sum()),
        "smallest_share": 1.0 if customers else np.nan,
    }


def _measure_fit(values: np.ndarray, labels: np.ndarray, distances: np.ndarray) -> dict:
    measures = {"evaluated_customers": len(values), "inertia": float((distances**2).sum())}
    if 2 <= len(np.unique(labels)) < len(labels):
        with config_context(working_memory=WORKING_MEMORY):
            measures["silhouette"] = silhouette_score(values, labels)
        measures["davies_bouldin"] = davies_bouldin_score(values, labels)
        measures["calinski_harabasz"] = calinski_harabasz_score(values, labels)
    return measures


def _measure_trust(
    values: np.ndarray, labels: np.ndarray, *, method: str, bootstraps: int, seed: int
) -> dict:
    """Ask if the clusters come again (stability), and if noise could make them (shuffles)."""
    k = len(np.unique(labels))
    generator = np.random.default_rng(seed)
    agreements, references = [], []
    with warnings.catch_warnings():
        # A draw may hold fewer distinct customers than clusters: that is instability, not news.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(bootstraps):
            drawn = np.sort(generator.integers(len(values), size=len(values)))
            refit = METHODS[method](k, seed).fit(values[drawn])
            agreements.append(adjusted_rand_score(labels, refit.predict(values)))
        reference = values[_draw(len(values), size=REFERENCE_SIZE, seed=seed)]
        for _ in range(SHUFFLES if values.shape[1] > 1 else 0):
            shuffled = generator.permuted(reference, axis=0)
            found = METHODS[method](k, seed).fit(shuffled).predict(shuffled)
            references.append(_measure_fit(shuffled, found, np.zeros(0)).get("silhouette", np.nan))
    return {
        "stability_ari": np.mean(agreements) if agreements else np.nan,
        "shuffled_silhouette": np.max(references) if references else np.nan,
    }


def _name_faults(
    solution: pd.Series,
    *,
    min_share: float,
    min_stability: float,
    min_silhouette: float,
    min_gain: float,
) -> list[str]:
    """Each way in which a solution falls short, with the number. A missing measure does."""
    share, stability = solution["smallest_share"], solution["stability_ari"]
    silhouette, shuffled = solution["silhouette"], solution["shuffled_silhouette"]
    faults = []
    if not share >= min_share:
        faults.append(f"its smallest cluster holds {share:.1%}, less than {min_share:.1%}")
    if not stability >= min_stability:
        faults.append(f"stability {stability:.3f} is under {min_stability:g}")
    if not silhouette >= min_silhouette:
        faults.append(f"silhouette {silhouette:.3f} is under {min_silhouette:g}")
    if silhouette - shuffled < min_gain:
        faults.append(
            f"silhouette {silhouette:.3f} is not {min_gain:g} above the {shuffled:.3f} that "
            "shuffled columns give"
        )
    return faults


def _rank_solutions(solutions: pd.DataFrame, *, is_fit: pd.Series) -> pd.Series:
    """Mean rank, from 1, over the measures; rounding keeps float noise from deciding."""
    measures = solutions[["silhouette", "davies_bouldin", "calinski_harabasz"]] * [-1, 1, -1]
    ranks = measures.round(9).groupby(is_fit).rank(method="min", na_option="bottom")
    return ranks.mean(axis=1)


def _explain(
    rows: pd.DataFrame,
    row: int,
    *,
    best: int,
    order: pd.Index,
    faults: dict[int, list[str]],
    mean_rank: pd.Series,
) -> str:
    """Say why `row` is chosen or not; `order` holds the solutions' rows, best first."""
    evaluation = rows.loc[row]
    if evaluation["method"] == EVERYONE:
        if row != best:
            return f"Not needed: {_name(rows.loc[best])} is chosen."
        if order.empty:
            return f"Chosen: too few or too similar customers, {evaluation['customers']} in all."
        first = order[0]
        return (
            f"Chosen: none of {len(order)} clusterings can be trusted; the best, "
            f"{_name(rows.loc[first])}, is refused, as {'; '.join(faults[first])}."
        )
    if faults[row]:
        return f"Refused: {'; '.join(faults[row])}."
    rank = (
        f"mean rank {mean_rank[row]:.2f} among {sum(not fault for fault in faults.values())} fit "
        f"for use (silhouette {evaluation['silhouette']:.3f}, "
        f"Davies-Bouldin {evaluation['davies_bouldin']:.3f}, "
        f"Calinski-Harabasz {evaluation['calinski_harabasz']:.0f}, "
        f"stability {evaluation['stability_ari']:.3f}, "
        f"smallest cluster {evaluation['smallest_share']:.1%})"
    )
    if row == best:
        return f"Chosen: best {rank}."
    return f"Fit, but {_name(rows.loc[best])} is better: {rank}."


def _name(evaluation: pd.Series) -> str:
    return f"{evaluation['method']} with k = {evaluation['k']}"
