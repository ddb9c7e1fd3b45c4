"""The accepted methods fitted on all whose outcome is known, and what they say of the current."""

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from python_ml.frames import check_columns, key_type, to_typed
from python_ml.keeping import Packed, pack, unpack
from python_ml.new_customers.fitting import fit_method
from python_ml.new_customers.methods import BasketModel, ClassModel
from python_ml.new_customers.preparation import TARGETS, Columns, group_rows, list_labels
from python_ml.new_customers.purchases import read_new_purchases
from python_ml.new_customers.ranking import CUTOFF

MODEL_TYPES = {"target": "str", "orders_used": "int64", "model": "str", "fitted": "object"}

SCORE_TYPES = {
    "orders_used": "int64",
    "target": "str",
    "model": "str",
    "prediction": "str",
    "second_prediction": "str",
    "third_prediction": "str",
    "probability": "float64",
}


@threadpool_limits.wrap(limits=1)
def fit_new_customers(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    purchases: pd.DataFrame,
    accepted: pd.DataFrame,
    *,
    columns: Columns,
    seed: int = 42,
) -> pd.DataFrame:
    """Fit the accepted methods on all labels.

    Parameters
    ----------
    features, labels, purchases, columns : as in `evaluate_new_customers`.
    accepted : one row per target and number of orders that may be predicted, with the `model`.

    Returns
    -------
    One row per row of `accepted` with labels: `target`, `orders_used`, `model` and `fitted`, a
    `ClassModel` or a `BasketModel`, packed by `python_ml.keeping`.

    Raises
    ------
    ValueError : as in `evaluate_new_customers`, or a model is unknown.

    Examples
    --------
    See `score_new_customers`.
    """
    check_columns(accepted, columns=["target", "orders_used", "model"], name="accepted")
    models = accepted.set_index(["target", "orders_used"])["model"].to_dict()
    read = read_new_purchases(purchases, key=columns.key)
    rows = []
    for target, orders_used, group in group_rows(features, labels, columns=columns):
        model = models.get((target, orders_used))
        if model is None or group.empty:
            continue
        bought = read.with_categories(list_labels(group, target=target, columns=columns))
        fitted = fit_method(model, group, columns=columns, purchases=bought, seed=seed)
        place = {"target": target, "orders_used": orders_used, "model": model}
        rows.append(place | {"fitted": pack(Packed(fitted, {}, {}))})
    return to_typed(rows, types=MODEL_TYPES)


@threadpool_limits.wrap(limits=1)
def score_new_customers(
    current: pd.DataFrame,
    purchases: pd.DataFrame,
    models: pd.DataFrame,
    *,
    key: str = "customer_id",
) -> pd.DataFrame:
    """Rank what the current new customers become.

    Parameters
    ----------
    current : one row per customer, with the columns that the models were fitted on.
    purchases : of these customers, as in `read_new_purchases`.
    models : of `fit_new_customers`.

    Returns
    -------
    One row per customer and target that has a model for this number of orders, ordered by target
    and key: `key`, `orders_used`, `target`, `model`, the labels of the first three ranks
    (`prediction`, `second_prediction`, `third_prediction`; missing where there are fewer labels)
    and the `probability` of the first.

    Raises
    ------
    ValueError : a column is missing, or a number is not numeric.

    Examples
    --------
    Who spends much comes back.

    >>> features = pd.DataFrame(
    ...     {
    ...         "customer_id": [f"c{number:02}" for number in range(60)],
    ...         "orders_used": 1,
    ...         "amount": [10.0, 90.0] * 30,
    ...         "first_category": "Toys",
    ...         "order_at": pd.Timestamp("2025-01-01"),
    ...     }
    ... )
    >>> labels = features[["customer_id", "orders_used"]].assign(
    ...     target="segment", label=["Lost", "Loyal"] * 30
    ... )
    >>> bought = ["customer_id", "order_number", "product_id", "category", "revenue", "ordered_at"]
    >>> purchases = pd.DataFrame(columns=bought)
    >>> accepted = pd.DataFrame(
    ...     {"target": ["segment"], "orders_used": [1], "model": ["logistic_regression"]}
    ... )
    >>> columns = Columns(numbers=("amount",), texts=("first_category",))
    >>> models = fit_new_customers(features, labels, purchases, accepted, columns=columns)
    >>> scores = score_new_customers(features.head(2), purchases, models)
    >>> scores[["prediction", "second_prediction"]].to_numpy().tolist()
    [['Lost', 'Loyal'], ['Loyal', 'Lost']]
    """
    check_columns(models, columns=list(MODEL_TYPES), name="models")
    check_columns(current, columns=[key, "orders_used"], name="current")
    current = current.sort_values(key, kind="stable", ignore_index=True)
    types = {key: key_type(current, key=key)} | SCORE_TYPES
    order = models["target"].map(TARGETS.index)
    scored = []
    for row in models.assign(order=order).sort_values(["order", "orders_used"]).itertuples():
        new_customers = current[current["orders_used"] == row.orders_used]
        if new_customers.empty:
            continue
        fitted: ClassModel | BasketModel = unpack(bytes(row.fitted)).model
        check_columns(new_customers, columns=fitted.columns, name="current")
        read = fitted.read(purchases, key=key)
        best = _find_best(fitted.labels, fitted.predict_proba(new_customers, read))
        keys = new_customers[[key, "orders_used"]].reset_index(drop=True)
        scored.append(keys.join(best).assign(target=row.target, model=row.model))
    return to_typed(pd.concat(scored, ignore_index=True) if scored else [], types=types)


def _find_best(labels: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """Name the labels of the first ranks; of equal ones the first by name is ahead."""
    order = np.argsort(-probability, axis=1, kind="stable")[:, :CUTOFF]
    names = ("prediction", "second_prediction", "third_prediction")
    best = {
        name: labels[order[:, rank]] if rank < order.shape[1] else None
        for rank, name in enumerate(names)
    }
    rows = np.arange(len(probability))
    return pd.DataFrame(best | {"probability": probability[rows, order[:, 0]]}, index=rows)
