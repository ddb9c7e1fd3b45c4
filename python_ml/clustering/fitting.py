"""Groups of customers, found by several methods over a range of numbers of clusters."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import linkage
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from python_ml.clustering.maps import map_errors, map_side, train_map
from python_ml.clustering.models import Mixture, Model, Prototypes, label, place, read_model
from python_ml.frames import check_columns, key_type, sort_by_key, to_floats, to_typed

EVERYONE = "none"
"""The method of the answer "no clusters": k = 1, everyone in cluster 1."""

ALL = "all"
"""The name of the feature set where there is but one."""

MIXTURE_RIDGE = 1e-2
"""Added to the variances of a mixture, in squared standard deviations of the features: keeps a
component from collapsing onto customers who share a value."""

MODEL_TYPES = {
    "method": "str",
    "feature_set": "str",
    "model": "str",
    "k": "int64",
    "customers": "int64",
    "fitted_customers": "int64",
    "smallest_share": "float64",
    "bic": "float64",
    "quantization_error": "float64",
    "topographic_error": "float64",
}


@dataclass(frozen=True)
class Effort:
    """How hard a fit tries: a refit that only tests another may try less.

    Attributes
    ----------
    restarts : starts of k-means and of the mixture; the best is kept.
    draws : customers drawn to train a self-organising map: ten times as many as there are, within
        these bounds.
    map_side : longest side of the larger self-organising map.
    """

    restarts: int = 10
    draws: tuple[int, int] = (1_000, 5_000)
    map_side: int = 10


REFIT = Effort(restarts=3, draws=(500, 1_000))

Fits = Iterator[tuple[int, Model, dict[str, float]]]
"""For each k: the model, its clusters in any order, and measures that only the fit knows."""


def fit_kmeans(values: np.ndarray, ks: Sequence[int], seed: int, effort: Effort) -> Fits:
    """K-means: the centroids with the least sum of squared distances (Lloyd 1982)."""
    for k in ks:
        fitted = KMeans(k, n_init=effort.restarts, tol=0, random_state=seed).fit(values)
        yield k, _points(fitted.cluster_centers_), {}


def fit_ward(values: np.ndarray, ks: Sequence[int], seed: int, effort: Effort) -> Fits:
    """Ward's agglomeration, cut at each k (Ward 1963); a cluster becomes its centroid."""
    merges = linkage(values, "ward")
    for k in ks:
        yield k, _points(_centroids(values, cut_tree(merges, k))), {}


def fit_mixture(values: np.ndarray, ks: Sequence[int], seed: int, effort: Effort) -> Fits:
    """Gaussian mixture with full covariances by EM (Dempster, Laird, Rubin 1977)."""
    for k in ks:
        fitted = GaussianMixture(
            k, n_init=max(1, effort.restarts // 5), reg_covar=MIXTURE_RIDGE, random_state=seed
        ).fit(values)
        model = Mixture([], fitted.weights_, fitted.means_, fitted.covariances_)
        yield k, model, {"bic": float(fitted.bic(values))}


def fit_som_units(values: np.ndarray, ks: Sequence[int], seed: int, effort: Effort) -> Fits:
    """Self-organising map of one row in which each unit is a cluster."""
    for k in ks:
        units = train_map(values, shape=(1, k), draws=_draws(values, effort), seed=seed)
        model = Prototypes([], units, np.arange(1, k + 1), (1, k))
        yield k, model, map_errors(values, model)


def fit_som_map(values: np.ndarray, ks: Sequence[int], seed: int, effort: Effort) -> Fits:
    """Larger self-organising map whose units are clustered by Ward (Vesanto, Alhoniemi 2000)."""
    side = map_side(len(values), most=effort.map_side)
    units = train_map(values, shape=(side, side), draws=_draws(values, effort), seed=seed)
    errors = map_errors(values, Prototypes([], units, np.ones(len(units), int), (side, side)))
    merges = linkage(units, "ward")
    for k in ks:
        if k <= len(units):
            yield k, Prototypes([], units, cut_tree(merges, k), (side, side)), errors


def fit_kmeans_pca(values: np.ndarray, ks: Sequence[int], seed: int, effort: Effort) -> Fits:
    """K-means in the plane of the first two principal components.

    The centroids are given in the space of the features, where they lie in that plane: whichever
    is nearest there is nearest in the plane as well.
    """
    plane = PCA(min(2, values.shape[1]), svd_solver="covariance_eigh").fit(values)
    for k, model, _ in fit_kmeans(plane.transform(values), ks, seed, effort):
        yield k, _points(plane.inverse_transform(model.centers)), {}


METHODS: dict[str, Callable[[np.ndarray, Sequence[int], int, Effort], Fits]] = {
    "kmeans": fit_kmeans,
    "kmeans_pca": fit_kmeans_pca,
    "ward": fit_ward,
    "gaussian_mixture": fit_mixture,
    "som_units": fit_som_units,
    "som_map": fit_som_map,
}
"""By name: the function that fits all numbers of clusters to the rows of an array."""


@threadpool_limits.wrap(limits=1)
def fit_clusterings(
    customers: pd.DataFrame,
    *,
    key: str = "customer_id",
    features: Sequence[str] | Mapping[str, Sequence[str]],
    rank_by: str,
    fit_on: str | None = None,
    methods: Sequence[str] = tuple(METHODS),
    further_methods: Sequence[str] | None = None,
    k_min: int = 2,
    k_max: int = 10,
    map_side: int = 10,
    seed: int = 42,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Fit the customers' clusters by each method, for each number of clusters.

    Parameters
    ----------
    customers : one row per customer: `key`, `features` (floats, scaled; missing where unknown),
        `rank_by` (numeric) and `fit_on`.
    features : the features, or sets of them by name, which compete: the first is fitted by all
        `methods`, the others by those that `further_methods` names too.
    rank_by : cluster 1 has the highest mean of this column over everyone placed in it, and so on;
        equal means are ordered by the smallest key.
    fit_on : a boolean column that says who is fitted; None fits everyone. All of them must have
        all features.
    methods, further_methods : names in METHODS; None = all of `methods`.
    k_min, k_max : numbers of clusters tried, as far as there are as many distinct customers.
    map_side : longest side of the larger self-organising map.
    progress : gets in words what is being fitted.

    Returns
    -------
    One row per method, feature set ("all" where there is but one) and k, ordered: `model` (text
    that `assign_customers` reads), `customers` in all, `fitted_customers`, `smallest_share` (of
    all customers, everyone placed; 0 where a cluster is empty), `bic` of a mixture on the fitted
    customers (missing for the others), `quantization_error` and `topographic_error` of a
    self-organising map on them. The method "none" with k = 1 is always there, by the first
    feature set, so that whatever is chosen can be looked up; where the customers are too few or
    too alike for `k_min` clusters it stands alone.

    Raises
    ------
    ValueError : a column is missing or not numeric, a key is missing or not unique, a fitted
        customer lacks a feature, a method is unknown, or not 2 <= k_min <= k_max.
    """
    sets = features if isinstance(features, Mapping) else {ALL: features}
    _check_request(methods=[*methods, *(further_methods or [])], k_min=k_min, k_max=k_max)
    further = [one for one in methods if further_methods is None or one in further_methods]
    fit_columns = [fit_on] if fit_on else []
    names = list(dict.fromkeys(name for of_set in sets.values() for name in of_set))
    check_columns(customers, columns=[key, *names, rank_by, *fit_columns], name="customers")
    customers = sort_by_key(customers, key=key, name="customers")
    rows = []
    for rank, (name, of_set) in enumerate(sets.items()):
        everyone = to_floats(customers, columns=list(of_set)).to_numpy()
        fitted = fitted_values(customers, everyone, fit_on=fit_on)
        if rank == 0:
            middle = fitted.mean(axis=0) if len(fitted) else np.zeros(len(of_set))
            rows.append(_to_row(EVERYONE, name, 1, _points(middle[None]), {}, of_set, fitted))
        ks = range(k_min, _most_clusters(fitted, k_max=k_max) + 1)
        for method in (methods if rank == 0 else further) if len(ks) else []:
            if progress:
                of_name = f" of {name}" if len(sets) > 1 else ""
                progress(
                    f"fitting {method}{of_name} to {len(fitted):,} customers, "
                    f"k = {ks[0]} to {ks[-1]}"
                )
            # Fewer distinct clusters than requested show in the measures.
            with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
                fits = METHODS[method](fitted, ks, seed, Effort(map_side=map_side))
                rows += [_to_row(method, name, *one, of_set, fitted) for one in fits]
    models = to_typed(
        rows, types=MODEL_TYPES | dict.fromkeys(["customers", "smallest_share"], float)
    )
    return rank_clusters(customers, models, key=key, rank_by=rank_by)


def _to_row(
    method: str,
    feature_set: str,
    k: int,
    model: Model,
    measures: dict[str, float],
    features: Sequence[str],
    fitted: np.ndarray,
) -> dict:
    text = _name_features(model, features).to_text()
    row = {"method": method, "feature_set": feature_set, "k": k, "model": text}
    return row | {"fitted_customers": len(fitted)} | measures


@threadpool_limits.wrap(limits=1)
def rank_clusters(
    customers: pd.DataFrame,
    models: pd.DataFrame,
    *,
    key: str = "customer_id",
    rank_by: str,
    only: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count the clusters of each model by falling mean of `rank_by` over these customers.

    Parameters
    ----------
    customers : one row per customer: `key`, `rank_by` and the scaled features of the models.
    models : of `fit_clusterings`, fitted to these customers or to earlier ones.
    only : `method`, `feature_set` and `k` of the models to use; the others stay as they are.

    Returns
    -------
    `models` with their clusters renumbered, empty ones last, and with `customers` and
    `smallest_share` of these customers, ordered by method, feature set and k.

    Raises
    ------
    ValueError : a column is missing; the message names it.
    """
    identity = ["method", "feature_set", "k"]
    check_columns(models, columns=[*identity, "model"], name="models")
    check_columns(customers, columns=[key, rank_by], name="customers")
    customers = sort_by_key(customers, key=key, name="customers")
    worth = to_floats(customers, columns=[rank_by])[rank_by].to_numpy()
    models = models.sort_values(identity, ignore_index=True)
    looked_at = models
    if only is not None:
        check_columns(only, columns=identity, name="only")
        requested = pd.MultiIndex.from_frame(only[identity])
        looked_at = models[pd.MultiIndex.from_frame(models[identity]).isin(requested)]
    ranked = []
    # Most models look at the same features.
    known: dict[tuple[str, ...], np.ndarray] = {}
    for text in looked_at["model"]:
        model = read_model(text)
        features = tuple(model.features)
        if features not in known:
            check_columns(customers, columns=features, name="customers")
            known[features] = to_floats(customers, columns=model.features).to_numpy()
        model, smallest = _rank_clusters(model, known[features], worth)
        ranked.append({"model": model.to_text(), "smallest_share": smallest})
    found = pd.DataFrame(ranked, index=looked_at.index, columns=["model", "smallest_share"])
    others = models.drop(index=looked_at.index)
    looked_at = looked_at.assign(customers=len(customers), **found)
    return to_typed(pd.concat([looked_at, others]).sort_index(), types=MODEL_TYPES)


@threadpool_limits.wrap(limits=1)
def assign_customers(
    customers: pd.DataFrame,
    models: pd.DataFrame,
    *,
    key: str = "customer_id",
    unsure_margin: float = 0.1,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Place every customer by each fitted model: including those outside its sample, or new.

    Parameters
    ----------
    customers : one row per customer: `key` and the scaled features of the models, missing where
        unknown: those are placed by the features that are known.
    models : `method`, `k` and `model`, as `fit_clusterings` gave them.
    unsure_margin : whose `margin` is lower is unsure.
    progress : gets in words by which model customers are being assigned.

    Returns
    -------
    One row per customer, method and k, ordered by method, k and key: `cluster`, `distance` (to the
    nearest point of the cluster or to the mean of the component, in standard deviations),
    `probability` (posterior under a mixture; missing for the others), `margin` (1 - nearest /
    second nearest distance; for a mixture the difference of the two highest probabilities) and
    `is_unsure`.
    """
    check_columns(models, columns=["method", "k", "model"], name="models")
    types = {key: key_type(customers, key=key), "method": "str", "k": "int64", "cluster": "int64"}
    types |= {"distance": "float64", "probability": "float64", "margin": "float64"}
    types |= {"is_unsure": "bool"}
    customers = sort_by_key(customers, key=key, name="customers")
    found = []
    for row in models.sort_values(["method", "k"]).to_dict("records"):
        model = read_model(row["model"])
        check_columns(customers, columns=model.features, name="customers")
        if progress:
            progress(f"placing {len(customers):,} customers by {row['method']}, k = {row['k']}")
        placed = place(to_floats(customers, columns=model.features).to_numpy(), model)
        keys = {key: customers[key], "method": row["method"], "k": row["k"]}
        found.append(pd.DataFrame(keys | placed))
    clusters = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(types))
    return to_typed(clusters.assign(is_unsure=clusters["margin"] < unsure_margin), types=types)


@threadpool_limits.wrap(limits=1)
def merge_customers(
    customers: pd.DataFrame,
    *,
    features: Sequence[str],
    fit_on: str | None = None,
    key: str = "customer_id",
) -> pd.DataFrame:
    """Give Ward's dendrogram: which customers and groups were merged, in order, and how high.

    Returns
    -------
    One row per merge: `merge_number` (from 1), `left_node` and `right_node` (a key, or `merge N`
    for the group that merge N made; the one with the smaller key or number stands left), `height`
    (Ward's distance, in standard deviations; it never falls) and `customers` in the new group.
    """
    check_columns(customers, columns=[key, *features], name="customers")
    types = {"merge_number": "int64", "left_node": "str", "right_node": "str", "height": "float64"}
    types |= {"customers": "int64"}
    customers = sort_by_key(customers, key=key, name="customers")
    everyone = to_floats(customers, columns=list(features)).to_numpy()
    values = fitted_values(customers, everyone, fit_on=fit_on)
    if len(values) < 2 or not values.shape[1]:
        return to_typed([], types=types)
    merges = linkage(values, "ward")
    keys = customers.loc[customers[fit_on], key] if fit_on else customers[key]
    nodes = np.array([*keys.astype(str), *(f"merge {one + 1}" for one in range(len(merges)))])
    pairs = np.sort(merges[:, :2].astype(int), axis=1)
    return to_typed(
        pd.DataFrame(
            {
                "merge_number": np.arange(1, len(merges) + 1),
                "left_node": nodes[pairs[:, 0]],
                "right_node": nodes[pairs[:, 1]],
                "height": merges[:, 2],
                "customers": merges[:, 3],
            }
        ),
        types=types,
    )


def fitted_values(
    customers: pd.DataFrame, everyone: np.ndarray, *, fit_on: str | None
) -> np.ndarray:
    """Rows of `everyone` that `fit_on` names; ValueError where one of them lacks a feature."""
    values = everyone[customers[fit_on].to_numpy(bool)] if fit_on else everyone
    if np.isnan(values).any():
        raise ValueError(
            f"{np.isnan(values).any(axis=1).sum()} of the {len(values)} customers to fit lack a "
            "feature; fit_on must leave them out"
        )
    return values


def cut_tree(merges: np.ndarray, k: int) -> np.ndarray:
    """Cut SciPy's tree of merges into k groups, numbered from 1 by their first row."""
    n_rows = len(merges) + 1
    parents = np.arange(2 * n_rows - 1)
    for merge in range(n_rows - k):
        parents[merges[merge, :2].astype(int)] = n_rows + merge
    roots = np.arange(n_rows)
    while (parents[roots] != roots).any():
        roots = parents[roots]
    _, first, group = np.unique(roots, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[group] + 1


def _check_request(*, methods: Sequence[str], k_min: int, k_max: int) -> None:
    unknown = sorted(set(methods) - set(METHODS))
    if unknown:
        raise ValueError(f"no method {', '.join(unknown)}; there are {', '.join(METHODS)}")
    if not 2 <= k_min <= k_max:
        raise ValueError(f"k must run from 2 or more, upwards, not from {k_min} to {k_max}")


def _points(centers: np.ndarray) -> Prototypes:
    return Prototypes([], centers, np.arange(1, len(centers) + 1))


def _centroids(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.vstack([values[labels == one].mean(axis=0) for one in range(1, labels.max() + 1)])


def _name_features(model: Model, features: Sequence[str]) -> Model:
    return replace(model, features=list(features))


def _draws(values: np.ndarray, effort: Effort) -> int:
    return int(np.clip(10 * len(values), *effort.draws))


def _most_clusters(values: np.ndarray, *, k_max: int) -> int:
    """Find the largest k worth fitting: every cluster differs, and one has two customers."""
    distinct = len(np.unique(values, axis=0)) if values.size else 1
    return min(k_max, distinct, len(values) - 1)


def _rank_clusters(model: Model, values: np.ndarray, worth: np.ndarray) -> tuple[Model, float]:
    """Count the clusters from 1 by falling mean of `worth`, ties by their first customer.

    Empty clusters come last. Also gives the smallest cluster's share of all customers.
    """
    if not len(values):
        return model, np.nan
    labels = label(values, model)
    clusters = np.arange(1, model.k + 1)
    means = pd.Series(worth).groupby(labels).mean().reindex(clusters)
    first = pd.Series(np.arange(len(labels))).groupby(labels).min().reindex(clusters)
    order = pd.DataFrame({"mean": means, "first": first}).sort_values(
        ["mean", "first"], ascending=[False, True], na_position="last"
    )
    numbers = pd.Series(clusters, index=order.index).sort_index().to_numpy()
    smallest = np.bincount(labels, minlength=model.k + 1)[1:].min() / len(labels)
    return model.renumbered(numbers), smallest
