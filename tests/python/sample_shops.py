"""Shops of the sample's generator, drawn once for the tests that count over many of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from targeted_lists.sample import generate
from targeted_lists.sample.truth import Demand

TRUTH = Path(__file__).parents[2] / "data/sample/truth"
SEEDS = range(42, 50)


@cache
def draw_shops() -> dict[int, Demand]:
    """Return shops of some seeds, with their orders to the horizon; 42 is the sample."""
    return {
        seed: generate.draw_demand(generate.open_streams(seed), customers=3000) for seed in SEEDS
    }


def read_truth(name: str) -> pd.DataFrame:
    """Return a file of the sample's truth."""
    (path,) = TRUTH.glob(f"{name}.csv*")
    return pd.read_csv(path)


def assert_calibrated(groups) -> None:
    """Check that `ordered` sums to the sum of `p`, within four standard errors, in each group."""
    for name, rows in groups:
        error = np.sqrt((rows["p"] * (1 - rows["p"])).sum())
        difference = abs(rows["ordered"].sum() - rows["p"].sum())
        assert difference <= 4 * error + 1e-9, (name, difference, error)
