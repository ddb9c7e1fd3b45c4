"""How likely an order of each customer is within some days."""

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from python_ml.clv.histories import KEY, WEEK_DAYS, collapse, read_histories
from python_ml.clv.methods import SEASONAL, find_season
from python_ml.clv.predicting import iterate_tails
from python_ml.clv.scoring import find_family, find_method
from python_ml.clv.tables import from_table
from python_ml.frames import check_columns, key_type, to_typed


@threadpool_limits.wrap(limits=1)
def order_probabilities(
    histories: pd.DataFrame,
    *,
    models: pd.DataFrame,
    as_of_date: object,
    days: int,
    evaluations: pd.DataFrame | None = None,
    weekly: pd.DataFrame | None = None,
    seed: int = 42,
) -> pd.DataFrame:
    """Return how likely an order of each customer is in the days to come.

    It is the family's probability, of the one that was chosen or else the default, with the
    season where that was chosen.

    Parameters
    ----------
    histories, models, as_of_date, evaluations, weekly, seed : as of `score_customers`.
    days : to predict.

    Returns
    -------
    One row per customer, ordered by key: `customer_id`, `p_order`, missing where the history is of
        no use or no family could be fitted.

    Raises
    ------
    ValueError : a column is missing or not numeric, or a key is missing or occurs twice.

    Examples
    --------
    >>> from python_ml.clv.scoring import fit_models
    >>> x = np.tile([0, 0, 0, 1, 2, 5], 20)
    >>> histories = pd.DataFrame({"customer_id": np.arange(120).astype(str), "repeat_orders": x})
    >>> histories = histories.assign(recency_weeks=x * 3.0, age_weeks=20.0 + x % 2)
    >>> found = order_probabilities(
    ...     histories, models=fit_models(histories), as_of_date="2026-01-01", days=30
    ... )
    >>> found["p_order"].iloc[:1].between(0, 0.1).item()
    True
    """
    check_columns(histories, columns=[KEY], name="histories")
    types = {KEY: key_type(histories, key=KEY), "p_order": "float64"}
    read = read_histories(histories)
    fitted = from_table(models)
    own = read[read["reason"].isna()].reset_index(drop=True)
    weeks = days / WEEK_DAYS
    season = find_season(weekly, cut_date=as_of_date, weeks=weeks)
    method, _ = find_method(own, evaluations=evaluations, models=fitted, seasons={days: season})
    found = pd.DataFrame({KEY: read[KEY], "p_order": np.nan})
    family = None if method is None else find_family(method, models=fitted)
    if family is not None:
        times = season if method.endswith(SEASONAL) else 1.0
        rows, index = collapse(own)
        chances = np.empty(len(rows))
        for tails in iterate_tails(family, rows, weeks=weeks * times, seed=seed):
            chances[tails.index] = tails.above[:, 0]
        found.loc[read["reason"].isna().to_numpy(), "p_order"] = chances[index]
    return to_typed(found, types=types)
