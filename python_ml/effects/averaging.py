"""Models of what a message of one list changes, averaged by how well each explains outcomes."""

import numpy as np
import pandas as pd
from scipy import special

CONTROL, EVERYONE = "control", ""
SMALLEST = 1e-5
_STEP = 0.02
# Standard deviations of what is not known beforehand: of the baseline in log-odds, of differences
# as shares of sqrt(q (1 - q)) at the mean probability q.
_LEVEL_SD, _SLOPE_SD, _SEGMENT_LEVEL_SD = 3.0, 0.5, 0.5
_DIFFERENCE_SD, _VARIANT_SD = 0.12, 0.06
_SEGMENT_SDS = (0.0, 0.025, 0.05, 0.1, 0.2)
_ALIKE = 0.7
"""How probable it is beforehand that segments do not differ."""

_SHAPES = {"odds": lambda q: q * (1 - q), "flat": np.ones_like}


def add_log_odds(q: np.ndarray | float, ratio: float) -> np.ndarray:
    """Return what log-odds add to a probability.

    Examples
    --------
    >>> float(add_log_odds(0.5, 0.0))
    0.0
    """
    return special.expit(to_log_odds(q) + ratio) - q


def to_log_odds(probability: np.ndarray | float) -> np.ndarray:
    """Return log-odds, of 0 and 1 those of a very small and a very large probability.

    Examples
    --------
    >>> float(to_log_odds(0.5)), float(to_log_odds(0.0)) > -12
    (0.0, True)
    """
    return special.logit(np.clip(probability, SMALLEST, 1 - SMALLEST))


class Effects:
    """The models of one list's outcomes, fitted, with the weight of each.

    Parameters
    ----------
    rows : contacts of the list, as `learn_effects` has them.
    ratio : log-odds that a message is assumed to add.
    """

    def __init__(self, rows: pd.DataFrame, ratio: float) -> None:
        rows = _collapse(rows)
        own = rows["own"].to_numpy()
        self.count = rows["count"].to_numpy(dtype=float)
        self.orders = rows["orders"].to_numpy(dtype=float)
        self.center = float(np.average(own, weights=self.count))
        self.arm = rows["arm"].to_numpy()
        self.segment = rows["segment"].to_numpy()
        self.segments = sorted(set(self.segment))
        self.variants = sorted(set(self.arm) - {CONTROL})
        campaigns = rows["campaign_id"].to_numpy()
        self.campaigns = sorted(set(campaigns))
        self.shares = np.array(
            [self.count[campaigns == one].sum() / self.count.sum() for one in self.campaigns]
        )
        self.baseline = np.column_stack(
            [
                *(campaigns == one for one in self.campaigns),
                own - self.center,
                *(self.segment == one for one in self.segments),
            ]
        ).astype(float)
        is_control = self.arm == CONTROL
        rate = self.orders[is_control].sum() / self.count[is_control].sum()
        rate = float(np.clip(rate, 1e-4, 1 - 1e-4))
        levels, segments = len(self.campaigns), len(self.segments)
        self.mean = np.r_[np.full(levels, special.logit(rate)), 1.0, np.zeros(segments)]
        self.sd = np.r_[
            np.full(levels, _LEVEL_SD), _SLOPE_SD, np.full(segments, _SEGMENT_LEVEL_SD)
        ]
        # The probabilities that shapes depend on are those of a first fit with a flat difference.
        self.scale = float(np.sqrt(rate * (1 - rate)))
        self.q = np.full(len(rows), rate)
        first = self._fit("flat", segment_sd=0.0, assumed=float(add_log_odds(rate, ratio)))
        self.q = special.expit(self.baseline @ first[1][: self.baseline.shape[1]])
        assumed = self._mean(add_log_odds(self.q, ratio))
        self.fits = []
        for shape in _SHAPES:
            for sd in _SEGMENT_SDS:
                evidence, at, covariance = self._fit(shape, segment_sd=sd, assumed=assumed)
                alike = _ALIKE if sd == 0 else (1 - _ALIKE) / (len(_SEGMENT_SDS) - 1)
                self.fits.append((shape, sd, evidence + np.log(alike), at, covariance))
        evidence = np.array([fit[2] for fit in self.fits])
        weights = np.exp(evidence - evidence.max())
        self.weights = weights / weights.sum()

    def _columns(self, shape: str, *, segment_sd: float) -> np.ndarray:
        """Return what multiplies differences: of all, of variants, and of their segments."""
        height = _SHAPES[shape](self.q)
        height = height / self._mean(height) * (self.arm != CONTROL)
        own = [height * (self.arm == one) for one in self.variants]
        columns = [height, *own]
        if segment_sd > 0:
            columns += [column * (self.segment == one) for column in own for one in self.segments]
        return np.column_stack(columns)

    def _fit(
        self, shape: str, *, segment_sd: float, assumed: float
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the log marginal likelihood, the mode and its covariance."""
        differences = self._columns(shape, segment_sd=segment_sd)
        width, variants = self.baseline.shape[1], len(self.variants)
        rest = differences.shape[1] - variants - 1
        mean = np.r_[self.mean, assumed, np.zeros(variants + rest)]
        # A single offer is the list's.
        variant_sd = _VARIANT_SD if variants > 1 else 1e-4
        shares = np.r_[_DIFFERENCE_SD, np.full(variants, variant_sd), np.full(rest, segment_sd)]
        sd = np.r_[self.sd, shares * self.scale]
        precision, at = 1 / sd**2, mean.copy()
        value = self._posterior(at, differences, mean, precision)
        for _ in range(100):
            without = special.expit(self.baseline @ at[:width])
            p = np.clip(without + differences @ at[width:], SMALLEST, 1 - SMALLEST)
            design = np.column_stack(
                [self.baseline * (without * (1 - without))[:, None], differences]
            )
            weight = 1 / (p * (1 - p))
            off = (self.orders - self.count * p) * weight
            gradient = design.T @ off - precision * (at - mean)
            hessian = (design.T * (self.count * weight)) @ design + np.diag(precision)
            step, size = np.linalg.solve(hessian, gradient), 1.0
            while (new := self._posterior(at + size * step, differences, mean, precision)) < value:
                size /= 2
                if size < 1e-6:
                    break
            if size < 1e-6 or new - value < 1e-9:
                break
            at, value = at + size * step, new
        _, determinant = np.linalg.slogdet(hessian)
        evidence = value + 0.5 * float(np.log(precision).sum()) - 0.5 * float(determinant)
        return evidence, at, np.linalg.inv(hessian)

    def _posterior(
        self, at: np.ndarray, differences: np.ndarray, mean: np.ndarray, precision: np.ndarray
    ) -> float:
        """Return the log-posterior up to a constant."""
        width = self.baseline.shape[1]
        p = special.expit(self.baseline @ at[:width]) + differences @ at[width:]
        p = np.clip(p, SMALLEST, 1 - SMALLEST)
        likelihood = self.orders @ np.log(p) + (self.count - self.orders) @ np.log1p(-p)
        return float(likelihood - 0.5 * precision @ (at - mean) ** 2)

    def read(self) -> list[dict[str, object]]:
        """Return a row per variant and segment, everyone first."""
        shares = {
            name: sum(w for w, fit in zip(self.weights, self.fits, strict=True) if is_such(fit))
            for name, is_such in {
                "odds_weight": lambda fit: fit[0] == "odds",
                "segment_weight": lambda fit: fit[1] > 0,
            }.items()
        }
        treated = [self.count[self.arm == one].sum() for one in self.variants]
        offers = dict(zip(self.variants, np.eye(len(self.variants)), strict=True))
        offers[EVERYONE] = np.array(treated) / sum(treated)
        return [
            self._level(segment)
            | self._difference(mix, segment)
            | shares
            | {
                "variant": variant,
                "segment": segment,
                "basis": "segment" if segment and shares["segment_weight"] > 0.5 else "list",
            }
            for variant, mix in offers.items()
            for segment in [EVERYONE, *self.segments]
        ]

    def _level(self, segment: str) -> dict[str, float]:
        """Return the baseline of a segment, campaigns weighed by their contacts."""
        at = sum(
            w * fit[3][: self.baseline.shape[1]]
            for w, fit in zip(self.weights, self.fits, strict=True)
        )
        levels = len(self.campaigns)
        own = at[levels + 1 + self.segments.index(segment)] if segment else 0.0
        return {
            "intercept": float(self.shares @ at[:levels] + own),
            "slope": float(at[levels]),
            "center": self.center,
        }

    def _difference(self, mix: np.ndarray, segment: str) -> dict[str, float]:
        """Return the difference of a mix of variants in a segment, averaged over models."""
        is_here = self.segment == segment if segment else np.full(len(self.arm), True)
        is_treated = np.isin(
            self.arm, [one for one, share in zip(self.variants, mix, strict=True) if share]
        )
        width, variants = self.baseline.shape[1], len(self.variants)
        sums, means, variances = {"odds": 0.0, "flat": 0.0}, [], []
        for weight, (shape, sd, _, at, covariance) in zip(self.weights, self.fits, strict=True):
            pick = np.zeros(len(at))
            pick[width] = 1
            pick[width + 1 : width + 1 + variants] = mix
            if sd > 0:
                # Everyone is the mean of the segments by their contacts.
                inner = np.outer(mix, [self._share(segment, one) for one in self.segments])
                pick[width + 1 + variants :] = inner.ravel()
            height = _SHAPES[shape](self.q)
            sums[shape] += weight * float(pick @ at) / self._mean(height)
            times = self._mean(height, where=is_here) / self._mean(height)
            means.append(times * float(pick @ at))
            variances.append(times**2 * float(pick @ covariance @ pick))
        means, variances = np.array(means), np.array(variances)
        mean = float(self.weights @ means)
        return {
            "by_odds": sums["odds"],
            "flat": sums["flat"],
            "difference": mean,
            "standard_error": float(np.sqrt(self.weights @ (variances + (means - mean) ** 2))),
            "treated": int(self.count[is_here & is_treated].sum()),
            "controls": int(self.count[is_here & (self.arm == CONTROL)].sum()),
            "control_orders": int(self.orders[is_here & (self.arm == CONTROL)].sum()),
        }

    def _share(self, segment: str, one: str) -> float:
        """Return the share of a segment among contacts of a segment, or of everyone."""
        return float(segment == one) if segment else self._mean(self.segment == one)

    def _mean(self, values: np.ndarray, *, where: np.ndarray | None = None) -> float:
        """Return the mean over contacts."""
        own = slice(None) if where is None else where
        return float(np.average(values[own], weights=self.count[own]))


def _collapse(rows: pd.DataFrame) -> pd.DataFrame:
    """Return contacts of one campaign, arm, segment and, to _STEP of log-odds, probability."""
    own = to_log_odds(rows["own_probability"].to_numpy(dtype=float))
    return (
        rows.assign(
            own=np.round(own / _STEP) * _STEP,
            segment=rows["segment"].astype(object).where(rows["segment"].notna(), "unknown"),
        )
        .groupby(["campaign_id", "arm", "segment", "own"], as_index=False)
        .agg(count=("label", "size"), orders=("label", "sum"))
    )
