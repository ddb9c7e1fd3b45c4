"""What a new customer will become, predicted from the first orders and held against baselines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from python_ml.chance import find_least_lead
from python_ml.frames import check_columns, key_type, signed_log1p, to_floats, to_typed
from python_ml.keeping import Packed, pack, unpack

NO_MODEL = "none"
"""The model where nothing can be learned."""

MODEL = "logistic_regression"
TARGETS = ("segment", "cluster", "interest")
ORDERS = (1, 2, 3)
BASELINES = {
    "segment": ("majority",),
    "cluster": ("majority",),
    "interest": ("majority", "first_category", "popularity"),
}
"""What the model must beat, by target; of equal baselines the first is meant."""

GUESSES = ("majority", "popularity")
"""Baselines that say the same of everyone. Where one is chosen nobody is predicted."""

MOST_FITTED_ROWS = 20_000
"""Customers that the model is fitted on; of more, about so many are drawn, label by label."""

EVALUATION_TYPES = {
    "target": "str",
    "orders_used": "int64",
    "model": "str",
    "is_baseline": "bool",
    "baseline": "str",
    "training_rows": "int64",
    "test_rows": "int64",
    "classes": "int64",
    "accuracy": "float64",
    "macro_f1": "float64",
    "baseline_accuracy": "float64",
    "baseline_macro_f1": "float64",
    "gain": "float64",
    "gain_se": "float64",
    "beats_baseline": "bool",
    "is_chosen": "bool",
    "is_accepted": "bool",
    "reason": "str",
}

MODEL_TYPES = {"target": "str", "orders_used": "int64", "model": "str", "fitted": "object"}

SCORE_TYPES = {
    "orders_used": "int64",
    "target": "str",
    "model": "str",
    "prediction": "str",
    "probability": "float64",
}


@threadpool_limits.wrap(limits=1)
def evaluate_new_customers(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    key: str = "customer_id",
    numbers: list[str],
    texts: list[str],
    first_category: str = "first_category",
    test_share: float = 0.3,
    min_training_rows: int = 50,
    min_test_rows: int = 30,
    seed: int = 42,
) -> pd.DataFrame:
    """Predict what later new customers become from those who came earlier.

    For each target and number of orders the labelled customers are put in order of their last
    order used: the earlier ones train, the latest `test_share` are predicted. That is how current
    new customers are predicted: they came right after the last whose horizon has passed.

    - "logistic_regression", multinomial, on `numbers` and `texts` of at most about
      MOST_FITTED_ROWS customers;
    - "majority", a baseline: the label that most training customers have;
    - "first_category" and "popularity", baselines of the category of interest: the category of the
      first order, and the one that most training customers bought first.

    Parameters
    ----------
    features : one row per customer and number of orders: `key`, `orders_used`, `numbers`,
        `texts`, `first_category` and `order_at`.
    labels : one row per customer, number of orders and `target`, with its `label`.

    Returns
    -------
    One row per target, number of orders and model: `accuracy` and `macro_f1` (mean of F1 over
    the labels that occur in the test) next to those of the best `baseline`; `gain` in accuracy
    over it, with its standard error between customers (paired); `beats_baseline`: of those for
    whom only one of the two is right, the model is right for more than chance gives it
    (`find_least_lead`), and macro F1 is not lower; `is_chosen`: the model if it does, else the
    baseline "first_category" if it is likewise ahead of the best of GUESSES, else that guess;
    `is_accepted`: the chosen one, unless it is a guess; `reason`, a sentence. Where nothing can
    be trained: one row for the model "none" with the reason.

    Raises
    ------
    ValueError : a column is missing, a number is not numeric, or a key is labelled twice.

    References
    ----------
    McNemar (1947), Psychometrika 12: paired comparison on the same customers, here exact.
    """
    rows: list[dict] = []
    for target, orders_used, group in _groups(
        features, labels, key=key, columns=[*numbers, *texts, first_category]
    ):
        place = {"target": target, "orders_used": orders_used}
        training, test = _split(group, test_share=test_share)
        totals = {"training_rows": len(training), "test_rows": len(test)}
        totals["classes"] = group["label"].nunique()
        reason_not_trained = _find_reason_not_trained(
            training, test, rows=(min_training_rows, min_test_rows)
        )
        if reason_not_trained:
            none = {"model": NO_MODEL, "is_baseline": False, "is_chosen": True}
            verdict = {"beats_baseline": False, "is_accepted": False, "reason": reason_not_trained}
            rows.append(place | totals | none | verdict)
            continue
        predictions = {
            model: _fit(
                model,
                training,
                numbers=numbers,
                texts=texts,
                first_category=first_category,
                seed=seed,
            ).predict(test)["prediction"]
            for model in (MODEL, *BASELINES[target])
        }
        measured = _measure(predictions, truth=test["label"])
        rows += [place | totals | row for row in measured]
    return to_typed(rows, types=EVALUATION_TYPES)


@threadpool_limits.wrap(limits=1)
def fit_new_customers(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    chosen: pd.DataFrame,
    *,
    key: str = "customer_id",
    numbers: list[str],
    texts: list[str],
    first_category: str = "first_category",
    seed: int = 42,
) -> pd.DataFrame:
    """Fit the chosen models on all labels, as in `evaluate_new_customers`.

    Parameters
    ----------
    features, labels, numbers, texts, first_category : as in `evaluate_new_customers`.
    chosen : one row per target and number of orders with its `model`.

    Returns
    -------
    One row per target and number of orders with labels and a model that distinguishes customers
    (neither "none" nor one of GUESSES): `target`, `orders_used`, `model` and `fitted`, a
    `NewCustomerModel` of `python_ml.keeping`.

    Raises
    ------
    ValueError : as in `evaluate_new_customers`, or a model is unknown.
    """
    columns = [*numbers, *texts, first_category]
    check_columns(chosen, columns=["target", "orders_used", "model"], name="chosen")
    models = chosen.set_index(["target", "orders_used"])["model"].to_dict()
    rows = []
    for target, orders_used, group in _groups(features, labels, key=key, columns=columns):
        model = models.get((target, orders_used), NO_MODEL)
        if model in (NO_MODEL, *GUESSES) or group.empty:
            continue
        fitted = _fit(
            model,
            group,
            numbers=numbers,
            texts=texts,
            first_category=first_category,
            seed=seed,
        )
        place = {"target": target, "orders_used": orders_used, "model": model}
        rows.append(place | {"fitted": pack(Packed(fitted, {}, {}))})
    return to_typed(rows, types=MODEL_TYPES)


@threadpool_limits.wrap(limits=1)
def score_new_customers(
    current: pd.DataFrame, models: pd.DataFrame, *, key: str = "customer_id"
) -> pd.DataFrame:
    """Predict what the current new customers become.

    Parameters
    ----------
    current : one row per customer, with the columns that the models were fitted on.
    models : of `fit_new_customers`.

    Returns
    -------
    One row per customer and target that has a model for this number of orders, ordered by target
    and key: `key`, `orders_used`, `target`, `model`, `prediction` and its `probability` (of a
    baseline: the share of the labelled customers for whom it was right).

    Raises
    ------
    ValueError : a column is missing, or a number is not numeric.
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
        fitted: NewCustomerModel = unpack(bytes(row.fitted)).model
        check_columns(new_customers, columns=fitted.columns, name="current")
        keys = new_customers[[key, "orders_used"]]
        predicted = fitted.predict(new_customers)
        scored.append(keys.join(predicted).assign(target=row.target, model=row.model))
    return to_typed(pd.concat(scored, ignore_index=True) if scored else [], types=types)


@dataclass(frozen=True)
class NewCustomerModel:
    """What predicts a label: a fitted model, or a baseline.

    Attributes
    ----------
    columns : that it uses.
    pipeline : fitted; none of a baseline.
    guess : label that a baseline predicts; with `own_column` only where that column is empty.
    right_share : of those who trained it, the share for whom the baseline was right.
    """

    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    pipeline: Pipeline | None = None
    guess: str = ""
    own_column: str | None = None
    right_share: float = np.nan

    @property
    def columns(self) -> list[str]:
        """The columns that it uses."""
        own = [self.own_column] if self.own_column else []
        return [*self.numbers, *self.texts] if self.pipeline else own

    def predict(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the `prediction` of each row with its `probability`, on the same index."""
        if self.pipeline is None:
            guessed = self.guess_labels(rows)
            return pd.DataFrame(
                {"prediction": guessed, "probability": self.right_share}, index=rows.index
            )
        probability = self.pipeline.predict_proba(_inputs(rows, self.numbers, self.texts))
        best = probability.argmax(axis=1)
        return pd.DataFrame(
            {
                "prediction": self.pipeline.classes_[best].astype(object),
                "probability": probability[np.arange(len(rows)), best],
            },
            index=rows.index,
        )

    def guess_labels(self, rows: pd.DataFrame) -> pd.Series:
        """Return a baseline's prediction for each row."""
        if self.own_column is None:
            return pd.Series(self.guess, index=rows.index, dtype=object)
        own = rows[self.own_column].astype(object)
        return own.where(own.notna(), self.guess)


def _prepare(features: pd.DataFrame, *, key: str, columns: list[str]) -> pd.DataFrame:
    needed = [key, "orders_used", *columns, "order_at"]
    check_columns(features, columns=needed, name="features")
    return features.sort_values([key, "orders_used"], kind="stable", ignore_index=True)


def _groups(
    features: pd.DataFrame, labels: pd.DataFrame, *, key: str, columns: list[str]
) -> Iterator[tuple[str, int, pd.DataFrame]]:
    """Give the labelled rows of each target and number of orders, in key order."""
    check_columns(labels, columns=[key, "orders_used", "target", "label"], name="labels")
    names = [key, "orders_used", "target"]
    twice = labels[labels.duplicated(names)]
    if not twice.empty:
        raise ValueError(f"labels has {key} {twice[key].min()} more than once for a target")
    features = _prepare(features, key=key, columns=columns)
    used = {count: features[features["orders_used"] == count] for count in ORDERS}
    keys = {count: pd.Index(rows[key]) for count, rows in used.items()}
    known = labels[labels["label"].notna()]
    groups = dict(list(known.groupby(["target", "orders_used"], sort=False)))
    for target in TARGETS:
        for count in ORDERS:
            labelled = groups.get((target, count), known.head(0))
            places = keys[count].get_indexer(labelled[key])
            labelled = labelled.assign(place=places).query("place >= 0").sort_values("place")
            group = used[count].iloc[labelled["place"]]
            yield target, count, group.assign(label=labelled["label"].array)


def _split(group: pd.DataFrame, *, test_share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the customers who came earlier from the latest."""
    if group.empty:
        return group, group
    arrivals = group["order_at"].sort_values(ignore_index=True)
    first_test_at = arrivals[int(np.floor(len(arrivals) * (1 - test_share)))]
    is_later = group["order_at"] >= first_test_at
    return group[~is_later], group[is_later]


def _find_reason_not_trained(
    training: pd.DataFrame, test: pd.DataFrame, *, rows: tuple[int, int]
) -> str | None:
    """Say why nothing can be trained, if so."""
    if len(training) < rows[0] or len(test) < rows[1]:
        return (
            f"No model: {len(training)} customers came early enough to train and "
            f"{len(test)} later to be predicted; it takes at least {rows[0]} and {rows[1]}."
        )
    if training["label"].nunique() < 2:
        return f"No model: all who train became the same, {training['label'].iloc[0]}."
    return None


def _fit(
    model: str,
    training: pd.DataFrame,
    *,
    numbers: list[str],
    texts: list[str],
    first_category: str,
    seed: int,
) -> NewCustomerModel:
    """Fit a model or a baseline on rows with a `label`."""
    looked_at = {"numbers": tuple(numbers), "texts": tuple(texts)}
    if model == MODEL:
        drawn = _draw(training, most=MOST_FITTED_ROWS, seed=seed)
        fitted = _build(numbers=numbers, texts=texts, seed=seed)
        fitted.fit(_inputs(drawn, numbers, texts), drawn["label"])
        return NewCustomerModel(**looked_at, pipeline=fitted)
    if model not in BASELINES["interest"]:
        raise ValueError(
            f"no model {model}; there are {MODEL}, {', '.join(BASELINES['interest'])}"
        )
    # Of labels equally frequent mode() gives the first by name.
    majority = training["label"].mode()[0]
    first = training[first_category].dropna()
    popular = first.mode()[0] if len(first) else majority
    baseline = NewCustomerModel(
        **looked_at,
        guess=majority if model == "majority" else popular,
        own_column=first_category if model == "first_category" else None,
    )
    is_right = baseline.guess_labels(training) == training["label"]
    return replace(baseline, right_share=float(is_right.mean()))


def _draw(training: pd.DataFrame, *, most: int, seed: int) -> pd.DataFrame:
    """Draw about `most` rows, of each label its share and never none."""
    if len(training) <= most:
        return training
    shuffled = training.sample(frac=1, random_state=seed)
    labels = shuffled.groupby("label")["label"]
    is_sampled = labels.cumcount() < np.ceil(labels.transform("size") * most / len(training))
    return shuffled[is_sampled].sort_index()


def _inputs(rows: pd.DataFrame, numbers: Sequence[str], texts: Sequence[str]) -> pd.DataFrame:
    words = rows[list(texts)].astype(object)
    return to_floats(rows, columns=list(numbers)).join(words.where(words.notna(), "unknown"))


def _build(*, numbers: list[str], texts: list[str], seed: int) -> Pipeline:
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
        make_column_transformer((scale, numbers), (encode, texts)),
        LogisticRegression(C=0.3, max_iter=1_000, random_state=seed),
    )


def _measure(predictions: dict[str, pd.Series], *, truth: pd.Series) -> list[dict]:
    """Compare the model with the best baseline on the same customers."""
    # Numbers instead of labels, those that occur first, are compared in a fraction of the time.
    seen = sorted(truth.unique())
    guessed = {label for guess in predictions.values() for label in guess.unique()}
    labels = pd.Index([*seen, *sorted(guessed.difference(seen))], dtype=object)
    truth = pd.Series(labels.get_indexer(truth))
    predictions = {
        name: pd.Series(labels.get_indexer(guess)) for name, guess in predictions.items()
    }
    accuracy = {name: accuracy_score(truth, guess) for name, guess in predictions.items()}
    macro_f1 = {
        name: f1_score(truth, guess, labels=range(len(seen)), average="macro", zero_division=0)
        for name, guess in predictions.items()
    }
    right = {name: (guess == truth).to_numpy() for name, guess in predictions.items()}
    best = max((name for name in predictions if name != MODEL), key=lambda name: accuracy[name])
    guess = max((name for name in predictions if name in GUESSES), key=lambda name: accuracy[name])
    # Whatever distinguishes customers may be the lucky one.
    candidates = sum(name not in GUESSES for name in predictions)

    def compare(name: str, rival: str) -> tuple[bool, float]:
        wins, losses = (
            int((right[one] & ~right[other]).sum())
            for one, other in ((name, rival), (rival, name))
        )
        least = find_least_lead(wins + losses, candidates=candidates)
        return wins - losses >= least, least / len(truth)

    is_ahead, required = compare(MODEL, best)
    beats = is_ahead and macro_f1[MODEL] >= macro_f1[best]
    requested = ""
    if beats:
        chosen = MODEL
    elif best == guess:
        chosen = guess
    else:
        is_ahead, least = compare(best, guess)
        chosen = best if is_ahead else guess
        requested = f"; {best} over {guess} ({accuracy[guess]:.3f}) takes {least:.3f}"
    comparison = (
        f"{MODEL} is right for {accuracy[MODEL]:.3f} (macro F1 {macro_f1[MODEL]:.3f}), the best "
        f"baseline, {best}, for {accuracy[best]:.3f} ({macro_f1[best]:.3f}) of {len(truth)} later "
        f"customers; to beat chance takes a lead of {required:.3f}{requested}."
    )
    rows = []
    for name in predictions:
        gain = right[name].astype(int) - right[best].astype(int)
        rows.append(
            {
                "model": name,
                "is_baseline": name != MODEL,
                "baseline": best,
                "accuracy": accuracy[name],
                "macro_f1": macro_f1[name],
                "baseline_accuracy": accuracy[best],
                "baseline_macro_f1": macro_f1[best],
                "gain": gain.mean(),
                "gain_se": gain.std(ddof=1) / np.sqrt(len(truth)),
                "beats_baseline": name == MODEL and beats,
                "is_chosen": name == chosen,
                "is_accepted": name == chosen and chosen not in GUESSES,
                "reason": f"{'Chosen' if name == chosen else 'Not chosen'}: {comparison}",
            }
        )
    return rows
