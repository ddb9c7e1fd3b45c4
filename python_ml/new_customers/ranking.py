"""How well labels are ranked: where the label that came stands, and what that is ahead by."""

import numpy as np

CUTOFF = 3
"""Labels that are looked at in `hit_rate_3`, and predicted for each customer."""

STANDARD_ERRORS = 2.0
"""So many standard errors a gain must exceed."""


def find_ranks(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the rank, from 1 on, that each customer's label has among all.

    Parameters
    ----------
    scores : (customers, labels), the higher the better; of equal ones the first is ahead. Minus
        infinity where nothing is known of a label.
    truth : (customers,), the number of the label that came; -1 where it is none of them.

    Returns
    -------
    (customers,), infinite where nothing is known of the label that came.

    Examples
    --------
    >>> scores = np.array([[0.2, 0.5, 0.3], [0.2, 0.5, -np.inf], [1, 1, 1]])
    >>> find_ranks(scores, np.array([2, 2, 1]))
    array([ 2., inf,  2.])
    """
    ranks = np.full(len(truth), np.inf)
    rows = np.flatnonzero(truth >= 0)
    own = scores[rows, truth[rows]]
    is_known = own > -np.inf
    rows, own = rows[is_known], own[is_known, None]
    is_before = np.arange(scores.shape[1]) < truth[rows, None]
    ahead = (scores[rows] > own) | ((scores[rows] == own) & is_before)
    ranks[rows] = 1 + ahead.sum(axis=1)
    return ranks


def compare_ranks(ranks: np.ndarray, baseline: np.ndarray) -> tuple[float, float]:
    """Return the gain in mean reciprocal rank over a baseline, and its standard error, paired.

    The error is that where there is no gain: as in McNemar's test, which it is for hits alone,
    the root of the sum of the squared differences over the number of customers.

    Parameters
    ----------
    ranks, baseline : (customers,), of the same customers, as `find_ranks` gives them.

    References
    ----------
    McNemar (1947), Psychometrika 12. Voorhees (1999), The TREC-8 question answering track report:
    mean reciprocal rank.

    Examples
    --------
    >>> gain, error = compare_ranks(np.array([1, 1, 2, 1]), np.array([2, 1, 1, 2]))
    >>> round(gain, 3), round(error, 3)
    (0.125, 0.217)
    """
    if not len(ranks):
        return np.nan, np.nan
    gain = 1 / ranks - 1 / baseline
    return float(gain.mean()), float(np.sqrt((gain**2).sum()) / len(gain))


def is_ahead(gain: float, error: float) -> bool:
    """Whether a gain is above so many standard errors; False where it is unknown.

    >>> is_ahead(0.05, 0.02), is_ahead(0.04, 0.02), is_ahead(0.0, 0.0)
    (True, False, False)
    """
    return bool(gain > STANDARD_ERRORS * error)
