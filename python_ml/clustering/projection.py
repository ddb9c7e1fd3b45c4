"""Customers in two dimensions, for looking at clusters."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from python_ml.clustering.fitting import fitted_values
from python_ml.clustering.preparation import draw
from python_ml.frames import check_columns, key_type, sort_by_key, to_floats, to_typed

PERPLEXITY = 30
"""Neighbours that t-SNE tries to keep, as far as there are three times as many customers."""


@threadpool_limits.wrap(limits=1)
def find_axes(
    customers: pd.DataFrame,
    *,
    key: str = "customer_id",
    features: Sequence[str],
    fit_on: str | None = None,
) -> pd.DataFrame:
    """Find the principal components of the fitted customers, and what each explains.

    Returns
    -------
    One row per component and feature, ordered: `axis` (from 1, by falling variance), `feature`,
    `weight` (of the feature in the component; the largest by size is positive), `center` (the
    feature's mean) and `explained_share` (of the variance of all features, the same in all rows
    of a component). As many components as features; none where there are fewer than two
    customers or nothing varies.

    References
    ----------
    Pearson (1901), On lines and planes of closest fit, Phil. Mag. 2. Jolliffe (2002), Principal
    Component Analysis.
    """
    types = {"axis": "int64", "feature": "str", "weight": "float64", "center": "float64"}
    types |= {"explained_share": "float64"}
    check_columns(customers, columns=[key, *features], name="customers")
    customers = sort_by_key(customers, key=key, name="customers")
    everyone = to_floats(customers, columns=list(features)).to_numpy()
    values = fitted_values(customers, everyone, fit_on=fit_on)
    if len(values) < 2 or not values.size or not values.std(axis=0).any():
        return to_typed([], types=types)
    fitted = PCA(svd_solver="covariance_eigh").fit(values)
    weights = fitted.components_
    largest = weights[np.arange(len(weights)), np.abs(weights).argmax(axis=1)]
    weights = weights * np.sign(largest)[:, None]
    rows = [
        {"axis": axis + 1, "feature": feature, "weight": weights[axis, column]}
        | {"center": fitted.mean_[column]}
        | {"explained_share": fitted.explained_variance_ratio_[axis]}
        for axis in range(len(weights))
        for column, feature in enumerate(features)
    ]
    return to_typed(rows, types=types)


@threadpool_limits.wrap(limits=1)
def project_customers(
    customers: pd.DataFrame, axes: pd.DataFrame, *, key: str = "customer_id"
) -> pd.DataFrame:
    """Place every customer on the first two principal components.

    A feature that a customer lacks counts as the mean. With a single component `y` is 0.

    Parameters
    ----------
    axes : what `find_axes` returned.

    Returns
    -------
    One row per customer in key order: `key`, `x`, `y`; none where there are no axes.
    """
    types = {key: key_type(customers, key=key), "x": "float64", "y": "float64"}
    features = axes.loc[axes["axis"] == 1, "feature"].tolist()
    check_columns(customers, columns=[key, *features], name="customers")
    if not features:
        return to_typed([], types=types)
    customers = sort_by_key(customers, key=key, name="customers")
    center = axes.loc[axes["axis"] == 1, "center"].to_numpy()
    values = to_floats(customers, columns=features).to_numpy() - center
    values = np.where(np.isnan(values), 0, values)
    projected = {key: customers[key], "x": 0.0, "y": 0.0}
    for axis, name in [(1, "x"), (2, "y")]:
        weights = axes.loc[axes["axis"] == axis, "weight"].to_numpy()
        if weights.size:
            projected[name] = values @ weights
    return to_typed(pd.DataFrame(projected), types=types)


@threadpool_limits.wrap(limits=1)
def embed_customers(
    customers: pd.DataFrame,
    *,
    key: str = "customer_id",
    features: Sequence[str],
    fit_on: str | None = None,
    sample_size: int = 2_000,
    seed: int = 42,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Embed a seeded sample of the fitted customers by t-SNE.

    Neighbours stay neighbours; distances between groups, and their sizes, mean nothing.

    Returns
    -------
    One row per sampled customer in key order: `key`, `x`, `y`; none where there are fewer than
    ten customers or nothing varies.

    References
    ----------
    van der Maaten, Hinton (2008), Visualizing data using t-SNE, JMLR 9.
    """
    check_columns(customers, columns=[key, *features], name="customers")
    types = {key: key_type(customers, key=key), "x": "float64", "y": "float64"}
    customers = sort_by_key(customers, key=key, name="customers")
    drawn = customers[customers[fit_on].to_numpy(bool)] if fit_on else customers
    drawn = drawn.iloc[draw(len(drawn), size=sample_size, seed=seed)]
    values = to_floats(drawn, columns=list(features)).to_numpy()
    values = fitted_values(drawn, values, fit_on=None)
    if len(values) < 10 or not values.size or not values.std(axis=0).any():
        return to_typed([], types=types)
    if progress:
        progress(f"embedding {len(values):,} customers by t-SNE")
    # Identical customers have no neighbourhood to keep: a jitter far below any measure parts them.
    jitter = np.random.default_rng(seed).normal(scale=1e-6, size=values.shape)
    embedded = TSNE(
        perplexity=min(PERPLEXITY, len(values) // 3),
        max_iter=500,
        init="pca" if values.shape[1] > 1 else "random",
        random_state=seed,
    ).fit_transform(values + jitter)
    points = pd.DataFrame({key: drawn[key].to_numpy(), "x": embedded[:, 0], "y": embedded[:, 1]})
    return to_typed(points, types=types)
