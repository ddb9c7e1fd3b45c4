"""Who will do it: a score for each customer, and the reasons for it."""

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from python_ml.classification.fitting import TrainedClassifier
from python_ml.classification.models import UNKNOWN
from python_ml.classification.preparation import to_texts
from python_ml.frames import check_columns, key_type, sort_by_key, to_floats, to_typed

N_REASONS = 3

_CHUNK_ROWS = 200_000

_REASON_TYPES = {
    "feature": "str",
    "value": "float64",
    "typical": "float64",
    "word": "str",
    "typical_word": "str",
}

SCORE_TYPES = {"probability": "float64", "model": "str"} | {
    f"{column}_{place}": dtype
    for place in range(1, N_REASONS + 1)
    for column, dtype in _REASON_TYPES.items()
}


@threadpool_limits.wrap(limits=1)
def score_customers(
    current: pd.DataFrame, *, trained: TrainedClassifier, max_reasons: int = 50_000
) -> pd.DataFrame:
    """Score customers with a trained model, and say what raises each score.

    A reason is a feature whose typical value, instead of the customer's own, would lower the
    model's score; the strongest is that which would lower it most. A missing value is never a
    reason, whether it is imputed or a category of its own. It works alike for every model.

    Parameters
    ----------
    current : one row per customer: the key, features and categories of the model. A category that
        the model has not seen is taken as none of those it knows.
        A customer whose outcome of the same snapshot trained the model gets the out-of-fold
        probability, since a model knows its training labels.
    max_reasons : at most this many customers get reasons, those with the highest scores.

    Returns
    -------
    One row per customer of `current`, ordered by key: the key, `probability`, `model`, and three
    reasons, strongest first, ties by name: `feature_1` with the customer's `value_1` and the
    `typical_1` (medians of the training), or for a category `word_1` and `typical_word_1` (the
    most common), and so on; null where fewer than three raise the score. No rows where nothing was
    accepted.

    Raises
    ------
    ValueError : a column is missing or not numeric, or a key is missing or occurs twice.

    Examples
    --------
    >>> from python_ml.classification import Columns, train_classifier
    >>> training = pd.DataFrame({"customer_id": range(120)})
    >>> training["gap"] = training["customer_id"] % 10
    >>> training["previous_period_orders"] = training["customer_id"] % 7
    >>> training["is_declined"] = training["gap"] > 6
    >>> trained = train_classifier(
    ...     training, columns=Columns(features=["gap"]), models=["logistic_regression"], folds=3
    ... )
    >>> current = pd.DataFrame({"customer_id": [501, 502], "gap": [9, 2]})
    >>> scores = score_customers(current, trained=trained)
    >>> (scores["probability"] > 0.5).tolist()
    [True, False]
    >>> print(*scores.loc[0, ["feature_1", "value_1", "typical_1"]])
    gap 9.0 4.5
    """
    columns = trained.columns
    names = columns.of(trained.model)
    check_columns(
        current, columns=[columns.key, *names["features"], *names["categories"]], name="current"
    )
    types = {columns.key: key_type(current, key=columns.key)} | SCORE_TYPES
    current = sort_by_key(current, key=columns.key, name="current")
    if trained.fitted is None or current.empty:
        return to_typed([], types=types)
    values = _take_features(current, trained=trained)
    ranking = _rank(values, trained=trained)
    probability = _leave_out_own_outcome(
        current, trained.fitted.to_probability(ranking), trained=trained
    )
    scores = pd.DataFrame(
        {columns.key: current[columns.key], "probability": probability, "model": trained.model}
    )
    highest = np.sort(np.argsort(-ranking, kind="stable")[:max_reasons])
    scores = scores.join(
        _find_reasons(values.iloc[highest], ranking=ranking[highest], trained=trained)
    )
    return to_typed(scores, types=types)


@threadpool_limits.wrap(limits=1)
def predict(current: pd.DataFrame, *, trained: TrainedClassifier) -> np.ndarray:
    """Return the probabilities of `score_customers` in the order of the rows, without reasons.

    Parameters
    ----------
    current : as in `score_customers`, but a key may occur twice.

    Returns
    -------
    One probability per row, in [0, 1].

    Raises
    ------
    ValueError : nothing was accepted, or a column is missing or not numeric.

    Examples
    --------
    >>> from python_ml.classification import Columns, train_classifier
    >>> training = pd.DataFrame({"customer_id": range(120)})
    >>> training["gap"] = training["customer_id"] % 10
    >>> training["previous_period_orders"] = training["customer_id"] % 7
    >>> training["is_declined"] = training["gap"] > 6
    >>> trained = train_classifier(
    ...     training, columns=Columns(features=["gap"]), models=["logistic_regression"], folds=3
    ... )
    >>> current = pd.DataFrame({"customer_id": [502, 501], "gap": [2, 9]})
    >>> (predict(current, trained=trained) > 0.5).tolist()
    [False, True]
    """
    if trained.fitted is None:
        raise ValueError(f"the model {trained.model} predicts nothing")
    names = trained.columns.of(trained.model)
    check_columns(
        current,
        columns=[trained.columns.key, *names["features"], *names["categories"]],
        name="current",
    )
    if current.empty:
        return np.array([])
    ranking = _rank(_take_features(current, trained=trained), trained=trained)
    return _leave_out_own_outcome(current, trained.fitted.to_probability(ranking), trained=trained)


def _take_features(current: pd.DataFrame, *, trained: TrainedClassifier) -> pd.DataFrame:
    """Give the model's features as floats and texts."""
    names = trained.columns.of(trained.model)
    return to_floats(current, columns=names["features"]).join(
        to_texts(current, columns=names["categories"])
    )


def _rank(values: pd.DataFrame, *, trained: TrainedClassifier) -> np.ndarray:
    """Give the model's ranking of prepared rows, by chunks."""
    starts = range(0, len(values), _CHUNK_ROWS)
    return np.concatenate(
        [
            trained.fitted.rank(trained.fitted.prepare(values.iloc[start : start + _CHUNK_ROWS]))
            for start in starts
        ]
    )


def _leave_out_own_outcome(
    current: pd.DataFrame, probability: np.ndarray, *, trained: TrainedClassifier
) -> np.ndarray:
    """Give customers the model was fitted on, on the same day, the out-of-fold probability."""
    key, snapshot = trained.columns.key, trained.columns.snapshot
    if not {key, snapshot} <= set(current.columns):
        return probability
    known = trained.predictions
    known = known[known[snapshot].isin(current[snapshot].unique())]
    if known.empty:
        return probability
    # Keys are compared as texts, whatever their type today.
    places, requested = (
        pd.MultiIndex.from_arrays([frame[key].astype(str), frame[snapshot]])
        for frame in (known, current)
    )
    # Rows of one customer and day that differ otherwise share a prediction.
    known = pd.Series(known["probability"].to_numpy(), index=places).groupby(level=[0, 1]).mean()
    own = known.reindex(requested).to_numpy()
    return np.where(np.isnan(own), probability, own)


def _find_reasons(
    values: pd.DataFrame, *, ranking: np.ndarray, trained: TrainedClassifier
) -> pd.DataFrame:
    """Name the features that raise each customer's score most; see `score_customers`."""
    fitted, typical = trained.fitted, trained.typical.iloc[0]
    places = dict(sorted(fitted.places.items()))
    names = np.array(list(places), dtype=object)
    calm = fitted.prepare(trained.typical)
    chunk = max(1, _CHUNK_ROWS // len(names))
    falls = []
    for start in range(0, len(values), chunk):
        own = fitted.prepare(values.iloc[start : start + chunk])
        variants = np.repeat(own[None], len(names), axis=0)
        for variant, columns in zip(variants, places.values(), strict=True):
            variant[:, columns] = calm[:, columns]
        scores = fitted.rank(variants.reshape(-1, own.shape[1])).reshape(len(names), -1)
        falls.append((ranking[start : start + chunk] - scores).T)
    raw = values[names].to_numpy(dtype=object)
    normal = typical[list(names)].to_numpy(dtype=object)
    # Beyond this many digits equal falls differ by the order of additions. What is not known of
    # somebody explains nothing.
    fall = np.where(_is_unknown(raw), 0, np.concatenate(falls).round(9))
    # Names are in order, so the stable sort breaks ties by name.
    strongest = np.argsort(-fall, axis=1, kind="stable")
    customers = np.arange(len(values))
    is_word = np.isin(names, trained.columns.categories)
    reasons = {}
    for place in range(min(N_REASONS, len(names))):
        feature = strongest[:, place]
        raises = fall[customers, feature] > 0
        word = is_word[feature]
        own, common = raw[customers, feature], normal[feature]
        reasons |= {
            f"feature_{place + 1}": np.where(raises, names[feature], None),
            f"value_{place + 1}": np.where(raises & ~word, own, np.nan).astype(float),
            f"typical_{place + 1}": np.where(raises & ~word, common, np.nan).astype(float),
            f"word_{place + 1}": np.where(raises & word, own, None),
            f"typical_word_{place + 1}": np.where(raises & word, common, None),
        }
    return pd.DataFrame(reasons, index=values.index)


def _is_unknown(values: np.ndarray) -> np.ndarray:
    """Whether a value is missing, or the category that stands for it."""
    return pd.isna(values) | (values == UNKNOWN)
