"""Who should be contacted: what a message changes, by segment and by customer, out of sample."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from python_ml.classification import build_pipeline, split_rows
from python_ml.frames import check_columns, sort_by_key, to_floats, to_typed

MIN_CONVERSIONS = 1_000
"""Conversions an arm below which customers are not ranked: two noisy rates make noise."""

N_DECILES = 10

SEGMENT_TYPES = {
    "segment": "str",
    "treatment_customers": "int64",
    "control_customers": "int64",
    "treatment_rate": "float64",
    "control_rate": "float64",
    "difference": "float64",
    "standard_error": "float64",
    "lower_95": "float64",
    "upper_95": "float64",
    "p_value": "float64",
    "q_value": "float64",
    "shrunk_difference": "float64",
    "shrinkage": "float64",
    "heterogeneity_p": "float64",
}

PREDICTION_TYPES = {
    "campaign_id": "str",
    "customer_id": "str",
    "uplift": "float64",
    "response": "float64",
    "effect": "float64",
}

RANKING_TYPES = {
    "ranking": "str",
    "customers": "int64",
    "qini": "float64",
    "qini_se": "float64",
    "lower_95": "float64",
    "upper_95": "float64",
}

CURVE_TYPES = {
    "ranking": "str",
    "decile": "int64",
    "customers": "int64",
    "gain": "float64",
    "random_gain": "float64",
}

SCORE_TYPES = {"list_name": "str", "customer_id": "str", "uplift": "float64"}


def measure_segments(customers: pd.DataFrame) -> pd.DataFrame:
    """Measure the uplift of each segment, pooled over campaigns and shrunk towards the mean.

    Arms are compared within each cell (a campaign, or a stratum of one) and the differences
    weighted as Cochran did, so that campaigns of other rates and shares do not mix.

    Parameters
    ----------
    customers : one row per campaign and customer: `cell`, `segment` (a missing one is `unknown`),
        `is_treated`, `label` (0 or 1).

    Returns
    -------
    One row per segment with both arms in some cell, by name: customers and rates by arm; the
    `difference` with its standard error (one success and one failure added to each arm of a cell,
    Agresti and Caffo 2000) and 95 % interval; p, and q over the segments (Benjamini and Hochberg
    1995); `shrunk_difference`, the estimate to act on: `shrinkage` is the share by which it is
    shrunk towards the mean of all segments (0 not at all, 1 wholly, where segments differ no
    more than by chance); `heterogeneity_p`, that they do not differ, the same in every row.

    Raises
    ------
    ValueError : a column is missing.

    References
    ----------
    Cochran (1954), Some methods for strengthening the common chi-square tests, Biometrics 10;
    DerSimonian and Laird (1986), Meta-analysis in clinical trials, Controlled Clinical Trials 7.
    """
    check_columns(customers, columns=["cell", "segment", "is_treated", "label"], name="customers")
    rows = customers.assign(
        segment=customers["segment"].astype(object).where(customers["segment"].notna(), "unknown"),
        is_treated=customers["is_treated"].astype(bool),
    )
    arms = rows.groupby(["segment", "cell", "is_treated"])["label"].agg(["size", "sum"]).unstack()
    arms = arms.reindex(
        columns=pd.MultiIndex.from_product([["size", "sum"], [True, False]])
    ).dropna()
    if arms.empty:
        return to_typed([], types=SEGMENT_TYPES)
    n_t, n_c = arms["size", True], arms["size", False]
    x_t, x_c = arms["sum", True], arms["sum", False]
    p_t, p_c = (x_t + 1) / (n_t + 2), (x_c + 1) / (n_c + 2)
    weight = n_t * n_c / (n_t + n_c)
    cells = pd.DataFrame(
        {
            "treatment_customers": n_t,
            "control_customers": n_c,
            "weight": weight,
            "treated": weight * x_t / n_t,
            "control": weight * x_c / n_c,
            "variance": weight**2 * (p_t * (1 - p_t) / (n_t + 2) + p_c * (1 - p_c) / (n_c + 2)),
        }
    )
    sums = cells.groupby(level="segment").sum()
    segments = sums[["treatment_customers", "control_customers"]].assign(
        treatment_rate=sums["treated"] / sums["weight"],
        control_rate=sums["control"] / sums["weight"],
        standard_error=np.sqrt(sums["variance"]) / sums["weight"],
    )
    difference = segments["treatment_rate"] - segments["control_rate"]
    reach = stats.norm.ppf(0.975) * segments["standard_error"]
    p_value = 2 * stats.norm.sf(np.abs(difference / segments["standard_error"]))
    shrunk, shrinkage, heterogeneity_p = _shrink(difference, segments["standard_error"])
    segments = segments.assign(
        difference=difference,
        lower_95=difference - reach,
        upper_95=difference + reach,
        p_value=p_value,
        q_value=stats.false_discovery_control(p_value),
        shrunk_difference=shrunk,
        shrinkage=shrinkage,
        heterogeneity_p=heterogeneity_p,
    )
    return to_typed(segments.reset_index(), types=SEGMENT_TYPES)


def _shrink(difference: pd.Series, error: pd.Series) -> tuple[pd.Series, pd.Series, float]:
    """Draw estimates to their mean by how much of their spread is chance."""
    precision = 1 / error**2
    mean = (precision * difference).sum() / precision.sum()
    q = (precision * (difference - mean) ** 2).sum()
    freedom = len(difference) - 1
    if not freedom:
        return difference, 0 * error, float("nan")
    scale = precision.sum() - (precision**2).sum() / precision.sum()
    spread = max(0.0, (q - freedom) / scale)
    weight = 1 / (error**2 + spread)
    mean = (weight * difference).sum() / weight.sum()
    shrinkage = error**2 / (error**2 + spread)
    return (
        mean + (1 - shrinkage) * (difference - mean),
        shrinkage,
        float(stats.chi2.sf(q, freedom)),
    )


@threadpool_limits.wrap(limits=1)
def predict_uplift(
    customers: pd.DataFrame,
    *,
    features: Sequence[str],
    categories: Sequence[str] = (),
    log_features: Sequence[str] = (),
    model: str = "hist_gradient_boosting",
    parameters: Mapping[str, Any] | None = None,
    min_conversions: int = MIN_CONVERSIONS,
    folds: int = 5,
    seed: int = 42,
) -> pd.DataFrame:
    """Predict each customer's uplift and response by models that did not see the customer.

    Two models, one an arm: the uplift is the difference of what they predict, the response what
    the model of the treated predicts.

    Parameters
    ----------
    customers : one row per campaign and customer: `campaign_id`, `customer_id`, `cell`,
        `is_treated`, `label` (0 or 1), and the features, known before the send.
    features, categories, log_features, model, parameters : as `build_pipeline` has them.
    min_conversions : fewest labels 1 an arm; with fewer nothing is predicted.
    folds : of the customers; all rows of one customer are in one.

    Returns
    -------
    One row per row of `customers`, in the order of customer and campaign: `uplift`, `response`,
    and the `effect`, whose mean over any customers is what the message changed for them: the
    label less the cell's mean, times (w - e) / (e (1 - e)), w 1 for a treated and e their share
    in the cell. No rows where the conversions are too few.

    References
    ----------
    Radcliffe and Surry (1999), Differential response analysis; Athey and Imbens (2015), Machine
    learning methods for estimating heterogeneous causal effects, for the transformed outcome.
    """
    keys = ["campaign_id", "customer_id"]
    check_columns(
        customers,
        columns=[*keys, "cell", "is_treated", "label", *features, *categories],
        name="customers",
    )
    rows = sort_by_key(customers, key="customer_id", name="customers", then_by=["campaign_id"])
    treated, label = rows["is_treated"].to_numpy(bool), rows["label"].to_numpy(int)
    if min(label[treated].sum(), label[~treated].sum()) < min_conversions:
        return to_typed([], types=PREDICTION_TYPES)
    values = _take(rows, features=features, categories=categories)
    chances = np.empty((len(rows), 2))
    for fit, held_out in split_rows(
        2 * treated + label, groups=rows["customer_id"].to_numpy(), folds=folds, seed=seed
    ):
        for arm in (0, 1):
            own = fit[treated[fit] == arm]
            pipeline = _build(model, features, categories, log_features, parameters, seed)
            pipeline.fit(values.iloc[own], label[own])
            chances[held_out, arm] = pipeline.predict_proba(values.iloc[held_out])[:, 1]
    return to_typed(
        rows[keys].assign(
            uplift=chances[:, 1] - chances[:, 0],
            response=chances[:, 1],
            effect=_transform(rows["cell"], treated=treated, label=label),
        ),
        types=PREDICTION_TYPES,
    )


@threadpool_limits.wrap(limits=1)
def score_uplift(
    customers: pd.DataFrame,
    current: pd.DataFrame,
    *,
    features: Sequence[str],
    categories: Sequence[str] = (),
    log_features: Sequence[str] = (),
    model: str = "hist_gradient_boosting",
    parameters: Mapping[str, Any] | None = None,
    min_conversions: int = MIN_CONVERSIONS,
    seed: int = 42,
) -> pd.DataFrame:
    """Predict the uplift of customers of today, by models fitted on all past ones.

    Parameters
    ----------
    customers and options : as in `predict_uplift`.
    current : one row per list and customer: `list_name`, `customer_id` and the features.

    Returns
    -------
    One row per row of `current`, by list and customer: the `uplift`. No rows where the
    conversions are too few.
    """
    rows = sort_by_key(customers, key="customer_id", name="customers", then_by=["campaign_id"])
    treated, label = rows["is_treated"].to_numpy(bool), rows["label"].to_numpy(int)
    if current.empty or min(label[treated].sum(), label[~treated].sum()) < min_conversions:
        return to_typed([], types=SCORE_TYPES)
    values = _take(rows, features=features, categories=categories)
    requested = current.sort_values(["list_name", "customer_id"], ignore_index=True)
    wanted = _take(requested, features=features, categories=categories)
    chances = []
    for arm in (0, 1):
        pipeline = _build(model, features, categories, log_features, parameters, seed)
        pipeline.fit(values[treated == arm], label[treated == arm])
        chances.append(pipeline.predict_proba(wanted)[:, 1])
    return to_typed(requested.assign(uplift=chances[1] - chances[0]), types=SCORE_TYPES)


def measure_rankings(predictions: pd.DataFrame) -> pd.DataFrame:
    """Measure what contacting by a ranking gains over contacting at random.

    Parameters
    ----------
    predictions : as `predict_uplift` returns them.

    Returns
    -------
    One row per ranking (uplift, response, and `uplift less response`, their difference) with its
    Qini coefficient: the area between the curve of `draw_curves` and the straight line of contact
    at random, in conversions a customer. It is the mean of the effect times (0.5 less the rank,
    0 best to 1 worst), so its standard error follows from the customers' own spread, all rows of
    a customer together; with its 95 % interval. Equal scores share a rank.

    References
    ----------
    Radcliffe (2007), Using control groups to target on predicted lift, Direct Marketing Analytics
    Journal; with shares of arms by cell instead of those so far.
    """
    if predictions.empty:
        return to_typed([], types=RANKING_TYPES)
    parts = {
        name: predictions["effect"] * (0.5 - _place(predictions[name]))
        for name in ("uplift", "response")
    }
    parts["uplift less response"] = parts["uplift"] - parts["response"]
    measured = []
    for name, part in parts.items():
        by_customer = (part - part.mean()).groupby(predictions["customer_id"]).sum()
        error = np.sqrt((by_customer**2).sum()) / len(part)
        reach = stats.norm.ppf(0.975) * error
        measured.append(
            {
                "ranking": name,
                "customers": predictions["customer_id"].nunique(),
                "qini": part.mean(),
                "qini_se": error,
                "lower_95": part.mean() - reach,
                "upper_95": part.mean() + reach,
            }
        )
    return to_typed(measured, types=RANKING_TYPES)


def draw_curves(predictions: pd.DataFrame) -> pd.DataFrame:
    """Draw the Qini curve of each ranking.

    Returns
    -------
    One row per ranking and decile: the `customers` in the top deciles (rows of campaigns), the
    `gain`, conversions per customer of all from contacting only these, and `random_gain`, that
    of as many at random.
    """
    if predictions.empty:
        return to_typed([], types=CURVE_TYPES)
    total = predictions["effect"].mean()
    points = []
    for name in ("uplift", "response"):
        place = _place(predictions[name])
        for decile in range(1, N_DECILES + 1):
            taken = place <= decile / N_DECILES
            points.append(
                {
                    "ranking": name,
                    "decile": decile,
                    "customers": int(taken.sum()),
                    "gain": predictions["effect"].where(taken, 0).mean(),
                    "random_gain": total * taken.mean(),
                }
            )
    return to_typed(points, types=CURVE_TYPES)


def _place(score: pd.Series) -> pd.Series:
    """Place in a ranking from 0 (the best) to 1; equal scores share one."""
    # Beyond this many digits equal scores differ by the order of additions.
    return (score.round(12).rank(ascending=False) - 0.5) / len(score)


def _transform(cell: pd.Series, *, treated: np.ndarray, label: np.ndarray) -> np.ndarray:
    frame = pd.DataFrame({"cell": cell.to_numpy(), "w": treated.astype(float), "y": label})
    means = frame.groupby("cell")[["w", "y"]].transform("mean")
    share = means["w"]
    has_both = (share > 0) & (share < 1)
    effect = (frame["y"] - means["y"]) * (frame["w"] - share) / (share * (1 - share))
    return effect.where(has_both, 0).to_numpy()


def _take(
    rows: pd.DataFrame, *, features: Sequence[str], categories: Sequence[str]
) -> pd.DataFrame:
    texts = {
        name: rows[name].astype(object).where(rows[name].notna(), None) for name in categories
    }
    return to_floats(rows, columns=list(features)).assign(**texts)


def _build(
    model: str,
    features: Sequence[str],
    categories: Sequence[str],
    log_features: Sequence[str],
    parameters: Mapping[str, Any] | None,
    seed: int,
) -> Pipeline:
    return build_pipeline(
        model,
        features=features,
        categories=categories,
        log_features=log_features,
        parameters=parameters,
        seed=seed,
    )
