"""The offers next to those of `implicit` (ALS, BM25) on the same purchases.

`pip install implicit`, build a dataset, then
`.venv/bin/python benchmarks/implicit_recommenders.py warehouse/online_retail.duckdb`.

Every method has its settings chosen on the validation period, and is measured on the test period
with the same customers, periods and products held back; seconds are of fitting and offering.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender
from scipy import sparse

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from python_ml.recommendations import REGIMES, SETTINGS, Purchases, make_method, measure
from targeted_lists.learning.shop import Shop, read_drawn, read_moment, read_tested

TABLES = {
    "lines": "core.fct_order_lines",
    "days": "core.recommendation_days",
    "products": "offers.recommendation_products",
    "rules": "offers.recommendation_rule_products",
    "segments": "offers.recommendation_segments",
}
OWN = ("tifu_knn", "ease", "user_knn", "bm25", "cosine", "frequency", "popularity")
ALS = [
    {"factors": factors, "regularization": regularization, "alpha": alpha, "half_life_days": days}
    for factors, regularization, alpha, days in itertools.product(
        (64, 128), (0.05, 1.0), (1.0, 10.0), (None, 180.0)
    )
]
BM25 = [
    {"K": neighbours, "half_life_days": days} for neighbours in (20, 100) for days in (None, 180.0)
]


@dataclass(frozen=True)
class Factors:
    """ALS, whose factors of a customer are solved for from what was bought."""

    factors: int
    regularization: float
    alpha: float
    half_life_days: float | None

    def fit(self, purchases: Purchases) -> Factored:
        """Solve for the factors of products."""
        model = AlternatingLeastSquares(
            factors=self.factors,
            regularization=self.regularization,
            alpha=self.alpha,
            iterations=15,
            random_state=42,
            num_threads=2,
        )
        known = purchases.summed(half_life_days=self.half_life_days)
        model.fit(sparse.csr_matrix(known, dtype=np.float32), show_progress=False)
        return Factored(model, self.half_life_days)


@dataclass(frozen=True)
class Factored:
    """Factors of products, and how purchases fade."""

    model: AlternatingLeastSquares
    half_life_days: float | None

    def score(self, purchases: Purchases) -> np.ndarray:
        """Return (customers, products)."""
        known = purchases.summed(half_life_days=self.half_life_days)
        rows = np.arange(known.shape[0])
        users = self.model.recalculate_user(rows, sparse.csr_matrix(known, dtype=np.float32))
        return np.maximum(users @ self.model.item_factors.T, 0).astype(float)


@dataclass(frozen=True)
class Likeness:
    """The similarities of `implicit`, weighed by BM25."""

    K: int
    half_life_days: float | None

    def fit(self, purchases: Purchases) -> Alike:
        """Compare the products."""
        model = BM25Recommender(K=self.K, num_threads=2)
        known = purchases.summed(half_life_days=self.half_life_days)
        model.fit(sparse.csr_matrix(known), show_progress=False)
        return Alike(sparse.csr_array(model.similarity), self.half_life_days)


@dataclass(frozen=True)
class Alike:
    """Similar products, each one of them itself included."""

    similar: sparse.csr_array
    half_life_days: float | None

    def score(self, purchases: Purchases) -> np.ndarray:
        """Return (customers, products)."""
        known = purchases.summed(half_life_days=self.half_life_days)
        return (known @ self.similar).toarray()


def main() -> None:
    """Choose each method's settings on the validation period and print the test period."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", type=Path)
    told = parser.parse_args()
    with duckdb.connect(str(told.warehouse), read_only=True) as session:
        shop = Shop(session, **{name: session.table(table) for name, table in TABLES.items()})
        periods = {}
        for period, as_of, end in (
            ("validation", "validation", "evaluation"),
            ("test", "evaluation", "current"),
        ):
            moment = read_moment(shop, as_of, max_products=20_000)
            ((until,),) = shop.days.project(f"{end}_seconds").fetchall()
            purchases = read_drawn(shop, moment, most=50_000, seed=42)
            tested, later = read_tested(shop, moment, until, most=5_000, seed=42)
            periods[period] = (purchases, tested, later)
    makers: dict[str, list[tuple[str, Callable]]] = {
        name: [
            (json.dumps(one), lambda name=name, one=one: make_method(name, json.dumps(one)))
            for one in SETTINGS[name]
        ]
        for name in OWN
    }
    makers["implicit ALS"] = [(json.dumps(one), lambda one=one: [Factors(**one)]) for one in ALS]
    makers["implicit BM25"] = [
        (json.dumps(one), lambda one=one: [Likeness(**one)]) for one in BM25
    ]
    print(
        f"{'method':<16}{'regime':<8}{'MAP at 5':>9}{'±':>7}{'fit, s':>8}{'offer, s':>9}  settings"
    )
    for name, tried in makers.items():
        purchases, tested, later = periods["validation"]
        found = {}
        for settings, make in tried:
            turns = [one.fit(purchases) for one in make()]
            for regime in REGIMES:
                precision = measure(turns, tested, later, regime=regime).average_precision.mean()
                if precision > found.get(regime, (-1.0,))[0]:
                    found[regime] = (precision, settings, make)
        for regime, (_, settings, make) in found.items():
            purchases, tested, later = periods["test"]
            started = time.perf_counter()
            turns = [one.fit(purchases) for one in make()]
            fitted = time.perf_counter()
            precisions = measure(turns, tested, later, regime=regime).average_precision
            took = time.perf_counter() - fitted
            error = precisions.std(ddof=1) / np.sqrt(len(precisions))
            print(
                f"{name:<16}{regime:<8}{precisions.mean():9.4f}{error:7.4f}"
                f"{fitted - started:8.1f}{took:9.1f}  {settings}"
            )


if __name__ == "__main__":
    main()
