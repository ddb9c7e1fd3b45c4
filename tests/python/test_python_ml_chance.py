"""How far ahead is more than chance: the level is held, and the docstrings' examples are right."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from scipy.stats import t
from sklearn.metrics import roc_auc_score

from python_ml import chance
from python_ml.chance import FALSE_ALARMS, find_chance_factor, find_ranking_error


def test_the_examples_are_right():
    assert doctest.testmod(chance).attempted == 3
    assert doctest.testmod(chance).failed == 0


def test_the_error_of_a_ranking_is_that_of_rankings_without_meaning():
    generator = np.random.default_rng(2)
    label = np.arange(300) < 90
    areas = [roc_auc_score(label, generator.random(300)) for _ in range(2_000)]
    assert find_ranking_error(rows=300, positives=90) == pytest.approx(np.std(areas), rel=0.05)
    assert np.isnan(find_ranking_error(rows=300, positives=0))


@pytest.mark.parametrize("candidates", [1, 3, 9])
def test_the_luckiest_of_all_that_are_compared_passes_as_seldom_as_one_alone(candidates):
    """Of independent candidates in ten folds, as many as a Bonferroni bound allows."""
    generator = np.random.default_rng(1)
    gains = generator.normal(size=(20_000, candidates, 10))
    errors = gains.std(axis=2, ddof=1) / np.sqrt(10)
    factor = find_chance_factor(candidates=candidates, folds=10)
    passed = (gains.mean(axis=2) > factor * errors).any(axis=1).mean()
    assert passed == pytest.approx(1 - (1 - FALSE_ALARMS / candidates) ** candidates, abs=0.005)


def test_few_folds_ask_for_more_and_many_for_what_is_known():
    assert find_chance_factor(candidates=1) == pytest.approx(1.6449, abs=1e-4)
    assert find_chance_factor(candidates=4) == pytest.approx(2.2414, abs=1e-4)
    assert find_chance_factor(candidates=9, folds=5) == pytest.approx(t.isf(0.05 / 9, 4))
    with pytest.raises(ValueError, match="at least one candidate, not 0"):
        find_chance_factor(candidates=0)
    with pytest.raises(ValueError, match="at least two folds, not 1"):
        find_chance_factor(candidates=1, folds=1)
