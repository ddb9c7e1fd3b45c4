"""How good clusterings are, on equal terms: fit, stability, and what noise would give."""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform
from scipy.stats import norm, rankdata
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
)
from threadpoolctl import threadpool_limits

from python_ml.clustering.choice import EVALUATION_TYPES, MEASURE_TYPES, choose_clustering
from python_ml.clustering.fitting import EVERYONE, METHODS, REFIT, fitted_values
from python_ml.clustering.models import label, read_model
from python_ml.clustering.preparation import draw
from python_ml.frames import check_columns, sort_by_key, to_floats, to_typed

REFERENCE_SIZE = 1_000
"""Customers in a reference: the mean silhouette hardly depends on their number."""

REFERENCE_METHODS = ("kmeans", "ward")
"""What is fitted to customers without groups. The bar is the same for every method: one that does
badly on noise is not thereby better on customers."""

CARRIED = [
    "method",
    "feature_set",
    "k",
    "customers",
    "fitted_customers",
    "smallest_share",
    "bic",
    "quantization_error",
    "topographic_error",
]
"""Columns of the models that are measures already."""


@threadpool_limits.wrap(limits=1)
def evaluate_clusterings(
    customers: pd.DataFrame,
    models: pd.DataFrame,
    *,
    key: str = "customer_id",
    fit_on: str | None = None,
    strata: str | None = None,
    sample_size: int = 3_000,
    bootstraps: int = 5,
    refit_size: int = 1_500,
    shuffles: int = 3,
    seed: int = 42,
    progress: Callable[[str], None] | None = None,
    **limits: object,
) -> pd.DataFrame:
    """Measure each clustering, and choose one or none of them by `choose_clustering`.

    Parameters
    ----------
    customers, key, fit_on : as given to `fit_clusterings`; those who were fitted are measured.
    strata : a boolean or numeric column; the cloud without gaps is simulated within each of its
        values, so that their differences make no groups. None = one cloud.
    models : what `fit_clusterings` returned.
    sample_size : customers measured and refitted on, drawn without replacement when there are
        more: silhouette and Ward are quadratic in them.
    bootstraps, refit_size : refits, each on so many of them at most, drawn with replacement.
    shuffles : fits to customers without groups, of either kind.
    progress : gets in words what is being measured.
    limits : as in `choose_clustering`.

    Returns
    -------
    One row per method, feature set and k, that of "none" included, ordered, with the measures
    of the models and, over `evaluated_customers`: `inertia` (sum of squared distances to the mean
    of the cluster), `is_elbow` (see `find_elbow`), `silhouette`, `davies_bouldin`,
    `calinski_harabasz`, `stability_ari` (mean adjusted Rand index between the clusters and those
    of each bootstrap refit), `shuffled_silhouette` (the highest that k-means or Ward reaches on
    customers whose features were shuffled one by one: every distribution stays, their dependence
    is removed) and `cloud_silhouette` (the same on a cloud without gaps: distributions and rank
    correlations stay, by a Gaussian copula, and nothing else). Both are undefined for a single
    feature. The other columns are those of `choose_clustering`.

    Raises
    ------
    ValueError : a column is missing, a method is unknown.

    References
    ----------
    Rousseeuw (1987), Silhouettes, J. Comput. Appl. Math. 20. Davies, Bouldin (1979), IEEE PAMI 1.
    Caliński, Harabasz (1974), Commun. Stat. 3. Hubert, Arabie (1985), J. Classif. 2. Hennig
    (2007), Cluster-wise assessment of cluster stability, Comput. Stat. Data Anal. 52. Tibshirani,
    Walther, Hastie (2001), J. R. Stat. Soc. B 63: comparing with data without clusters. Liu,
    Hayes, Nobel, Marron (2008), J. Am. Stat. Assoc. 103: comparing with a single cloud.
    """
    check_columns(models, columns=[*CARRIED, "model"], name="models")
    models = models.sort_values(["method", "feature_set", "k"], ignore_index=True)
    unknown = sorted(set(models["method"]) - {EVERYONE, *METHODS})
    if unknown:
        raise ValueError(f"no method {', '.join(unknown)}; there are {', '.join(METHODS)}")
    sampling = {"key": key, "fit_on": fit_on, "size": sample_size}
    groups = _sample(customers, [strata] if strata else [], **sampling)
    parts = [
        _measure(
            _sample(customers, read_model(of_set["model"].iloc[0]).features, **sampling),
            of_set,
            groups=groups[:, 0] if strata else np.zeros(len(groups)),
            name=f" of {feature_set}" if models["feature_set"].nunique() > 1 else "",
            bootstraps=bootstraps,
            refit_size=refit_size,
            shuffles=shuffles,
            seed=seed,
            progress=progress,
        )
        for feature_set, of_set in models.groupby("feature_set", sort=True)
    ]
    measured = to_typed(pd.concat(parts).sort_index(), types=MEASURE_TYPES)
    return to_typed(choose_clustering(measured, **limits), types=EVALUATION_TYPES)


def _measure(
    values: np.ndarray,
    models: pd.DataFrame,
    *,
    groups: np.ndarray,
    name: str,
    bootstraps: int,
    refit_size: int,
    shuffles: int,
    seed: int,
    progress: Callable[[str], None] | None,
) -> pd.DataFrame:
    """Measure the clusterings of one feature set."""
    fitted = {row: read_model(text) for row, text in models["model"].items()}
    distances = squareform(pdist(values)) if len(values) else np.zeros((0, 0))
    labels = {row: label(values, model) for row, model in fitted.items()}
    measures = [_measure_fit(values, labels[row], distances) for row in models.index]
    measured = models[CARRIED].join(pd.DataFrame(measures, index=models.index))
    ks = sorted(set(models.loc[models["method"] != EVERYONE, "k"]))
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        references = {"shuffled_silhouette": shuffle_columns, "cloud_silhouette": draw_cloud}
        for column, make in references.items():
            highest = _measure_noise(values, groups, ks, make, draws=shuffles, seed=seed)
            measured[column] = measured["k"].map(highest).astype(float)
    for method, rows in models.groupby("method", sort=True):
        measured.loc[rows.index, "is_elbow"] = find_elbow(rows["k"], measured["inertia"])
        if method == EVERYONE:
            continue
        if progress:
            progress(
                f"testing {method}{name} on {len(values):,} customers, {len(rows)} numbers of k"
            )
        by_k = {rows.at[row, "k"]: labels[row] for row in rows.index}
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            stability = _measure_stability(
                values, by_k, method, bootstraps=bootstraps, refit_size=refit_size, seed=seed
            )
        measured.loc[rows.index, "stability_ari"] = rows["k"].map(stability)
    return measured


def find_elbow(ks: pd.Series, inertia: pd.Series) -> np.ndarray:
    """Mark where a falling curve bends most: the point furthest below its chord.

    Both axes are scaled to 0 to 1 first. Fewer than three points, or a curve that is never below
    its chord, have no elbow; of points equally far the first is marked.

    References
    ----------
    Satopää, Albrecht, Irwin, Raghavan (2011), Finding a "Kneedle" in a haystack, ICDCSW.
    """
    x, y = ks.to_numpy(float), inertia[ks.index].to_numpy(float)
    is_elbow = np.zeros(len(x), bool)
    if len(x) < 3 or not y[0] > y[-1]:
        return is_elbow
    chord = 1 - (x - x[0]) / (x[-1] - x[0])
    below = np.round(chord - (y - y[-1]) / (y[0] - y[-1]), 9)
    is_elbow[below.argmax()] = below.max() > 0
    return is_elbow


def mean_silhouette(distances: np.ndarray, labels: np.ndarray) -> float:
    """Mean silhouette from all distances between rows; that of a row alone in its cluster is 0.

    One product with the matrix of memberships sums the distances to all clusters, ten times as
    fast as scikit-learn's pass over the rows, for the same number.
    """
    _, group, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    rows = np.arange(len(group))
    totals = distances @ np.eye(len(sizes))[group]
    own = totals[rows, group] / np.maximum(sizes[group] - 1, 1)
    means = totals / sizes
    means[rows, group] = np.inf
    other = means.min(axis=1)
    widest = np.maximum(own, other)
    widths = np.divide(other - own, widest, out=np.zeros_like(own), where=widest > 0)
    return float(np.where(sizes[group] > 1, widths, 0).mean())


def _sample(
    customers: pd.DataFrame, features: list[str], *, key: str, fit_on: str | None, size: int
) -> np.ndarray:
    fit_columns = [fit_on] if fit_on else []
    check_columns(customers, columns=[key, *features, *fit_columns], name="customers")
    customers = sort_by_key(customers, key=key, name="customers")
    everyone = to_floats(customers, columns=features).to_numpy()
    values = fitted_values(customers, everyone, fit_on=fit_on)
    return values[draw(len(values), size=size, seed=0)]


def _measure_fit(values: np.ndarray, labels: np.ndarray, distances: np.ndarray) -> dict:
    clusters, group = np.unique(labels, return_inverse=True)
    centers = [values[group == one].mean(axis=0) for one in range(len(clusters))]
    centers = np.reshape(centers, (len(clusters), values.shape[1]))
    measures = {
        "evaluated_customers": len(values),
        "inertia": float(((values - centers[group]) ** 2).sum()),
    }
    if 2 <= len(clusters) < len(labels):
        measures["silhouette"] = mean_silhouette(distances, labels)
        measures["davies_bouldin"] = davies_bouldin_score(values, labels)
        measures["calinski_harabasz"] = calinski_harabasz_score(values, labels)
    return measures


def _measure_stability(
    values: np.ndarray,
    labels: dict[int, np.ndarray],
    method: str,
    *,
    bootstraps: int,
    refit_size: int,
    seed: int,
) -> dict[int, float]:
    """Ask if the clusters come again: mean adjusted Rand index by k."""
    generator = np.random.default_rng(seed)
    agreements: dict[int, list[float]] = {k: [] for k in labels}
    for _ in range(bootstraps):
        drawn = np.sort(generator.integers(len(values), size=min(len(values), refit_size)))
        for k, model, _ in METHODS[method](values[drawn], sorted(labels), seed, REFIT):
            agreements[k].append(adjusted_rand_score(labels[k], label(values, model)))
    return {k: float(np.mean(found)) if found else np.nan for k, found in agreements.items()}


def shuffle_columns(
    values: np.ndarray, groups: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Shuffle the features one by one: each distribution stays, nothing ties them together."""
    return generator.permuted(values, axis=0)


def draw_cloud(
    values: np.ndarray, groups: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Draw customers of one cloud a group: each distribution and the rank correlations stay.

    A Gaussian copula: normal scores with the correlations of the customers' own, turned back into
    values by rank. What remains of groups is what single features show.

    References
    ----------
    Nelsen (2006), An Introduction to Copulas, Springer. Blom (1958): normal scores.
    """
    cloud = np.empty_like(values)
    for group in np.unique(groups):
        cloud[groups == group] = _draw_cloud(values[groups == group], generator)
    return cloud


def _draw_cloud(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    ranks = rankdata(values, axis=0)
    scores = norm.ppf((ranks - 0.375) / (len(values) + 0.25))
    scores = (scores - scores.mean(axis=0)) / np.maximum(scores.std(axis=0), 1e-12)
    # Sums of all customers' scores, weighted by chance, are normal and correlate as these do.
    mixed = generator.normal(size=(len(values), len(values))) @ scores
    places = np.argsort(np.argsort(mixed, axis=0, kind="stable"), axis=0, kind="stable")
    return np.take_along_axis(np.sort(values, axis=0), places, axis=0)


def _measure_noise(
    values: np.ndarray,
    groups: np.ndarray,
    ks: list[int],
    make: Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray],
    *,
    draws: int,
    seed: int,
) -> dict[int, float]:
    """Measure what customers without groups give: the highest silhouette by k over the draws."""
    highest: dict[int, float] = {}
    if len(values) < 3 or values.shape[1] < 2:
        return highest
    generator = np.random.default_rng(seed)
    drawn = draw(len(values), size=REFERENCE_SIZE, seed=seed)
    sample, groups = values[drawn], groups[drawn]
    possible = [k for k in ks if k < len(sample)]
    for _ in range(draws):
        reference = make(sample, groups, generator)
        distances = squareform(pdist(reference))
        for method in REFERENCE_METHODS:
            for k, model, _ in METHODS[method](reference, possible, seed, REFIT):
                found = label(reference, model)
                if 2 <= len(np.unique(found)) < len(found):
                    highest[k] = max(mean_silhouette(distances, found), highest.get(k, -1.0))
    return highest
