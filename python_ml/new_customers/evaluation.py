"""Which method ranks best among the earlier customers, and whether it helps for the later ones."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score
from threadpoolctl import threadpool_limits

from python_ml.frames import to_typed
from python_ml.new_customers.fitting import BASELINES, METHODS, fit_baseline, fit_method
from python_ml.new_customers.methods import Baseline, BasketModel, ClassModel
from python_ml.new_customers.preparation import (
    Columns,
    find_reason_not_trained,
    group_rows,
    list_labels,
    split_rows,
)
from python_ml.new_customers.purchases import NewPurchases, read_new_purchases
from python_ml.new_customers.ranking import (
    CUTOFF,
    STANDARD_ERRORS,
    compare_ranks,
    find_ranks,
    is_ahead,
)

NO_MODEL = "none"
"""The model where nothing can be learned."""

VALIDATION_SHARE = 0.3
"""Of the training customers, the latest, among whom a method is chosen."""

EVALUATION_TYPES = {
    "target": "str",
    "orders_used": "int64",
    "model": "str",
    "is_baseline": "bool",
    "baseline": "str",
    "training_rows": "int64",
    "validation_rows": "int64",
    "test_rows": "int64",
    "classes": "int64",
    "validation_reciprocal_rank": "float64",
    "mean_reciprocal_rank": "float64",
    "accuracy": "float64",
    "hit_rate_3": "float64",
    "macro_f1": "float64",
    "baseline_reciprocal_rank": "float64",
    "baseline_accuracy": "float64",
    "baseline_macro_f1": "float64",
    "gain": "float64",
    "gain_se": "float64",
    "beats_baseline": "bool",
    "is_chosen": "bool",
    "is_accepted": "bool",
    "reason": "str",
}


@threadpool_limits.wrap(limits=1)
def evaluate_new_customers(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    purchases: pd.DataFrame,
    *,
    columns: Columns,
    test_share: float = 0.3,
    min_training_rows: int = 50,
    min_test_rows: int = 30,
    seed: int = 42,
) -> pd.DataFrame:
    """Rank what later new customers become by what became of those who came earlier.

    For each target and number of orders the labelled customers are put in order of their last
    order used: the earlier ones train, the latest `test_share` test. That is how current new
    customers are predicted: they came right after the last whose horizon has passed.

    Among the training customers the earlier ones train each of METHODS and the latest
    VALIDATION_SHARE choose one: the simplest within one standard error of the highest mean
    reciprocal rank. The test customers have no part in the choice. They say whether the chosen one
    may be used.

    Parameters
    ----------
    features : one row per customer and number of orders, with the `columns` and `order_at`.
    labels : one row per customer, number of orders and `target`, with its `label`.
    purchases : as in `read_new_purchases`, of these customers and of others. The item model learns
        from what was bought before the first customer that it is tried on.

    Returns
    -------
    One row per target, number of orders and method or baseline, of the test customers:
    `mean_reciprocal_rank`, `accuracy` (the share ranked first), `hit_rate_3` (among the first
    three) and `macro_f1` (of the labels ranked first), those of the best `baseline` by mean
    reciprocal rank; `gain` over it in that measure, with its standard error (`compare_ranks`);
    `beats_baseline`: a method whose gain is above STANDARD_ERRORS; `is_chosen`, among the training
    customers; `is_accepted`: the chosen one, if it beats the baseline; `reason`, a sentence. Where
    nothing can be trained: one row for the model "none" with the reason.

    Raises
    ------
    ValueError : a column is missing, a number is not numeric, or a key is labelled twice.

    Examples
    --------
    Nobody's horizon has passed:

    >>> known = ["customer_id", "orders_used"]
    >>> bought = ["customer_id", "order_number", "product_id", "category", "revenue", "ordered_at"]
    >>> found = evaluate_new_customers(
    ...     pd.DataFrame(columns=[*known, "first_category", "order_at"]),
    ...     pd.DataFrame(columns=[*known, "target", "label"]),
    ...     pd.DataFrame(columns=bought),
    ...     columns=Columns(numbers=(), texts=()),
    ... )
    >>> found["model"].unique().tolist(), found["is_accepted"].any().item()
    (['none'], False)
    """
    read = read_new_purchases(purchases, key=columns.key)
    rows: list[dict] = []
    for target, orders_used, group in group_rows(features, labels, columns=columns):
        training, test, cut = split_rows(group, later_share=test_share)
        earlier, validation, validation_cut = split_rows(training, later_share=VALIDATION_SHARE)
        place = {
            "target": target,
            "orders_used": orders_used,
            "training_rows": len(training),
            "validation_rows": len(validation),
            "test_rows": len(test),
            "classes": group["label"].nunique(),
        }
        reason = find_reason_not_trained(training, test, rows=(min_training_rows, min_test_rows))
        if reason:
            verdict = {"is_chosen": True, "reason": reason} | dict.fromkeys(
                ("is_baseline", "beats_baseline", "is_accepted"), False
            )
            rows.append(place | {"model": NO_MODEL} | verdict)
            continue
        known = list_labels(group, target=target, columns=columns)
        bought = read.with_categories(list_labels(training, target=target, columns=columns))
        if target == "interest":
            known = known.union(bought.categories)
        given = {"target": target, "columns": columns, "purchases": bought, "labels": known}
        validated = rank_all(earlier, validation, before=validation_cut, seed=seed, **given)
        tested = rank_all(training, test, before=cut, seed=seed, **given)
        ranks = {
            name: find_ranks(scores, known.get_indexer(validation["label"]))
            for name, scores in validated.items()
        }
        reciprocal = {name: float(np.mean(1 / one)) for name, one in ranks.items()}
        chosen = choose_method({name: ranks.get(name) for name in METHODS[target]})
        measured = _measure(tested, truth=known.get_indexer(test["label"]))
        rows += [
            place | row | {"validation_reciprocal_rank": reciprocal.get(row["model"], np.nan)}
            for row in _judge(measured, chosen=chosen, orders_used=orders_used)
        ]
    return to_typed(rows, types=EVALUATION_TYPES)


def choose_method(ranks: Mapping[str, np.ndarray | None]) -> str:
    """Choose the simplest method within one standard error of the best by mean reciprocal rank.

    Parameters
    ----------
    ranks : by method, the simplest first: those of the same customers; none where there are none,
        and the first is chosen.

    References
    ----------
    Breiman, Friedman, Olshen, Stone (1984), Classification and regression trees: the rule of one
    standard error.

    Examples
    --------
    >>> first, second = np.array([1, 2, 1, 2, 1, 2]), np.array([1, 1, 1, 1, 1, 1])
    >>> choose_method({"simple": first, "better": second})
    'better'
    >>> choose_method({"simple": first, "as good": np.array([2, 1, 2, 1, 1, 1])})
    'simple'
    """
    known = {name: one for name, one in ranks.items() if one is not None}
    if not known:
        return next(iter(ranks))
    best = max(known, key=lambda name: (1 / known[name]).mean())
    for name, one in known.items():
        gain, error = compare_ranks(known[best], one)
        if gain <= error:
            return name
    return best


def rank_all(
    training: pd.DataFrame,
    test: pd.DataFrame,
    *,
    target: str,
    columns: Columns,
    purchases: NewPurchases,
    labels: pd.Index,
    before: pd.Timestamp | None,
    seed: int,
) -> dict[str, np.ndarray]:
    """Score the labels for each test customer by each method and baseline; none of no rows.

    Returns
    -------
    (customers, labels) by method, the higher the better; minus infinity of an unknown label.
    """
    if training.empty or test.empty:
        return {}
    scores = {}
    for name in (*METHODS[target], *BASELINES[target]):
        fitted: ClassModel | BasketModel | Baseline
        if name in METHODS[target]:
            fitted = fit_method(
                name, training, columns=columns, purchases=purchases, before=before, seed=seed
            )
            scores[name] = np.full((len(test), len(labels)), -np.inf)
            places = labels.get_indexer(pd.Index(fitted.labels))
            scores[name][:, places] = fitted.predict_proba(test, purchases)
        else:
            fitted = fit_baseline(name, training, columns=columns)
            scores[name] = fitted.rank(test, labels=labels)
    return scores


def _measure(scores: dict[str, np.ndarray], *, truth: np.ndarray) -> pd.DataFrame:
    """Measure each ranking, and what it is ahead of the best baseline; one row per method."""
    ranks = {name: find_ranks(one, truth) for name, one in scores.items()}
    seen = np.unique(truth)
    measured = pd.DataFrame(
        {
            "model": name,
            "is_baseline": any(name in names for names in BASELINES.values()),
            "mean_reciprocal_rank": (1 / ranks[name]).mean(),
            "accuracy": (ranks[name] == 1).mean(),
            "hit_rate_3": (ranks[name] <= CUTOFF).mean(),
            "macro_f1": f1_score(
                truth, one.argmax(axis=1), labels=seen, average="macro", zero_division=0
            ),
        }
        for name, one in scores.items()
    )
    baselines = measured[measured["is_baseline"]]
    best = baselines.loc[baselines["mean_reciprocal_rank"].idxmax()]
    gains = [compare_ranks(ranks[name], ranks[best["model"]]) for name in measured["model"]]
    return measured.assign(
        baseline=best["model"],
        baseline_reciprocal_rank=best["mean_reciprocal_rank"],
        baseline_accuracy=best["accuracy"],
        baseline_macro_f1=best["macro_f1"],
        gain=[gain for gain, _ in gains],
        gain_se=[error for _, error in gains],
    )


def _judge(measured: pd.DataFrame, *, chosen: str, orders_used: int) -> list[dict]:
    """Say of each method whether it is chosen and may be used, and why."""
    rows = []
    for row in measured.to_dict("records"):
        is_chosen = row["model"] == chosen
        beats = not row["is_baseline"] and is_ahead(row["gain"], row["gain_se"])
        rows.append(
            row
            | {
                "beats_baseline": beats,
                "is_chosen": is_chosen,
                "is_accepted": is_chosen and beats,
                "reason": _explain(row, is_chosen=is_chosen, beats=beats, count=orders_used),
            }
        )
    return rows


def _explain(row: dict, *, is_chosen: bool, beats: bool, count: int) -> str:
    """Give the verdict in a sentence with the numbers."""
    if row["is_baseline"]:
        return f"A baseline: mean reciprocal rank {row['mean_reciprocal_rank']:.3f}."
    told = (
        f"mean reciprocal rank {row['mean_reciprocal_rank']:.3f}, that of the best baseline, "
        f"{row['baseline']}, {row['baseline_reciprocal_rank']:.3f}; the gain of "
        f"{row['gain']:.3f} is {'above' if beats else 'not above'} two standard errors, "
        f"{STANDARD_ERRORS * row['gain_se']:.3f}."
    )
    if not is_chosen:
        return f"Not chosen among the earlier customers: {told}"
    if beats:
        return f"Chosen among the earlier customers, and used: {told}"
    if count == 1:
        return f"Cannot be told from 1 order: {told}"
    return f"Cannot be told from {count} orders: {told}"
