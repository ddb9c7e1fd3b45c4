"""Stability by feature: hand-checked, blind to order and noise, and silent about small samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_ml.drift import find_psi, fix_baseline, measure_drift


def snapshot(rows: int, *, seed: int = 1) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    normal = generator.normal(size=rows)
    return pd.DataFrame(
        {
            "smooth": normal,
            "mostly_one": np.where(generator.random(rows) < 0.95, 1.0, 0.5),
            "constant": 5.0,
            "unknown": np.nan,
            "half_known": np.where(generator.random(rows) < 0.5, np.nan, normal),
            "word": generator.choice(["a", "b", None], rows),
        }
    )


NUMBERS = ["smooth", "mostly_one", "constant", "unknown", "half_known"]


def measure(current: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    baseline = fix_baseline(frame, features=NUMBERS, categories=["word"])
    return measure_drift(current, baseline=baseline).set_index("feature")


def test_psi_is_that_of_the_formula():
    # Shares 0.5, 0.5 and 0.8, 0.2: 0.3 ln 1.6 - 0.3 ln 0.4 = 0.3 ln 4.
    assert find_psi(expected=[50, 50], actual=[8, 2]) == pytest.approx(0.3 * np.log(4))
    # A bin without rows counts as half of one among ten; one that is empty in both as none.
    emptied = 0.5 * np.log(2) + (0.05 - 0.5) * np.log(0.05 / 0.5)
    assert find_psi(expected=[50, 50], actual=[10, 0]) == pytest.approx(emptied)
    assert find_psi(expected=[50, 50, 0], actual=[8, 2, 0]) == pytest.approx(0.3 * np.log(4))


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=12).filter(any))
@settings(max_examples=50, deadline=None)
def test_psi_with_itself_is_nothing_and_with_others_is_symmetric(counts):
    assert find_psi(expected=counts, actual=counts) == 0
    other = [count + place for place, count in enumerate(counts, start=1)]
    there, back = (find_psi(expected=a, actual=b) for a, b in ((counts, other), (other, counts)))
    assert there == pytest.approx(back)
    assert there >= 0


@pytest.mark.parametrize(
    ("expected", "actual", "words"),
    [
        ([1, 2], [1, 2, 3], "2 bins were expected, not 3"),
        ([0, 0], [1, 2], "the expected counts"),
        ([1, 2], [3, -1], "the actual counts"),
    ],
)
def test_counts_that_are_none_are_refused(expected, actual, words):
    with pytest.raises(ValueError, match=words):
        find_psi(expected=expected, actual=actual)


def test_a_snapshot_has_not_drifted_from_itself():
    frame = snapshot(1000)
    # Neither order nor rounding noise makes a difference.
    noisy = frame.sample(frac=1, random_state=2)
    noisy[NUMBERS] *= 1 + 1e-12
    for current in (frame, noisy):
        drift = measure(current, frame)
        assert list(drift.index) == [*NUMBERS, "word"]
        assert (drift["psi"] == 0).all()
        assert (drift["rows"] == 1000).all()


@pytest.mark.parametrize(
    ("feature", "value"),
    [
        ("smooth", 9.0),
        ("mostly_one", 0.5),
        ("constant", 4.0),
        ("constant", 6.0),
        ("unknown", 1.0),
        ("half_known", np.nan),
        ("half_known", 0.0),
        ("word", "never seen"),
        ("word", None),
    ],
)
def test_a_changed_feature_drifts_and_no_other_does(feature, value):
    frame = snapshot(1000)
    drift = measure(frame.assign(**{feature: value}), frame)
    assert drift.loc[feature, "psi"] > 0.5
    assert drift.loc[feature, "psi"] > drift.loc[feature, "chance_psi"]
    assert (drift["psi"].drop(feature) == 0).all()


def test_bins_hold_a_decile_each_and_shared_values_have_their_own():
    baseline = fix_baseline(snapshot(1000), features=NUMBERS, categories=["word"])
    rows = baseline[baseline["rows"] > 0].groupby("feature", sort=False)["rows"]
    assert rows.get_group("smooth").tolist() == [100] * 10
    assert rows.get_group("mostly_one").size == 2
    assert rows.sum().eq(1000).all()


def test_chance_is_what_chance_does():
    """With no drift, PSI is about (bins - 1)(1/n + 1/m), and rarely above what chance reaches."""
    generator = np.random.default_rng(7)
    names = [f"x{number}" for number in range(150)]
    before, now = (
        pd.DataFrame(generator.normal(size=(n, len(names))), columns=names) for n in (400, 150)
    )
    drifts = measure_drift(now, baseline=fix_baseline(before, features=names))
    expected = (drifts["bins"] - 1) * (1 / 400 + 1 / 150)
    assert drifts["psi"].mean() == pytest.approx(expected.mean(), rel=0.2)
    # Most small samples pass 0.1 / 2 by chance, hardly one what chance reaches once in a thousand.
    assert (drifts["psi"] > 0.05).mean() > 0.7
    assert (drifts["psi"] > drifts["chance_psi"]).mean() <= 0.01


def test_nobody_is_unknown_rather_than_stable():
    frame = snapshot(100)
    for current, before in ((frame.head(0), frame), (frame, frame.head(0))):
        drift = measure(current, before)
        assert drift["psi"].isna().all()
    empty = fix_baseline(frame, features=[])
    assert measure_drift(frame, baseline=empty).empty
    with pytest.raises(ValueError, match="current lacks"):
        measure(frame.drop(columns="smooth"), frame)
