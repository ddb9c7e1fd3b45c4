"""Which rows are fitted on and which are held out: customers stay whole, labels balanced."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from python_ml.classification.preparation import Columns

CALIBRATION_FOLDS = 3

MOST_WEIGHED_GROUPS = 10_000
"""Groups that scikit-learn's StratifiedGroupKFold splits; 100,000 take it half a minute."""

Folds = list[tuple[np.ndarray, np.ndarray]]
"""Positions of rows to fit on and to hold out, fold by fold."""


def split_rows(
    label: np.ndarray, *, groups: np.ndarray, folds: int, repeats: int = 1, seed: int = 42
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions of rows to fit on and to hold out, fold by fold, repeat by repeat.

    The folds have the same share of each label, and rows of one group stay together. More than
    MOST_WEIGHED_GROUPS are not weighed one by one for the fold that lacks them most: those that
    have as many rows of each label are assigned to folds in turn.

    Parameters
    ----------
    label : 0 or 1, one per row.
    groups : whose row it is, one per row.
    folds : parts of the rows, each held out once a repeat.
    repeats : times that the rows are split, each with a seed of its own.

    Yields
    ------
    Two arrays of positions: the rows to fit on, and those held out.

    Examples
    --------
    >>> label = np.array([0, 1, 0, 1, 0, 1])
    >>> groups = np.array(["a", "a", "b", "b", "c", "c"])
    >>> splits = list(split_rows(label, groups=groups, folds=3))
    >>> [len(held_out) for _, held_out in splits]
    [2, 2, 2]
    >>> [set(groups[fit]) & set(groups[held_out]) for fit, held_out in splits]
    [set(), set(), set()]
    """
    codes, keys = pd.factorize(groups)
    repeated = len(keys) < len(label)
    if repeated and len(keys) > MOST_WEIGHED_GROUPS:
        yield from _deal_groups(label, codes=codes, folds=folds, repeats=repeats, seed=seed)
        return
    splitter = StratifiedGroupKFold if repeated else StratifiedKFold
    for repeat in range(repeats):
        folding = splitter(n_splits=folds, shuffle=True, random_state=seed + repeat)
        yield from folding.split(np.zeros(len(label)), label, codes if repeated else None)


def _deal_groups(
    label: np.ndarray, *, codes: np.ndarray, folds: int, repeats: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    rows_by_label = pd.crosstab(codes, label).to_numpy()
    for repeat in range(repeats):
        shuffled = np.random.default_rng(seed + repeat).permutation(len(rows_by_label))
        dealt = np.empty(len(shuffled), dtype=int)
        dealt[np.lexsort((shuffled, *rows_by_label.T))] = np.arange(len(shuffled)) % folds
        for fold in range(folds):
            is_held_out = dealt[codes] == fold
            yield np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)


def split_to_calibrate(label: np.ndarray, *, groups: np.ndarray, seed: int = 42) -> Folds:
    """Hold out each third of the rows once, as `split_rows` does, for a curve to be learned from.

    Parameters
    ----------
    groups : whose row it is; rows of one customer are held out together.
    """
    return list(split_rows(label, groups=groups, folds=CALIBRATION_FOLDS, seed=seed))


def split_latest(
    training: pd.DataFrame, *, columns: Columns
) -> list[tuple[int, int, np.ndarray, np.ndarray]]:
    """Fit on the older snapshots, hold out the newest; nothing where either has one class."""
    if not columns.snapshot:
        return []
    is_newest = (training[columns.snapshot] == training[columns.snapshot].max()).to_numpy()
    label = training[columns.label].to_numpy()
    # Twenty cases are what a calibration and a ranking take.
    if any(np.bincount(label[part], minlength=2).min() < 20 for part in (is_newest, ~is_newest)):
        return []
    return [(0, 0, np.flatnonzero(~is_newest), np.flatnonzero(is_newest))]
