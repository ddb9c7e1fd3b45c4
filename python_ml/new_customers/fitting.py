"""Methods fitted on the earlier customers."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from python_ml.frames import signed_log1p
from python_ml.new_customers.items import cross_fit_items, fit_items
from python_ml.new_customers.methods import (
    SIGNALS,
    Baseline,
    BasketModel,
    ChoiceModel,
    ClassModel,
    SpendRule,
    fit_rank_shares,
    fit_weights,
    gather_signals,
    order_by_spend,
)
from python_ml.new_customers.preparation import Columns, draw_rows, to_inputs
from python_ml.new_customers.purchases import NewPurchases
from python_ml.new_customers.ranking import find_ranks

METHODS = {
    "segment": (
        *("logistic_regression", "wide_logistic_regression", "random_forest"),
        *("hist_gradient_boosting", "average"),
    ),
    "cluster": (
        *("logistic_regression", "wide_logistic_regression", "random_forest"),
        *("hist_gradient_boosting", "average"),
    ),
    "interest": (
        *("spent_so_far", "logistic_regression", "item_model", "conditional_logit"),
        *("wide_logistic_regression", "random_forest"),
    ),
}
"""What is compared, by target, the simplest first."""

BASELINES = {
    "segment": ("majority",),
    "cluster": ("majority",),
    "interest": ("majority", "first_category", "popularity"),
}
"""What a method must beat, by target; of equal baselines the first is meant."""

CLASSIFIERS = {
    "logistic_regression": ("logistic_regression",),
    "wide_logistic_regression": ("logistic_regression",),
    "random_forest": ("random_forest",),
    "hist_gradient_boosting": ("hist_gradient_boosting",),
    "average": ("logistic_regression", "random_forest"),
}
RULE = "spent_so_far"
CHOICE_SIGNALS = {"item_model": ("item_score",), "conditional_logit": SIGNALS}

MOST_FITTED_ROWS = 10_000
"""Customers that a method is fitted on; of more, about so many are drawn, label by label."""

MOST_TREE_ROWS = 4_000
"""Customers that a tree of the forest is grown on."""

MOST_CHOICES = 2_000_000
"""Customers times categories that weights are fitted on."""


def fit_method(
    method: str,
    training: pd.DataFrame,
    *,
    columns: Columns,
    purchases: NewPurchases,
    before: pd.Timestamp | None = None,
    seed: int = 42,
) -> ClassModel | BasketModel:
    """Fit one of METHODS.

    - "logistic_regression", multinomial, on `numbers` and `texts`;
    - "wide_logistic_regression", "random_forest" and "hist_gradient_boosting" also on
      `further_numbers`; "average" is the mean of the first two;
    - "spent_so_far", a rule: the categories by what was spent on them, then by how many of the
      training customers came to them;
    - "item_model", the categories by what is bought by who buys what is in the basket;
    - "conditional_logit", that and the other SIGNALS, weighed.

    Parameters
    ----------
    training : one row per customer, with a `label`; at least one.
    purchases : of everybody; for the interest with the labels among the categories.
    before : what was bought then or later teaches nothing.

    Raises
    ------
    ValueError : the method is unknown.

    Examples
    --------
    Who bought pans and toys spends on toys again.

    >>> from python_ml.new_customers.purchases import read_new_purchases
    >>> frame = pd.DataFrame(
    ...     {
    ...         "customer_id": ["a", "a", "b"],
    ...         "order_number": 1,
    ...         "product_id": ["pan", "toy", "pan"],
    ...         "category": ["Kitchen", "Toys", "Kitchen"],
    ...         "revenue": [10.0, 30.0, 10.0],
    ...         "ordered_at": pd.Timestamp("2025-01-01"),
    ...     }
    ... )
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "orders_used": 1, "first_category": None})
    >>> fitted = fit_method(
    ...     "spent_so_far",
    ...     rows.assign(label=["Toys", "Kitchen"]),
    ...     columns=Columns(numbers=(), texts=()),
    ...     purchases=read_new_purchases(frame),
    ... )
    >>> probability = fitted.predict_proba(rows, read_new_purchases(frame))
    >>> fitted.labels[probability.argmax(axis=1)].tolist()
    ['Toys', 'Kitchen']
    """
    drawn = draw_rows(training, most=MOST_FITTED_ROWS, seed=seed)
    if method == RULE or method in CHOICE_SIGNALS:
        return _fit_baskets(
            method, drawn, columns=columns, purchases=purchases, before=before, seed=seed
        )
    if method not in CLASSIFIERS:
        known = dict.fromkeys(one for names in METHODS.values() for one in names)
        raise ValueError(f"no model {method}; there are {', '.join(known)}")
    further = () if method == "logistic_regression" else columns.further_numbers
    numbers, texts = (*columns.numbers, *further), columns.texts
    labels = np.array(sorted(drawn["label"].unique()), dtype=str)
    pipelines = ()
    if len(labels) > 1:
        inputs = to_inputs(drawn, numbers=numbers, texts=texts)
        pipelines = tuple(
            build_pipeline(kind, numbers=numbers, texts=texts, rows=len(drawn), seed=seed).fit(
                inputs, drawn["label"].to_numpy(str)
            )
            for kind in CLASSIFIERS[method]
        )
    return ClassModel(labels, numbers, texts, pipelines)


def fit_baseline(method: str, training: pd.DataFrame, *, columns: Columns) -> Baseline:
    """Fit one of BASELINES.

    - "majority", the labels by how many training customers had them;
    - "popularity", the categories by how many of them bought each first;
    - "first_category", the own first category, then as "majority".

    Examples
    --------
    >>> rows = pd.DataFrame({"first_category": ["Pets", "Toys", None], "label": ["Toys"] * 3})
    >>> fitted = fit_baseline("first_category", rows, columns=Columns(numbers=(), texts=()))
    >>> fitted.rank(rows, labels=pd.Index(["Pets", "Toys"])).tolist()
    [[inf, 3.0], [-inf, inf], [-inf, 3.0]]
    """
    counted = columns.first_category if method == "popularity" else "label"
    counts = training[counted].value_counts().sort_index()
    return Baseline(
        labels=counts.index.to_numpy(str),
        counts=counts.to_numpy(float),
        own_column=columns.first_category if method == "first_category" else None,
    )


def build_pipeline(
    kind: str, *, numbers: tuple[str, ...], texts: tuple[str, ...], rows: int, seed: int
) -> Pipeline:
    """Compose an unfitted pipeline; a text that was rare or not there in training is "other"."""
    scale = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        FunctionTransformer(signed_log1p),
        StandardScaler(),
    )
    encode = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=10, sparse_output=False
    )
    return make_pipeline(
        make_column_transformer((scale, list(numbers)), (encode, list(texts))),
        _build_classifier(kind, rows=rows, seed=seed),
    )


def _build_classifier(kind: str, *, rows: int, seed: int) -> BaseEstimator:
    if kind == "logistic_regression":
        return LogisticRegression(C=0.3, max_iter=1_000, random_state=seed)
    if kind == "random_forest":
        return RandomForestClassifier(
            100,
            min_samples_leaf=10,
            max_leaf_nodes=100,
            max_features=0.5,
            max_samples=min(rows, MOST_TREE_ROWS),
            random_state=seed,
        )
    return HistGradientBoostingClassifier(
        max_iter=60,
        learning_rate=0.08,
        max_leaf_nodes=6,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )


def _fit_baskets(
    method: str,
    training: pd.DataFrame,
    *,
    columns: Columns,
    purchases: NewPurchases,
    before: pd.Timestamp | None,
    seed: int,
) -> BasketModel:
    """Fit what looks at the products in the orders."""
    labels = purchases.categories
    counts = training["label"].value_counts().reindex(labels, fill_value=0).to_numpy(float)
    later_share = np.log((counts + 1) / (counts + 1).sum())
    drawn = draw_rows(training, most=max(100, MOST_CHOICES // max(1, len(labels))), seed=seed)
    truth = labels.get_indexer(drawn["label"])
    bought, shares = purchases.find_baskets(drawn[columns.key], drawn["orders_used"])
    base = {
        "labels": labels.to_numpy(str),
        "products": purchases.products.to_numpy(str),
        "category_of": purchases.category_of,
        "later_share": later_share,
        "first_category": columns.first_category,
        "key": columns.key,
    }
    if method == RULE:
        ranks = find_ranks(order_by_spend(shares, later_share), truth)
        return SpendRule(**base, rank_shares=fit_rank_shares(ranks, len(labels)))
    gathered = gather_signals(
        drawn[columns.first_category],
        shares,
        bought,
        cross_fit_items(purchases, drawn[columns.key], bought, before=before),
        labels=labels,
        later_share=later_share,
        category_of=purchases.category_of,
    )
    signals = CHOICE_SIGNALS[method]
    chosen = [SIGNALS.index(name) for name in signals]
    return ChoiceModel(
        **base,
        items=fit_items(purchases, before=before),
        signals=signals,
        weights=fit_weights(gathered[..., chosen], truth),
    )
