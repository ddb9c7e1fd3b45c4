"""What a message changes for each person, on the scale of log-odds.

Of a person it is known how likely an order is without a message (`own_probability`). What past
campaigns of a list add to that is learned from all their arms at once: how the list's outcomes
lie to those probabilities, the effect of each variant, how it changes with the probability, and
by how much segments differ. Each is drawn towards what would hold if nothing had been measured,
the more so the less there is to learn from.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special

from python_ml.frames import check_columns, sort_by_key, to_typed

LEAST_ORDERS = 5
"""Orders of controls, and of the treated, below which a list's own campaigns tell nothing."""

CALIBRATION_TYPES = {
    "list_name": "str",
    "segment": "str",
    "basis": "str",
    "customers": "int64",
    "controls": "int64",
    "expected_rate": "float64",
    "observed_rate": "float64",
    "intercept": "float64",
    "slope": "float64",
    "center": "float64",
    "standard_error": "float64",
}
EFFECT_TYPES = {
    "list_name": "str",
    "variant": "str",
    "segment": "str",
    "basis": "str",
    "treated": "int64",
    "controls": "int64",
    "log_odds_ratio": "float64",
    "slope": "float64",
    "standard_error": "float64",
    "segment_sd": "float64",
}

CONTROL, EVERYONE = "control", ""
_SMALLEST = 1e-5
# Standard deviations of what is not known beforehand, in log-odds.
_CAMPAIGN_SD, _SLOPE_SD, _SEGMENT_LEVEL_SD = 3.0, 0.5, 0.5
_EFFECT_SD, _EFFECT_SLOPE_SD = 1.0, 0.5
_SEGMENT_SDS = (0.0, 0.1, 0.2, 0.3, 0.45, 0.65, 0.9, 1.3)


def learn_effects(
    contacts: pd.DataFrame, *, priors: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Learn from past campaigns what a message of a list changes, and for whom.

    The outcome of a contact is a logistic regression on its own probability, with a level for
    each campaign. A message adds its variant's effect, which may rise or fall with the own
    probability and differ by segment. How much segments differ is chosen by the marginal
    likelihood (Laplace's approximation); where they do not, all have the list's effect.

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
    calibrations : a row per list and segment; the empty segment is everyone, which holds for
        segments that have no row. In log-odds, what is expected of a person without a message is
        `intercept + slope * (logit(own_probability) - center)`; `basis` is `controls`, or `none`
        where there are too few and the own probability stands as it is.
    effects : a row per list, variant and segment; the empty variant is any. A message adds
        `log_odds_ratio + slope * (logit(own_probability) - center)`, with `standard_error` in the
        middle (missing where nothing was measured); `basis` is `segment`, `list` or `prior`.
        `segment_sd` is by how much segments differ.

    Raises
    ------
    ValueError : a column is missing, or a probability is outside [0, 1].

    References
    ----------
    Gelman et al. (2008), A weakly informative default prior distribution for logistic and other
    regression models, Annals of Applied Statistics 2; Rue et al. (2009), Approximate Bayesian
    inference for latent Gaussian models, JRSS B 71.

    >>> priors = pd.DataFrame(
    ...     {"list_name": ["win_back"], "baseline_probability": 0.08, "added_probability": 0.03}
    ... )
    >>> calibrations, effects = learn_effects(no_contacts(), priors=priors)
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
        contacts,
        key="customer_id",
        name="contacts",
        then_by=["list_name", "campaign_id", "customer_id"],
    )
    calibrations, effects = [], []
    for prior in sort_by_key(priors, key="list_name", name="priors").to_dict("records"):
        own = rows[rows["list_name"] == prior["list_name"]]
        levels, found = _learn_list(own, prior=prior)
        calibrations += levels
        effects += found
    return (
        to_typed(calibrations, types=CALIBRATION_TYPES),
        to_typed(effects, types=EFFECT_TYPES),
    )


def no_contacts() -> pd.DataFrame:
    """Return contacts without rows, of the columns that `learn_effects` takes."""
    return pd.DataFrame(
        {
            **{name: pd.Series(dtype="str") for name in ("list_name", "campaign_id")},
            **{name: pd.Series(dtype="str") for name in ("customer_id", "arm", "segment")},
            "own_probability": pd.Series(dtype="float64"),
            "label": pd.Series(dtype="int64"),
        }
    )


def odds_ratio_of(*, baseline_probability: float, added_probability: float) -> float:
    """Return the log-odds that a message adds to a probability.

    >>> round(odds_ratio_of(baseline_probability=0.08, added_probability=0.03), 3)
    0.352
    """
    return float(
        _logit(np.array(baseline_probability + added_probability))
        - _logit(np.array(baseline_probability))
    )


def _learn_list(
    rows: pd.DataFrame, *, prior: Mapping[str, float]
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Learn the calibrations and the effects of one list."""
    list_name = prior["list_name"]
    assumed = odds_ratio_of(
        baseline_probability=float(prior["baseline_probability"]),
        added_probability=float(prior["added_probability"]),
    )
    is_control = rows["arm"] == CONTROL
    orders = rows["label"].groupby(is_control).sum()
    controls, treated = int(is_control.sum()), int((~is_control).sum())
    calibration = {
        "list_name": list_name,
        "segment": EVERYONE,
        "basis": "none",
        "customers": len(rows),
        "controls": controls,
        "expected_rate": rows.loc[is_control, "own_probability"].mean(),
        "observed_rate": rows.loc[is_control, "label"].mean(),
        "intercept": 0.0,
        "slope": 1.0,
        "center": 0.0,
        "standard_error": np.nan,
    }
    effect = {
        "list_name": list_name,
        "variant": EVERYONE,
        "segment": EVERYONE,
        "basis": "prior",
        "treated": treated,
        "controls": controls,
        "log_odds_ratio": assumed,
        "slope": 0.0,
        "standard_error": np.nan,
        "segment_sd": np.nan,
    }
    if orders.get(True, 0) < LEAST_ORDERS or orders.get(False, 0) < LEAST_ORDERS:
        return [calibration], [effect]
    fitted = _Effects(rows, assumed=assumed)
    return (
        [calibration | {"basis": "controls"} | level for level in fitted.calibrations()],
        [effect | found for found in fitted.effects()],
    )


class _Effects:
    """The regression of one list's outcomes."""

    def __init__(self, rows: pd.DataFrame, *, assumed: float) -> None:
        own = _logit(rows["own_probability"].to_numpy(dtype=float))
        self.center = float(own.mean())
        self.rows, self.own = rows, own - self.center
        self.campaigns = sorted(rows["campaign_id"].unique())
        self.variants = sorted(rows.loc[rows["arm"] != CONTROL, "arm"].unique())
        segments = rows["segment"].fillna("unknown")
        self.segments = sorted(segments.unique())
        self.cells = [
            (variant, segment)
            for variant in self.variants
            for segment in sorted(segments[rows["arm"] == variant].unique())
        ]
        arm = rows["arm"].to_numpy()
        is_treated = arm != CONTROL
        columns = [
            *((rows["campaign_id"] == one).to_numpy() for one in self.campaigns),
            self.own,
            *(arm == one for one in self.variants),
            is_treated * self.own,
            *((segments == one).to_numpy() for one in self.segments),
            *((arm == one) & (segments == segment).to_numpy() for one, segment in self.cells),
        ]
        self.design = np.column_stack(columns).astype(float)
        self.label = rows["label"].to_numpy(dtype=float)
        # Positions of: levels, slope, effects, their slope, segments' levels and effects.
        counts = [len(self.campaigns), 1, len(self.variants), 1]
        counts += [len(self.segments), len(self.cells)]
        ends = np.cumsum(counts)
        self.levels, self.slope, self.effect, self.tilt, self.segment_level, self.segment = (
            np.arange(end - count, end) for count, end in zip(counts, ends, strict=True)
        )
        fits = [self._fit(assumed=assumed, segment_sd=sd) for sd in _SEGMENT_SDS]
        best = int(np.argmax([evidence for evidence, _, _ in fits]))
        self.segment_sd = _SEGMENT_SDS[best]
        _, self.coefficients, self.covariance = fits[best]

    def _fit(self, *, assumed: float, segment_sd: float) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the log marginal likelihood, the mode and its covariance."""
        width = self.design.shape[1]
        mean, sd = np.zeros(width), np.full(width, 1e-3)
        mean[self.slope], mean[self.effect] = 1.0, assumed
        rate = float(np.clip(self.label.mean(), 1e-4, 1 - 1e-4))
        mean[self.levels] = special.logit(rate)
        sd[self.levels], sd[self.slope] = _CAMPAIGN_SD, _SLOPE_SD
        sd[self.effect], sd[self.tilt] = _EFFECT_SD, _EFFECT_SLOPE_SD
        sd[self.segment_level] = _SEGMENT_LEVEL_SD
        if segment_sd > 0:
            sd[self.segment] = segment_sd
        precision = 1 / sd**2
        at = mean.copy()
        for _ in range(100):
            p = special.expit(self.design @ at)
            gradient = self.design.T @ (self.label - p) - precision * (at - mean)
            hessian = (self.design.T * (p * (1 - p))) @ self.design + np.diag(precision)
            step = np.linalg.solve(hessian, gradient)
            at = at + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
            if np.abs(step).max() < 1e-9:
                break
        linear = self.design @ at
        likelihood = float(self.label @ linear - np.logaddexp(0, linear).sum())
        _, determinant = np.linalg.slogdet(hessian)
        evidence = (
            likelihood
            - 0.5 * float(precision @ (at - mean) ** 2)
            + 0.5 * float(np.log(precision).sum())
            - 0.5 * float(determinant)
        )
        return evidence, at, np.linalg.inv(hessian)

    def calibrations(self) -> list[dict[str, object]]:
        """Return what is expected without a message, campaigns weighed by their contacts."""
        shares = np.array([(self.rows["campaign_id"] == one).mean() for one in self.campaigns])
        found = []
        for place, segment in enumerate([EVERYONE, *self.segments], start=-1):
            weights = np.zeros(len(self.coefficients))
            weights[self.levels] = shares
            if segment:
                weights[self.segment_level[place]] = 1
            found.append(
                {
                    "segment": segment,
                    "intercept": float(weights @ self.coefficients),
                    "slope": float(self.coefficients[self.slope[0]]),
                    "center": self.center,
                    "standard_error": float(np.sqrt(weights @ self.covariance @ weights)),
                }
            )
        return found

    def effects(self) -> list[dict[str, object]]:
        """Return the effect of each variant, for everyone and by segment."""
        found = []
        arm = self.rows["arm"].to_numpy()
        segments = self.rows["segment"].fillna("unknown").to_numpy()
        places = [(variant, EVERYONE) for variant in self.variants]
        if self.segment_sd > 0:
            places += self.cells
        for variant, segment in places:
            weights = np.zeros(len(self.coefficients))
            weights[self.effect[self.variants.index(variant)]] = 1
            is_here = segments == segment if segment else np.full(len(arm), True)
            extra = 0.0
            if segment:
                weights[self.segment[self.cells.index((variant, segment))]] = 1
            elif self.segment_sd > 0:
                # Of a segment that no campaign had nothing is known but how much they differ.
                extra = self.segment_sd**2
            found.append(
                {
                    "variant": variant,
                    "segment": segment,
                    "basis": "segment" if segment else "list",
                    "treated": int((is_here & (arm == variant)).sum()),
                    "controls": int((is_here & (arm == CONTROL)).sum()),
                    "log_odds_ratio": float(weights @ self.coefficients),
                    "slope": float(self.coefficients[self.tilt[0]]),
                    "standard_error": float(np.sqrt(weights @ self.covariance @ weights + extra)),
                    "segment_sd": self.segment_sd,
                }
            )
        return found


def _logit(probability: np.ndarray) -> np.ndarray:
    """Return log-odds, of 0 and 1 those of a very small and a very large probability."""
    return special.logit(np.clip(probability, _SMALLEST, 1 - _SMALLEST))
