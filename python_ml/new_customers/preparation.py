"""Rows of the earlier and the later customers, target by target."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from python_ml.frames import check_columns, to_floats

TARGETS = ("segment", "cluster", "interest")
ORDERS = (1, 2, 3)


@dataclass(frozen=True)
class Columns:
    """The columns of the features.

    Attributes
    ----------
    numbers, texts : what `logistic_regression` looks at.
    further_numbers : what the other methods look at too.
    first_category : category of the first order, a baseline of the interest. key : of a customer.
    """

    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    further_numbers: tuple[str, ...] = ()
    first_category: str = "first_category"
    key: str = "customer_id"

    @property
    def names(self) -> list[str]:
        """All that must be there."""
        named = [*self.numbers, *self.further_numbers, *self.texts, self.first_category]
        return [*dict.fromkeys([self.key, "orders_used", *named])]


def group_rows(
    features: pd.DataFrame, labels: pd.DataFrame, *, columns: Columns
) -> Iterator[tuple[str, int, pd.DataFrame]]:
    """Give the labelled rows of each target and number of orders, in key order.

    Raises
    ------
    ValueError : a column is missing, a number is not numeric, or a key is labelled twice.
    """
    key = columns.key
    check_columns(labels, columns=[key, "orders_used", "target", "label"], name="labels")
    check_columns(features, columns=[*columns.names, "order_at"], name="features")
    to_floats(features, columns=[*columns.numbers, *columns.further_numbers])
    names = [key, "orders_used", "target"]
    twice = labels[labels.duplicated(names)]
    if not twice.empty:
        raise ValueError(f"labels has {key} {twice[key].min()} more than once for a target")
    features = features.sort_values([key, "orders_used"], kind="stable", ignore_index=True)
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


def split_rows(
    group: pd.DataFrame, *, later_share: float
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Timestamp | None]:
    """Part the customers who came earlier from the latest.

    Parameters
    ----------
    group : one row per customer, with `order_at`. later_share : above 0 and below 1.

    Returns
    -------
    The earlier, the later, and the moment of the first of the later (none of no rows). Who came
    at the same moment is not parted.

    Examples
    --------
    >>> group = pd.DataFrame({"order_at": pd.to_datetime(["2025-01-03", "2025-01-01"])})
    >>> earlier, later, cut = split_rows(group, later_share=0.5)
    >>> earlier.index.tolist(), later.index.tolist(), str(cut.date())
    ([1], [0], '2025-01-03')
    """
    if group.empty:
        return group, group, None
    arrivals = group["order_at"].sort_values(ignore_index=True)
    cut = arrivals[int(np.floor(len(arrivals) * (1 - later_share)))]
    is_later = group["order_at"] >= cut
    return group[~is_later], group[is_later], cut


def list_labels(group: pd.DataFrame, *, target: str, columns: Columns) -> pd.Index:
    """Name the labels of the rows, in order; of the interest also the first categories."""
    named = set(group["label"])
    if target == "interest":
        named |= set(group[columns.first_category].dropna())
    return pd.Index(sorted(named), dtype=object)


def find_reason_not_trained(
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


def draw_rows(training: pd.DataFrame, *, most: int, seed: int) -> pd.DataFrame:
    """Draw about `most` rows, of each label its share and never none.

    >>> rows = pd.DataFrame({"label": ["rare"] + ["frequent"] * 99})
    >>> draw_rows(rows, most=10, seed=1)["label"].value_counts().to_dict()
    {'frequent': 10, 'rare': 1}
    """
    if len(training) <= most:
        return training
    shuffled = training.sample(frac=1, random_state=seed)
    labels = shuffled.groupby("label")["label"]
    is_sampled = labels.cumcount() < np.ceil(labels.transform("size") * most / len(training))
    return shuffled[is_sampled].sort_index()


def to_inputs(rows: pd.DataFrame, *, numbers: Sequence[str], texts: Sequence[str]) -> pd.DataFrame:
    """Give the features as a classifier takes them: floats, and texts of which none is missing."""
    words = rows[list(texts)].astype(object)
    return to_floats(rows, columns=list(numbers)).join(words.where(words.notna(), "unknown"))
