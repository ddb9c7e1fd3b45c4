"""From raw rows to what classifiers are fitted on, and whether they can be fitted at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from python_ml.classification.models import BASELINES, UNKNOWN
from python_ml.frames import check_columns, sort_by_key, to_floats


@dataclass(frozen=True)
class Columns:
    """Which columns of a frame mean what.

    Attributes
    ----------
    features : numbers; those in `log_features` are taken as sign(x) ln(1 + |x|).
    categories : texts.
    label : true, false, 1 or 0; rows without one are left out of the training.
    level : the only feature that the baseline "previous_period_orders" uses.
    key : whose row it is; several rows of one key stay in one fold together.
    snapshot : when the row was taken (a timestamp), None where all are of one day.
    """

    features: list[str]
    categories: list[str] = field(default_factory=list)
    log_features: list[str] = field(default_factory=list)
    label: str = "is_declined"
    level: str = "previous_period_orders"
    key: str = "customer_id"
    snapshot: str | None = None

    def of(self, model: str) -> dict[str, list[str]]:
        """Return the features and categories that a model or baseline uses."""
        if model in BASELINES:
            return {"features": [self.level], "categories": []}
        return {"features": self.features, "categories": self.categories}

    @property
    def numbers(self) -> list[str]:
        """Features and level, each once."""
        return list(dict.fromkeys([*self.features, self.level]))


def prepare_training(
    training: pd.DataFrame, *, columns: Columns, max_rows: int | None = None, seed: int = 42
) -> pd.DataFrame:
    """Labelled rows as floats, texts and 0/1, in an order that depends on their content alone.

    Equal rows are one row. With more than `max_rows`, only those of randomly sampled customers
    remain.

    Parameters
    ----------
    training : one row per customer, or per customer and snapshot: the `columns`.
    max_rows : most rows to return; None returns all.

    Returns
    -------
    The rows that have a label, ordered by key: numbers as floats, categories as texts (a missing
    one is UNKNOWN), the label as 0 or 1.

    Raises
    ------
    ValueError : as in `train_classifier`.

    Examples
    --------
    >>> training = pd.DataFrame(
    ...     {
    ...         "customer_id": [2, 1, 1, 3],
    ...         "gap": [30, 12, 12, 45],
    ...         "previous_period_orders": [1, 4, 4, 2],
    ...         "is_declined": [True, False, False, None],
    ...     }
    ... )
    >>> prepared = prepare_training(training, columns=Columns(features=["gap"]))
    >>> prepared[["customer_id", "gap", "is_declined"]].to_numpy().tolist()
    [[1.0, 12.0, 0.0], [2.0, 30.0, 1.0]]
    """
    key, label = columns.key, columns.label
    snapshot = [columns.snapshot] if columns.snapshot else []
    check_columns(
        training,
        columns=[
            *(key, label, *snapshot),
            *(*columns.numbers, *columns.categories, *columns.log_features),
        ],
        name="training",
    )
    training = training.reset_index(drop=True)
    prepared = to_floats(training, columns=[*columns.numbers, label]).join(
        to_texts(training, columns=columns.categories)
    )
    prepared[[key, *snapshot]] = training[[key, *snapshot]]
    prepared = prepared[prepared[label].notna()]
    strange = prepared.loc[~prepared[label].isin([0, 1]), label]
    if not strange.empty:
        raise ValueError(f"{label} must be true or false, not {strange.iloc[0]:g}")
    order = [*snapshot, *columns.numbers, *columns.categories, label]
    prepared = sort_by_key(prepared, key=key, name="training", then_by=order)
    prepared = prepared.drop_duplicates(ignore_index=True).astype({label: "int64"})
    if max_rows and len(prepared) > max_rows:
        keys = prepared[key].drop_duplicates().sample(frac=1, random_state=seed)
        counts = prepared[key].value_counts().reindex(keys).cumsum()
        drawn = prepared[key].isin(counts.index[counts <= max_rows])
        prepared = prepared[drawn].reset_index(drop=True)
    return prepared


def find_reason_not_trained(
    training: pd.DataFrame, *, columns: Columns, min_positives: int
) -> str | None:
    """Say why nothing can be trained on prepared rows, if so.

    Snapshots of one customer count once.

    Parameters
    ----------
    training : as `prepare_training` returns it.
    min_positives : fewest customers of either class to train on.

    Returns
    -------
    A sentence; None where something can be trained.

    Examples
    --------
    >>> training = pd.DataFrame({"customer_id": [1, 2, 3], "is_declined": [0, 0, 1]})
    >>> columns = Columns(features=["gap"])
    >>> find_reason_not_trained(training, columns=columns, min_positives=1) is None
    True
    >>> print(find_reason_not_trained(training.head(0), columns=columns, min_positives=1))
    No model: there are no labelled rows.
    """
    if training.empty:
        return "No model: there are no labelled rows."
    if not columns.features and not columns.categories:
        return "No model: no feature has a value."
    customers = training.groupby(columns.label)[columns.key].nunique()
    customers = customers.reindex([1, 0], fill_value=0)
    if customers.min() >= min_positives:
        return None
    return (
        f"No model: {customers[1]} customers with {columns.label} and {customers[0]} without are "
        f"too few; each takes at least {min_positives}."
    )


def to_texts(frame: pd.DataFrame, *, columns: Sequence[str]) -> pd.DataFrame:
    """Give categories as texts; a missing one is UNKNOWN."""
    return pd.DataFrame(
        {
            column: frame[column].astype(object).where(frame[column].notna(), UNKNOWN).astype(str)
            for column in columns
        },
        index=frame.index,
    ).astype(object)


def drop_empty(training: pd.DataFrame, *, columns: Columns) -> Columns:
    """Leave out features without any value; a log or a level of nothing is nothing."""
    features = [name for name in columns.features if training[name].notna().any()]
    categories = [name for name in columns.categories if (training[name] != UNKNOWN).any()]
    return Columns(**{**columns.__dict__, "features": features, "categories": categories})


def find_typical(training: pd.DataFrame, *, columns: Columns) -> pd.DataFrame:
    """One row: medians of the numbers, the most common of each category (ties by name)."""
    numbers = training[columns.numbers].median()
    words = {
        name: training.loc[training[name] != UNKNOWN, name].mode().min()
        for name in columns.categories
        if len(training)
    }
    return pd.DataFrame([numbers.to_dict() | words])
