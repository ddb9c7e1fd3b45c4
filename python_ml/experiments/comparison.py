"""Two arms apart: rates, means, and what follows from a difference and its error."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


class Comparison(NamedTuple):
    """Two arms apart; each field is an array of the shape of the arguments, treatment - control.

    Attributes
    ----------
    difference : of the rates or means, in their unit.
    standard_error : of the difference, the one its interval is built from.
    lower, upper : the interval of the difference.
    p_value : two-sided, of no difference.
    """

    difference: np.ndarray
    standard_error: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    p_value: np.ndarray


def compare_proportions(
    *,
    successes_treatment: ArrayLike,
    n_treatment: ArrayLike,
    successes_control: ArrayLike,
    n_control: ArrayLike,
    confidence: float = 0.95,
) -> Comparison:
    """Compare two proportions by the pooled z-test, with the interval of Agresti and Caffo.

    The interval adds one success and one failure to each arm. It keeps its coverage in small
    arms, and has a width where nobody, or everybody, responded: Wald's has none there.

    Parameters
    ----------
    successes_treatment, n_treatment, successes_control, n_control : counts, of one shape.
    confidence : of the interval, in (0, 1).

    Returns
    -------
    Comparison : NaN where an arm is empty; p is 1 where all or none of both arms succeeded.

    Raises
    ------
    ValueError : successes are negative or exceed the customers of their arm.

    References
    ----------
    Agresti and Caffo (2000), Simple and effective confidence intervals for proportions and
    differences of proportions, The American Statistician 54.
    """
    x_t, n_t, x_c, n_c = (
        np.asarray(values, dtype=float)
        for values in (successes_treatment, n_treatment, successes_control, n_control)
    )
    for successes, n in ((x_t, n_t), (x_c, n_c)):
        is_wrong = (successes < 0) | (successes > n)
        if is_wrong.any():
            raise ValueError(
                f"{np.extract(is_wrong, successes)[0]:g} successes among "
                f"{np.extract(is_wrong, n)[0]:g} customers"
            )
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = x_t / n_t - x_c / n_c
        pooled = (x_t + x_c) / (n_t + n_c)
        null_error = np.sqrt(pooled * (1 - pooled) * (1 / n_t + 1 / n_c))
        z = np.where(difference == 0, 0.0, difference / null_error)
    adjusted_t, adjusted_c = (x_t + 1) / (n_t + 2), (x_c + 1) / (n_c + 2)
    error = np.sqrt(
        adjusted_t * (1 - adjusted_t) / (n_t + 2) + adjusted_c * (1 - adjusted_c) / (n_c + 2)
    )
    reach = stats.norm.ppf(0.5 + confidence / 2) * error
    middle = adjusted_t - adjusted_c
    is_empty = np.isnan(difference)
    lower, upper, error = (
        np.where(is_empty, np.nan, values)
        for values in (np.maximum(middle - reach, -1), np.minimum(middle + reach, 1), error)
    )
    return Comparison(difference, error, lower, upper, 2 * stats.norm.sf(np.abs(z)))


def compare_means(
    *,
    mean_treatment: ArrayLike,
    variance_treatment: ArrayLike,
    n_treatment: ArrayLike,
    mean_control: ArrayLike,
    variance_control: ArrayLike,
    n_control: ArrayLike,
    confidence: float = 0.95,
) -> Comparison:
    """Compare two means by Welch's t-test, with its interval.

    Parameters
    ----------
    mean_treatment, mean_control : of the arms, in the metric's unit.
    variance_treatment, variance_control : of single values, with n - 1 in the divisor.
    n_treatment, n_control : customers in the arms.
    confidence : of the interval, in (0, 1).

    Returns
    -------
    Comparison : NaN where an arm has fewer than two customers, and the p-value where neither
        arm varies.

    References
    ----------
    Welch (1947), The generalization of Student's problem when several different population
    variances are involved, Biometrika 34.
    """
    mean_t, variance_t, n_t, mean_c, variance_c, n_c = (
        np.asarray(values, dtype=float)
        for values in (
            mean_treatment,
            variance_treatment,
            n_treatment,
            mean_control,
            variance_control,
            n_control,
        )
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        square_t = np.where(n_t > 1, variance_t / n_t, np.nan)
        square_c = np.where(n_c > 1, variance_c / n_c, np.nan)
        return conclude(
            difference=mean_t - mean_c,
            square=square_t + square_c,
            doubt=square_t**2 / (n_t - 1) + square_c**2 / (n_c - 1),
            confidence=confidence,
        )


def conclude(
    *, difference: ArrayLike, square: ArrayLike, doubt: ArrayLike, confidence: float = 0.95
) -> Comparison:
    """Return the comparison that follows from a difference and its squared standard error.

    Parameters
    ----------
    doubt : sum over the means concerned of their squared squared errors, each over its n - 1:
        `square` ** 2 over it are Satterthwaite's degrees of freedom.
    """
    difference, square, doubt = (
        np.asarray(values, dtype=float) for values in (difference, square, doubt)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(square)
        freedom = square**2 / doubt
        p_value = 2 * stats.t.sf(np.abs(difference / error), freedom)
        reach = stats.t.ppf(0.5 + confidence / 2, freedom) * error
    return Comparison(difference, error, difference - reach, difference + reach, p_value)
