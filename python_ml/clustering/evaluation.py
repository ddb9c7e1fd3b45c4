"""How good clusterings are, on equal terms: fit, stability, and what noise would give."""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform
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
"""Customers in a shuffle: the mean silhouette hardly depends on their number."""

CARRIED = [
    "method",
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
    sample_size: int = 3_000,
    bootstraps: int = 5,
    refit_size: int = 1_500,
    shuffles: int = 3,
    min_share: float = 0.03,
    min_stability: float = 0.6,
    min_silhouette: float = 0.25,
    seed: int = 42,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Measure each clustering, and choose one or none of them by `choose_clustering`.

    Parameters
    ----------
    customers, key, fit_on : as given to `fit_clusterings`; those who were fitted are measured.
    models : what `fit_clusterings` returned.
    sample_size : customers measured and refitted on, drawn without replacement when there are
        more: silhouette and Ward are quadratic in them.
    bootstraps, refit_size : refits, each on so many of them at most, drawn with replacement.
    shuffles : fits to customers whose features were shuffled one by one.
    min_share, min_stability, min_silhouette : as in `choose_clustering`.
    progress : is told in words what is being measured.

    Returns
    -------
    One row per method and k, that of "none" included, ordered by method and k, with the measures
    of the models and, over `evaluated_customers`: `inertia` (sum of squared distances to the mean
    of the cluster), `is_elbow` (see `find_elbow`), `silhouette`, `davies_bouldin`,
    `calinski_harabasz`, `stability_ari` (mean adjusted Rand index between the clusters and those
    of each bootstrap refit) and `shuffled_silhouette` (the highest over the shuffles, which keep
    every distribution and undo what ties them together; undefined for a single feature).
    `is_method_choice`, `is_chosen` and `reason` are those of `choose_clustering`.

    Raises
    ------
    ValueError : a column is missing, a method is unknown.

    References
    ----------
    Rousseeuw (1987), Silhouettes, J. Comput. Appl. Math. 20. Davies, Bouldin (1979), IEEE PAMI 1.
    Caliński, Harabasz (1974), Commun. Stat. 3. Hubert, Arabie (1985), J. Classif. 2. Hennig
    (2007), Cluster-wise assessment of cluster stability, Comput. Stat. Data Anal. 52. Tibshirani,
    Walther, Hastie (2001), J. R. Stat. Soc. B 63: comparing with data without clusters.
    """
    check_columns(models, columns=[*CARRIED, "model"], name="models")
    models = models.sort_values(["method", "k"], ignore_index=True)
    unknown = sorted(set(models["method"]) - {EVERYONE, *METHODS})
    if unknown:
        raise ValueError(f"no method {', '.join(unknown)}; there are {', '.join(METHODS)}")
    fitted = {row: read_model(text) for row, text in models["model"].items()}
    values = _sample(customers, fitted[0].features, key=key, fit_on=fit_on, size=sample_size)
    distances = squareform(pdist(values)) if len(values) else np.zeros((0, 0))
    references = list(_shuffle(values, shuffles=shuffles, seed=seed))

    labels = {row: label(values, model) for row, model in fitted.items()}
    measures = [_measure_fit(values, labels[row], distances) for row in models.index]
    measured = models[CARRIED].join(pd.DataFrame(measures, index=models.index))
    for method, rows in models.groupby("method", sort=True):
        measured.loc[rows.index, "is_elbow"] = find_elbow(rows["k"], measured["inertia"])
        if method == EVERYONE:
            continue
        if progress:
            progress(f"testing {method} on {len(values):,} customers, {len(rows)} numbers of k")
        by_k = {rows.at[row, "k"]: labels[row] for row in rows.index}
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            stability = _measure_stability(
                values, by_k, method, bootstraps=bootstraps, refit_size=refit_size, seed=seed
            )
            shuffled = _measure_noise(references, sorted(by_k), method, seed=seed)
        measured.loc[rows.index, "stability_ari"] = rows["k"].map(stability)
        measured.loc[rows.index, "shuffled_silhouette"] = rows["k"].map(shuffled)
    chosen = choose_clustering(
        to_typed(measured, types=MEASURE_TYPES),
        min_share=min_share,
        min_stability=min_stability,
        min_silhouette=min_silhouette,
    )
    return to_typed(chosen, types=EVALUATION_TYPES)


def find_elbow(ks: pd.Series, inertia: pd.Series) -> np.ndarray:
    """Mark where a falling curve bends most: the point furthest below its chord.

    Both axes are scaled to 0 to 1 first. Fewer than three points, or a curve that never lies
    below its chord, has no elbow; of points equally far the first is marked.

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


def _shuffle(
    values: np.ndarray, *, shuffles: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Give customers whose features were shuffled one by one, and their distances."""
    if len(values) < 3 or values.shape[1] < 2:
        return []
    generator = np.random.default_rng(seed)
    reference = values[draw(len(values), size=REFERENCE_SIZE, seed=seed)]
    shuffled = [generator.permuted(reference, axis=0) for _ in range(shuffles)]
    return [(one, squareform(pdist(one))) for one in shuffled]


def _measure_noise(
    references: list[tuple[np.ndarray, np.ndarray]], ks: list[int], method: str, *, seed: int
) -> dict[int, float]:
    """Ask if noise could make the clusters: the highest silhouette by k over the shuffles."""
    highest: dict[int, float] = {}
    for values, distances in references:
        possible = [k for k in ks if k < len(values)]
        for k, model, _ in METHODS[method](values, possible, seed, REFIT):
            found = label(values, model)
            if 2 <= len(np.unique(found)) < len(found):
                highest[k] = max(mean_silhouette(distances, found), highest.get(k, -1.0))
    return highest
