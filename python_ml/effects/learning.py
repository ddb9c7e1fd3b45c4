"""What a message changes for each person: the difference in the probability of an order.

Of a person it is known how likely an order is without a message (`own_probability`). What past
campaigns of a list add to that is learned from all their arms at once: how the list's outcomes
lie to those probabilities, the difference that each variant makes, and how far it depends on the
probability and on the segment.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from python_ml.effects.averaging import CONTROL, EVERYONE, Effects, to_log_odds
from python_ml.frames import check_columns, sort_by_key, to_typed

LEAST_ORDERS = 5
"""Orders of controls, and of the treated, below which a list's own campaigns tell nothing."""

EFFECT_TYPES = {
    "list_name": "str",
    "variant": "str",
    "segment": "str",
    "basis": "str",
    "treated": "int64",
    "controls": "int64",
    "control_orders": "int64",
    "expected_rate": "float64",
    "observed_rate": "float64",
    "intercept": "float64",
    "slope": "float64",
    "center": "float64",
    "log_odds_ratio": "float64",
    "by_odds": "float64",
    "flat": "float64",
    "difference": "float64",
    "standard_error": "float64",
    "odds_weight": "float64",
    "segment_weight": "float64",
}


def learn_effects(contacts: pd.DataFrame, *, priors: pd.DataFrame) -> pd.DataFrame:
    """Learn from past campaigns what a message of a list changes, and for whom.

    Without a message the probability of an order is logistic in the own one, with a level for each
    campaign and each segment. A message adds a difference that is either an odds ratio's,
    proportional to q (1 - q), or the same for everybody; variants differ in it by a normal
    deviation, and segments by another, or not at all. Each of these models is fitted, and their
    differences are averaged by the models' marginal likelihoods (Laplace's approximation): as long
    as experiments cannot tell who gains most, nobody is preferred for it.

    Parameters
    ----------
    contacts : a row per campaign and customer of those assigned at random: `list_name`,
        `campaign_id`, `customer_id`, `arm` (`control` or the name of a variant), `segment`,
        `own_probability` (of an order within the window without a message, as known before the
        send), `label` (1 where there was an order, else 0).
    priors : a row per list: `list_name`, `baseline_probability` and `added_probability`, assumed;
        they make an odds ratio, which is that of every person where nothing was measured.

    Returns
    -------
    A row per list, variant and segment; the empty segment is everyone, which holds for segments
    that have no row, and the empty variant is their mean by those treated, which holds for offers
    that no campaign had. Without a message the log-odds of a person are
    `intercept + slope * (logit(own_probability) - center)`, which make q. A message adds
    `by_odds * q * (1 - q) + flat`; where these are missing, `log_odds_ratio` to the log-odds.
    `difference` is the mean over those contacted, with its `standard_error`. `basis` is
    `segment`, `list` or `prior`; `odds_weight` and `segment_weight` are the probabilities that it
    is an odds ratio and that segments differ. `expected_rate` and `observed_rate` are of controls.

    Raises
    ------
    ValueError : a column is missing, or a probability is outside [0, 1].

    References
    ----------
    Hoeting et al. (1999), Bayesian model averaging, Statistical Science 14; Gelman et al. (2008),
    A weakly informative default prior distribution for logistic and other regression models,
    Annals of Applied Statistics 2.

    Examples
    --------
    >>> priors = pd.DataFrame(
    ...     {"list_name": ["win_back"], "baseline_probability": 0.08, "added_probability": 0.03}
    ... )
    >>> effects = learn_effects(no_contacts(), priors=priors)
    >>> effects[["list_name", "basis", "log_odds_ratio"]].round(3).values.tolist()
    [['win_back', 'prior', 0.352]]
    """
    needed = ["list_name", "campaign_id", "customer_id", "arm", "segment"]
    check_columns(contacts, columns=[*needed, "own_probability", "label"], name="contacts")
    check_columns(
        priors, columns=["list_name", "baseline_probability", "added_probability"], name="priors"
    )
    if not contacts["own_probability"].between(0, 1).all():
        raise ValueError("own_probability lies in [0, 1]")
    rows = sort_by_key(
        contacts, key="customer_id", name="contacts", then_by=["list_name", "campaign_id"]
    )
    found = []
    for prior in sort_by_key(priors, key="list_name", name="priors").to_dict("records"):
        found += _learn_list(rows[rows["list_name"] == prior["list_name"]], prior=prior)
    return to_typed(found, types=EFFECT_TYPES)


def no_contacts() -> pd.DataFrame:
    """Return contacts without rows, of the columns that `learn_effects` takes.

    Examples
    --------
    >>> len(no_contacts())
    0
    """
    texts = ["list_name", "campaign_id", "customer_id", "arm", "segment"]
    types = dict.fromkeys(texts, "str") | {"own_probability": "float64", "label": "int64"}
    return to_typed([], types=types)


def _learn_list(rows: pd.DataFrame, *, prior: Mapping[str, float]) -> list[dict[str, object]]:
    """Learn the effects of one list."""
    is_control = (rows["arm"] == CONTROL).to_numpy()
    baseline = float(prior["baseline_probability"])
    added = baseline + float(prior["added_probability"])
    ratio = float(to_log_odds(added) - to_log_odds(baseline))
    assumed = {
        "list_name": prior["list_name"],
        "variant": EVERYONE,
        "segment": EVERYONE,
        "basis": "prior",
        "treated": int((~is_control).sum()),
        "controls": int(is_control.sum()),
        "control_orders": int(rows.loc[is_control, "label"].sum()),
        "expected_rate": rows.loc[is_control, "own_probability"].mean(),
        "observed_rate": rows.loc[is_control, "label"].mean(),
        "intercept": 0.0,
        "slope": 1.0,
        "center": 0.0,
        "log_odds_ratio": ratio,
    }
    orders = rows["label"].groupby(is_control).sum()
    if min(orders.get(True, 0), orders.get(False, 0)) < LEAST_ORDERS:
        return [assumed]
    return [assumed | {"log_odds_ratio": np.nan} | one for one in Effects(rows, ratio).read()]
