"""Offers compared two by two."""

from collections.abc import Collection, Iterator
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from python_ml.experiments.arms import compare_arms
from python_ml.frames import to_typed

OFFER_TYPES = {
    "metric": "str",
    "campaign_id": "str",
    "arm": "str",
    "other_campaign_id": "str",
    "other_arm": "str",
    "difference": "float64",
    "standard_error": "float64",
    "lower_95": "float64",
    "upper_95": "float64",
    "p_value": "float64",
    "q_value": "float64",
}


def compare_offers(
    outcomes: pd.DataFrame, lifts: pd.DataFrame, *, proportions: Collection[str] = ("purchase",)
) -> pd.DataFrame:
    """Compare offers: variants of one campaign directly, campaigns by what each changed.

    Parameters
    ----------
    outcomes : as `compare_arms` takes them, of whole campaigns.
    lifts : one row per campaign_id, arm and metric of campaigns that may be read, with `offer`,
        `difference` and `standard_error`.
    proportions : as `compare_arms` takes them.

    Returns
    -------
    pandas.DataFrame : one row per metric and pair, with the columns of OFFER_TYPES, first less
        second. Arms of one campaign were drawn from the same customers; campaigns were not, so
        their difference may come from their customers. `q_value` corrects for the pairs of one
        metric.
    """
    rows = [*_pair_variants(outcomes, lifts, proportions=proportions), *_pair_campaigns(lifts)]
    pairs = to_typed(rows, types=OFFER_TYPES)
    known = pairs[pairs["p_value"].notna()]
    for _, group in known.groupby("metric"):
        pairs.loc[group.index, "q_value"] = stats.false_discovery_control(group["p_value"])
    key = ["metric", "campaign_id", "arm", "other_campaign_id", "other_arm"]
    return pairs.sort_values(key, ignore_index=True)


def _pair_variants(
    outcomes: pd.DataFrame, lifts: pd.DataFrame, *, proportions: Collection[str]
) -> Iterator[dict]:
    """Yield each two arms of a campaign that were both contacted, one held as the control."""
    for campaign, arms in lifts.groupby("campaign_id")["arm"].unique().items():
        rows = outcomes[outcomes["campaign_id"] == campaign]
        for first, second in combinations(sorted(arms), 2):
            both = rows[rows["arm"].isin([first, second])]
            compared = compare_arms(both, proportions=proportions, control=second)
            for row in compared.to_dict("records"):
                yield {**row, "other_campaign_id": campaign, "other_arm": second}


def _pair_campaigns(lifts: pd.DataFrame) -> Iterator[dict]:
    """Yield each two arms of different campaigns with different offers, by their lifts."""
    for metric, rows in lifts.groupby("metric"):
        ordered = rows.sort_values(["campaign_id", "arm"]).to_dict("records")
        for first, second in combinations(ordered, 2):
            if second["campaign_id"] == first["campaign_id"] or second["offer"] == first["offer"]:
                continue
            error = float(np.hypot(first["standard_error"], second["standard_error"]))
            difference = first["difference"] - second["difference"]
            reach = stats.norm.ppf(0.975) * error
            yield {
                "metric": metric,
                "campaign_id": first["campaign_id"],
                "arm": first["arm"],
                "other_campaign_id": second["campaign_id"],
                "other_arm": second["arm"],
                "difference": difference,
                "standard_error": error,
                "lower_95": difference - reach,
                "upper_95": difference + reach,
                "p_value": 2 * stats.norm.sf(abs(difference) / error) if error else np.nan,
            }
