"""Self-organising maps: trained, cut into clusters, and laid out as tables."""

from collections.abc import Callable
from math import sqrt

import numpy as np
import pandas as pd
from minisom import MiniSom
from threadpoolctl import threadpool_limits

from python_ml.clustering.models import Prototypes, label, read_model
from python_ml.frames import check_columns, sort_by_key, to_floats, to_typed

LAST_SIGMA = 0.3
"""Reach of a unit at the end of training, in units of the map: its own customers alone."""

LEARNING_RATES = (0.5, 0.02)
"""How far a unit moves towards a customer, at the start and at the end of training."""

UNIT_TYPES = {
    "method": "str",
    "k": "int64",
    "unit": "int64",
    "unit_row": "int64",
    "unit_column": "int64",
    "cluster": "int64",
    "feature": "str",
    "weight": "float64",
    "hits": "int64",
    "neighbour_distance": "float64",
}


def train_map(values: np.ndarray, *, shape: tuple[int, int], draws: int, seed: int) -> np.ndarray:
    """Train a rectangular map on customers drawn in random order; its units x features.

    Both the reach of a unit and its learning rate shrink geometrically (Kohonen 2013). The map
    starts on the plane of the two principal components, a single row on customers drawn.

    References
    ----------
    Kohonen (2013), Essentials of the self-organizing map, Neural Networks 37.
    """
    rows, columns = shape
    som = MiniSom(
        rows,
        columns,
        values.shape[1],
        sigma=max(1.0, max(shape) / 3),
        learning_rate=LEARNING_RATES[0],
        decay_function=_shrink_to(LEARNING_RATES[1]),
        random_seed=seed,
    )
    # minisom takes a function for the learning rate alone; its own ways to shrink the reach stop
    # at 1, where neighbours still pull a unit off its customers.
    som._sigma_decay_function = _shrink_to(LAST_SIGMA)
    if min(shape) > 1 and values.shape[1] > 1:
        som.pca_weights_init(values)
    else:
        som.random_weights_init(values)
    som.train(values, draws, random_order=True)
    return som.get_weights().reshape(rows * columns, -1)


def map_side(n_rows: int, *, most: int) -> int:
    """Side of a square map of about 5 sqrt(n) units (Vesanto 2000), at most `most`."""
    return max(2, min(most, round(sqrt(5 * sqrt(n_rows)))))


def map_errors(values: np.ndarray, model: Prototypes) -> dict[str, float]:
    """Quantization error (mean distance to the nearest unit) and topographic error.

    The latter is the share of customers whose two nearest units do not touch, not even at a
    corner: how often the map tears what belongs together.
    """
    som = _as_som(model)
    return {
        "quantization_error": float(som.quantization_error(values)),
        "topographic_error": float(som.topographic_error(values)) if len(model.centers) > 1 else 0,
    }


@threadpool_limits.wrap(limits=1)
def describe_maps(
    customers: pd.DataFrame, models: pd.DataFrame, *, key: str = "customer_id"
) -> pd.DataFrame:
    """Lay out self-organising maps: their units, what these represent, and who is in them.

    Parameters
    ----------
    customers : one row per customer: `key` and the scaled features of the models.
    models : of `fit_clusterings`; those that are no maps are passed over.

    Returns
    -------
    One row per method, k, unit and feature: `unit` (from 1), `unit_row` and `unit_column` (from
    1), `cluster`, `weight` (the unit's value of the feature, in standard deviations), `hits`
    (customers whose nearest unit it is, over the features known) and `neighbour_distance` (the
    U-matrix: mean distance to the units that touch it; high ones are borders).

    References
    ----------
    Ultsch, Siemon (1990), Kohonen's self organizing feature maps for exploratory data analysis.
    """
    check_columns(models, columns=["method", "k", "model"], name="models")
    customers = sort_by_key(customers, key=key, name="customers")
    tables = [pd.DataFrame(columns=list(UNIT_TYPES))]
    for row in models.sort_values(["method", "k"]).to_dict("records"):
        model = read_model(row["model"])
        if isinstance(model, Prototypes) and model.shape:
            values = to_floats(customers, columns=model.features).to_numpy()
            units = _describe_units(values, model)
            tables.append(units.assign(method=row["method"], k=row["k"]))
    return to_typed(pd.concat(tables[1:] or tables, ignore_index=True), types=UNIT_TYPES)


def _describe_units(values: np.ndarray, model: Prototypes) -> pd.DataFrame:
    each_unit = Prototypes(model.features, model.centers, np.arange(1, len(model.centers) + 1))
    hits = np.bincount(label(values, each_unit), minlength=len(model.centers) + 1)[1:]
    rows, columns = np.unravel_index(np.arange(len(model.centers)), model.shape)
    units = pd.DataFrame(
        {
            "unit": np.arange(1, len(model.centers) + 1),
            "unit_row": rows + 1,
            "unit_column": columns + 1,
            "cluster": model.clusters,
            "hits": hits,
            "neighbour_distance": _neighbour_distances(model),
        }
    )
    weights = pd.DataFrame(model.centers, columns=model.features).assign(unit=units["unit"])
    long = weights.melt(id_vars="unit", var_name="feature", value_name="weight")
    return units.merge(long, on="unit").sort_values(["unit", "feature"])


def _neighbour_distances(model: Prototypes) -> np.ndarray:
    """Mean distance of each unit to those that touch it, at a corner too."""
    cells = np.column_stack(np.unravel_index(np.arange(len(model.centers)), model.shape))
    reach = np.abs(cells[:, None] - cells[None]).max(axis=2)
    distances = np.linalg.norm(model.centers[:, None] - model.centers[None], axis=2)
    return np.where(reach == 1, distances, 0).sum(axis=1) / np.maximum((reach == 1).sum(axis=1), 1)


def _shrink_to(last: float) -> Callable[[float, int, int], float]:
    """Let a parameter of training fall geometrically from its first value to `last`."""

    def decay(first: float, step: int, steps: int) -> float:
        return first * (last / first) ** (step / steps)

    return decay


def _as_som(model: Prototypes) -> MiniSom:
    som = MiniSom(*model.shape, model.centers.shape[1])
    som._weights = model.centers.reshape(*model.shape, -1)
    return som
