"""Histories of customers as the families read them: checked, sorted, equal rows collapsed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from python_ml.frames import check_columns, sort_by_key, to_floats

MIN_CUSTOMERS = 50
"""With fewer customers nothing is fitted."""

MIN_REPEAT_BUYERS = 10
"""With fewer customers who bought on more than one day nothing is fitted."""

WEEK_DAYS = 7
FEATURE_WEEKS = (4, 13, 26, 52)
FEATURES = [
    f"{measure}_last_{weeks}_weeks" for measure in ("orders", "margin") for weeks in FEATURE_WEEKS
]
"""What boosting learns from, next to the history itself."""

KEY = "customer_id"
COUNTS = ["repeat_orders", "recency_weeks", "age_weeks"]
MONEY = ["mean_margin", "margin_orders"]
TOTALS = ["orders_all", "margin_all"]
OUTCOMES = ["outcome_orders", "outcome_margin"]

INCOMPLETE, INCONSISTENT, OLDER = (
    "history_incomplete",
    "history_inconsistent",
    "older_than_files",
)


@dataclass(frozen=True)
class Rows:
    """Distinct histories and how many customers have each.

    Attributes
    ----------
    x : days with an order after the first. recency, age : weeks from the first order to the last
        and to the cut. weights : customers. All are arrays of one length.
    """

    x: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    weights: np.ndarray

    def take(self, index: slice | np.ndarray) -> "Rows":
        """Return some of the rows."""
        return Rows(self.x[index], self.recency[index], self.age[index], self.weights[index])

    def __len__(self) -> int:
        """Return the number of distinct histories."""
        return len(self.x)


def at_counts(function: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """Return a function of whole numbers at each x, computed once for each number.

    Examples
    --------
    >>> at_counts(lambda n: n + 0.5, np.array([2.0, 0.0])).tolist()
    [2.5, 0.5]
    """
    counts = np.arange(int(x.max(initial=0)) + 1)
    return function(counts)[x.astype(np.int64)]


def read_histories(histories: pd.DataFrame) -> pd.DataFrame:
    """Return histories in key order, as numbers, with the reason why one is of no use.

    Parameters
    ----------
    histories : one row per customer: `customer_id`, `repeat_orders`, `recency_weeks`,
        `age_weeks`. Optional: `mean_margin` of an order-day and `margin_orders`, the order-days
        that it is the mean of (else all, `repeat_orders` + 1); `is_older_than_files`, where the
        first order is not in the files; FEATURES, TOTALS and OUTCOMES.

    Returns
    -------
    The same rows and columns as floats, missing where they are not given, and `reason`: null, or
    INCOMPLETE, INCONSISTENT or OLDER.

    Raises
    ------
    ValueError : a column is missing or not numeric, or a key is missing or occurs twice.

    Examples
    --------
    >>> histories = pd.DataFrame({"customer_id": ["b", "a"], "repeat_orders": [2, 0]})
    >>> histories["recency_weeks"], histories["age_weeks"] = [9.0, 0.0], [4.0, 3.0]
    >>> read_histories(histories)[["customer_id", "margin_orders", "reason"]].to_numpy().tolist()
    [['a', nan, nan], ['b', nan, 'history_inconsistent']]
    """
    check_columns(histories, columns=[KEY, *COUNTS], name="histories")
    histories = sort_by_key(histories, key=KEY, name="histories")
    optional = [*MONEY, *TOTALS, *FEATURES, *OUTCOMES]
    given = [name for name in optional if name in histories]
    read = to_floats(histories, columns=[*COUNTS, *given])
    read = read.reindex(columns=[*COUNTS, *optional])
    x, recency, age = (read[name] for name in COUNTS)
    if "margin_orders" not in histories:
        read["margin_orders"] = (x + 1).where(read["mean_margin"].notna())
    is_wrong = (x < 0) | (x % 1 != 0) | (recency < 0) | (recency > age)
    is_wrong |= (x == 0) != (recency == 0)
    reason = pd.Series(np.nan, index=read.index, dtype="str")
    reason[is_wrong] = INCONSISTENT
    if "is_older_than_files" in histories:
        reason[histories["is_older_than_files"].fillna(False).astype(bool)] = OLDER
    reason[read[COUNTS].isna().any(axis=1)] = INCOMPLETE
    read.insert(0, KEY, histories[KEY].to_numpy())
    return read.assign(reason=reason)


def collapse(read: pd.DataFrame) -> tuple[Rows, np.ndarray]:
    """Return the distinct histories in order, and for each customer the index of the own one.

    Examples
    --------
    >>> read = pd.DataFrame({"repeat_orders": [1.0, 0, 0], "recency_weeks": [2.0, 0, 0]})
    >>> rows, index = collapse(read.assign(age_weeks=[3.0, 9, 9]))
    >>> rows.weights.tolist(), index.tolist()
    ([2.0, 1.0], [1, 0, 0])
    """
    x, recency, age = (read[name].to_numpy(float) for name in COUNTS)
    order = np.lexsort((age, recency, x))
    columns = [values[order] for values in (x, recency, age)]
    is_new = np.ones(len(order), dtype=bool)
    if len(order):
        is_new[1:] = np.any([values[1:] != values[:-1] for values in columns], axis=0)
    starts = np.flatnonzero(is_new)
    index = np.empty(len(order), dtype=np.int64)
    index[order] = np.cumsum(is_new) - 1
    weights = np.diff(np.append(starts, len(order))).astype(float)
    return Rows(*(values[starts] for values in columns), weights), index


def find_reason_not_fitted(rows: Rows) -> str | None:
    """Return why no family can be fitted on these rows, None where one can.

    Examples
    --------
    >>> one_each = Rows(np.zeros(1), np.zeros(1), np.ones(1), np.array([80.0]))
    >>> find_reason_not_fitted(one_each)
    'no_repeat_orders'
    """
    if rows.weights.sum() < MIN_CUSTOMERS:
        return "too_few_customers"
    if not rows.age.max() > 0:
        return "all_on_one_day"
    repeat_buyers = rows.weights[rows.x > 0].sum()
    if repeat_buyers == 0:
        return "no_repeat_orders"
    return "too_few_repeat_buyers" if repeat_buyers < MIN_REPEAT_BUYERS else None
