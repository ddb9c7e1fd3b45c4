"""How far today's customers are from those of a model's snapshot: stability by feature."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import chi2

from python_ml.frames import check_columns, to_floats, to_typed

N_BINS = 10
MAX_WORDS = 20

CHANCE = 0.001
"""How often chance alone may pass for drift, for one feature."""

NUMBER, WORD, MISSING, OTHERS = "number", "word", "missing", "others"

BASELINE_TYPES = {
    "feature": "str",
    "kind": "str",
    "upper": "float64",
    "word": "str",
    "rows": "int64",
}

DRIFT_TYPES = {
    "feature": "str",
    "psi": "float64",
    "chance_psi": "float64",
    "bins": "int64",
    "baseline_rows": "int64",
    "rows": "int64",
}


def fix_baseline(
    frame: pd.DataFrame,
    *,
    features: Sequence[str],
    categories: Sequence[str] = (),
    bins: int = N_BINS,
    max_words: int = MAX_WORDS,
) -> pd.DataFrame:
    """Fix the bins of each feature, and how many rows of a snapshot fall into each.

    A number has bins between its quantiles; a value that a bin's worth of the rows share has one
    of its own, and what is below or above all values of the snapshot has one each, empty here.
    Numbers are compared to seven digits, so that rounding noise moves nobody. A category has a
    bin a word, those beyond the `max_words` most common share one with words not seen here.
    Missing values have their own bin, even where there are none.

    Parameters
    ----------
    frame : the snapshot, one row per customer.
    features : numeric columns. categories : columns of text.
    bins : of a number, at most, before those of missing values, shared values and the ends.

    Returns
    -------
    One row per feature and bin: `feature`; `kind` (number, word, missing, others); `upper`, the
    inclusive upper bound of a number's bin, infinite for the last; `word`; `rows`.

    Raises
    ------
    ValueError : a column is missing, or a feature is not numeric.
    """
    check_columns(frame, columns=[*features, *categories], name="snapshot")
    numbers = to_floats(frame, columns=list(features))
    edges = {name: _find_edges(_round(numbers[name]), bins=bins) for name in features}
    words = {name: _find_words(frame[name], max_words=max_words) for name in categories}
    layout = pd.concat(
        [_lay_out(name, kind=NUMBER, upper=edges[name]) for name in features]
        + [_lay_out(name, kind=WORD, word=words[name]) for name in categories]
        or [to_typed([], types=BASELINE_TYPES)],
        ignore_index=True,
    )
    return _count(frame, baseline=layout)


def measure_drift(
    current: pd.DataFrame, *, baseline: pd.DataFrame, chance: float = CHANCE
) -> pd.DataFrame:
    """Measure how far each feature's shares by bin are from the snapshot's.

    Parameters
    ----------
    current : one row per customer, with the features of the baseline.
    baseline : as `fix_baseline` returns it.
    chance : probability of `chance_psi` being exceeded by as many customers, drawn again.

    Returns
    -------
    One row per feature, in the order of the baseline: `psi` as `find_psi` gives it, missing where
    either side has no rows; `chance_psi`, which chance alone exceeds with the probability
    `chance`: without drift PSI is about (1/n + 1/m) times a chi-square with bins - 1 degrees of
    freedom; `bins` that either side fills; `baseline_rows` and `rows`.

    References
    ----------
    Yurdakul (2018), Statistical properties of population stability index, Western Michigan
    University, theorem 4.2.
    """
    counted = _count(current, baseline=baseline)["rows"]
    rows = []
    for feature, places in baseline.groupby("feature", sort=False).groups.items():
        before, now = (one.loc[places].to_numpy(float) for one in (baseline["rows"], counted))
        filled = int(((before > 0) | (now > 0)).sum())
        psi = chance_psi = np.nan
        if before.sum() and now.sum():
            psi = find_psi(expected=before, actual=now)
            noise = 1 / before.sum() + 1 / now.sum()
            chance_psi = noise * chi2.isf(chance, filled - 1) if filled > 1 else 0.0
        rows.append(
            {
                "feature": feature,
                "psi": psi,
                "chance_psi": chance_psi,
                "bins": filled,
                "baseline_rows": int(before.sum()),
                "rows": int(now.sum()),
            }
        )
    return to_typed(rows, types=DRIFT_TYPES)


def find_psi(*, expected: np.ndarray, actual: np.ndarray) -> float:
    """Return the population stability index: the sum over bins of (a - e) ln(a / e).

    Parameters
    ----------
    expected, actual : rows by bin, of one shape; e and a are their shares. A bin that is empty
        on one side counts as half a row there, the least that its size can distinguish from
        nothing; one that both leave empty adds nothing.

    Raises
    ------
    ValueError : the shapes differ, a count is negative, or a side has no rows.

    References
    ----------
    Siddiqi (2006), Credit risk scorecards, Wiley: below 0.1 stable, above 0.25 a major shift.
    """
    expected, actual = (np.asarray(counts, dtype=float) for counts in (expected, actual))
    if expected.shape != actual.shape:
        raise ValueError(f"{expected.size} bins were expected, not {actual.size}")
    for name, counts in (("expected", expected), ("actual", actual)):
        if (counts < 0).any() or not counts.sum() > 0:
            raise ValueError(f"the {name} counts must be positive somewhere, and negative nowhere")
    is_filled = (expected > 0) | (actual > 0)
    before, now = (
        np.maximum(counts[is_filled], 0.5) / counts.sum() for counts in (expected, actual)
    )
    return float(np.sum((now - before) * np.log(now / before)))


def _round(values: pd.Series) -> np.ndarray:
    return values.to_numpy(np.float32).astype(float)


def _find_edges(values: np.ndarray, *, bins: int) -> np.ndarray:
    """Inclusive upper bounds, without the last, which is infinite."""
    values = np.sort(values[~np.isnan(values)])
    if not len(values):
        return np.array([])
    own, counts = np.unique(values, return_counts=True)
    places = np.flatnonzero(counts * bins >= len(values))
    before = own[places[places > 0] - 1]
    quantiles = values[np.ceil(np.arange(1, bins) / bins * len(values)).astype(int) - 1]
    below = np.nextafter(own[:1], -np.inf)
    return np.unique(np.concatenate([below, quantiles, own[places], before, own[-1:]]))


def _find_words(texts: pd.Series, *, max_words: int) -> list[str]:
    """Return the most common words, ties by word."""
    counts = texts.dropna().astype(str).value_counts().rename_axis("word").reset_index(name="n")
    return counts.sort_values(["n", "word"], ascending=[False, True])["word"].tolist()[:max_words]


def _lay_out(
    feature: str, *, kind: str, upper: np.ndarray | None = None, word: list[str] | None = None
) -> pd.DataFrame:
    """Bins of a feature, still without rows: those of its values, the rest, and the missing."""
    values = [{"kind": kind, "upper": one} for one in ([] if upper is None else upper)]
    values += [{"kind": kind, "word": one} for one in word or []]
    rest = {"kind": NUMBER, "upper": np.inf} if kind == NUMBER else {"kind": OTHERS}
    layout = pd.DataFrame([*values, rest, {"kind": MISSING}]).assign(feature=feature, rows=0)
    return to_typed(layout, types=BASELINE_TYPES)


def _count(frame: pd.DataFrame, *, baseline: pd.DataFrame) -> pd.DataFrame:
    """Give the baseline's bins with the rows of another frame."""
    check_columns(frame, columns=baseline["feature"].unique(), name="current")
    counted = baseline.copy()
    for feature, bins in baseline.groupby("feature", sort=False):
        is_number = (bins["kind"] == NUMBER).any()
        places = _place_numbers if is_number else _place_words
        found = np.bincount(places(frame[[feature]], bins=bins), minlength=len(bins))
        counted.loc[bins.index, "rows"] = found
    return counted


def _place_numbers(column: pd.DataFrame, *, bins: pd.DataFrame) -> np.ndarray:
    """Position of each row's bin; bins are in order, the last is that of missing values."""
    values = _round(to_floats(column, columns=list(column))[column.columns[0]])
    uppers = bins["upper"].to_numpy()[:-1]
    return np.where(np.isnan(values), len(uppers), np.searchsorted(uppers, values))


def _place_words(column: pd.DataFrame, *, bins: pd.DataFrame) -> np.ndarray:
    words = bins["word"].tolist()[:-2]
    texts = column.iloc[:, 0]
    places = pd.Index(words).get_indexer(texts.astype(object).where(texts.notna(), None))
    places = np.where(places < 0, len(words), places)
    return np.where(texts.isna(), len(words) + 1, places)
