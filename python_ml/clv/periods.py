"""Hold-outs by date: what was known at each cut, what was fitted on it, and what came after."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from python_ml.clv.boosting import train_boosting
from python_ml.clv.families import FAMILIES
from python_ml.clv.gamma_gamma import GAMMA_GAMMA
from python_ml.clv.histories import WEEK_DAYS, read_histories
from python_ml.clv.methods import (
    TOO_FEW_TO_LEARN_FROM,
    FittedModels,
    find_reason_not_predicted,
    find_season,
    fit_all,
    predict_method,
)
from python_ml.clv.money import SHRUNK_MEAN
from python_ml.frames import check_columns

PERIODS = ("training", "validation", "test")
"""Cuts in order of time. What came after the first is only learned from, the second chooses, the
last reports."""


@dataclass(frozen=True)
class Period:
    """A cut with the histories of use, what was fitted on them, and the season to come.

    Attributes
    ----------
    name : of PERIODS. read : as `read_histories` returns it, those with a known outcome.
    weeks : of the outcome. season : as `find_season` returns it.
    """

    name: str
    read: pd.DataFrame
    weeks: float
    models: FittedModels
    season: float

    def find_reason(self, method: str) -> str | None:
        """Return why a method has no figures in the period."""
        return find_reason_not_predicted(
            method, read=self.read, models=self.models, season=self.season
        )

    def predict(self, method: str, *, seed: int) -> pd.DataFrame:
        """Return what a method predicts for the weeks of the outcome."""
        return predict_method(
            method,
            read=self.read,
            models=self.models,
            weeks=self.weeks,
            season=self.season,
            seed=seed,
        )


def take_periods(
    histories: pd.DataFrame,
    *,
    cuts: pd.DataFrame,
    weekly: pd.DataFrame | None,
    seed: int,
    families: tuple[str, ...] = tuple(FAMILIES),
) -> Iterator[Period]:
    """Yield the hold-outs in order, each with all that was fitted at its cut.

    Parameters
    ----------
    histories, cuts, weekly, seed : as `evaluate_methods` takes them. families : to fit.

    Raises
    ------
    ValueError : a column is missing, or a period is unknown or not in `cuts`.

    Examples
    --------
    >>> histories = pd.DataFrame({"customer_id": ["a"], "repeat_orders": 0, "outcome_orders": 1})
    >>> histories = histories.assign(recency_weeks=0, age_weeks=3, period="test")
    >>> cuts = pd.DataFrame({"period": ["test"], "cut_date": "2026-01-01", "horizon_weeks": 4})
    >>> [one.name for one in take_periods(histories, cuts=cuts, weekly=None, seed=1)]
    ['test']
    """
    check_columns(cuts, columns=["period", "cut_date", "horizon_weeks"], name="cuts")
    check_columns(histories, columns=["period", "outcome_orders"], name="histories")
    unknown = set(histories["period"]) - set(PERIODS)
    missing = set(histories["period"]) - set(cuts["period"])
    if unknown or missing:
        wrong = ", ".join(sorted(map(str, unknown | missing)))
        raise ValueError(f"period {wrong} is none of {', '.join(PERIODS)}, or not in cuts")
    earlier = None
    by_name = {row["period"]: row for row in cuts.to_dict("records")}
    for name in PERIODS:
        own = histories[histories["period"] == name]
        if own.empty:
            continue
        cut = pd.Timestamp(by_name[name]["cut_date"])
        weeks = float(by_name[name]["horizon_weeks"])
        read = read_histories(own.drop(columns="period"))
        read = read[read["reason"].isna() & read["outcome_orders"].notna()]
        read = read.reset_index(drop=True)
        if name != PERIODS[0] and len(read):
            models = fit_all(read, families=families)
            if earlier is not None and earlier[1] <= cut:
                boosting = train_boosting(earlier[0], weeks=earlier[2], seed=seed)
                models = replace(
                    models, boosting=boosting, reason_not_boosted=TOO_FEW_TO_LEARN_FROM
                )
            season = find_season(weekly, cut_date=cut, weeks=weeks)
            yield Period(name, read, weeks, models, season)
        earlier = (read, cut + pd.Timedelta(days=round(weeks * WEEK_DAYS)), weeks)


def with_margin_method(period: Period, method: str | None) -> Period:
    """Return the period with a way of expecting margins, where it can be used there.

    Examples
    --------
    >>> read = read_histories(pd.DataFrame({"customer_id": ["a"], "repeat_orders": 0,
    ...                                     "recency_weeks": 0, "age_weeks": 3}))
    >>> period = Period("test", read, 4.0, fit_all(read), float("nan"))
    >>> with_margin_method(period, "shrunk_mean").models.money.method is None
    True
    """
    money = period.models.money
    if method == SHRUNK_MEAN and money.method == GAMMA_GAMMA:
        money = replace(money, method=SHRUNK_MEAN)
    return replace(period, models=replace(period.models, money=money))
