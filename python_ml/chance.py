"""What is more than chance: how far ahead a model, or a baseline that knows something, must be.

Whatever distinguishes customers must be ahead of guessing by more than luck. Of several
candidates the best is a lucky one, so all of them together may be wrong as often as one alone.
"""

import numpy as np
from scipy.stats import norm, t

FALSE_ALARMS = 0.05
"""How often something is accepted where there is nothing to be known, whatever was compared."""


def find_chance_factor(*, candidates: int, folds: int | None = None) -> float:
    """Return the standard errors that a gain must exceed, one-sided (Bonferroni).

    Parameters
    ----------
    candidates : how many were compared, of which any could have been the lucky one.
    folds : measurements that the standard error comes from (Student's t); None for many (normal).

    Raises
    ------
    ValueError : no candidate, or fewer than two folds.

    References
    ----------
    Nadeau, Bengio (2003), Inference for the generalization error, Mach. Learn. 52. Dunn (1961),
    Multiple comparisons among means, J. Am. Stat. Assoc. 56.

    >>> round(find_chance_factor(candidates=1), 3)
    1.645
    >>> round(find_chance_factor(candidates=9, folds=20), 3)
    2.813
    """
    if candidates < 1:
        raise ValueError(f"there must be at least one candidate, not {candidates}")
    tail = FALSE_ALARMS / candidates
    if folds is None:
        return float(norm.isf(tail))
    if folds < 2:
        raise ValueError(f"there must be at least two folds, not {folds}")
    return float(t.isf(tail, df=folds - 1))


def find_ranking_error(*, rows: int, positives: int) -> float:
    """Return the standard error of a ROC-AUC where the ranking means nothing; NaN of one class.

    References
    ----------
    Mann, Whitney (1947), Ann. Math. Stat. 18.

    >>> round(find_ranking_error(rows=1_296, positives=495), 4)
    0.0165
    """
    pairs = positives * (rows - positives)
    return float(np.sqrt((rows + 1) / (12 * pairs))) if pairs else float("nan")
