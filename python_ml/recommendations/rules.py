"""Rules of what is bought together, as offers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from python_ml.recommendations.methods import Scorer
from python_ml.recommendations.purchases import Purchases


@dataclass(frozen=True)
class Rule:
    """Who bought all of some products buys another.

    Attributes
    ----------
    antecedent : keys of products. consequent : key of the product. confidence : from 0 to 1.
    """

    antecedent: Sequence[str]
    consequent: str
    confidence: float


@dataclass(frozen=True)
class Rules:
    """The chance that at least one of the rules comes true, as if they were independent.

    Attributes
    ----------
    rules : found before; rules with products that are not among the purchases say nothing.
    """

    rules: Sequence[Rule]

    def fit(self, purchases: Purchases) -> Scorer:
        """Find the products of the rules."""
        products = pd.Index(purchases.products)
        known = [
            rule
            for rule in self.rules
            if (products.get_indexer([*rule.antecedent, rule.consequent]) >= 0).all()
        ]
        sizes = np.array([len(rule.antecedent) for rule in known], dtype=int)
        starts = products.get_indexer([one for rule in known for one in rule.antecedent])
        ends = products.get_indexer([rule.consequent for rule in known])
        numbers = np.arange(len(known))
        misses = np.log(1 - np.minimum([rule.confidence for rule in known], 0.999999))
        return RuleScores(
            sparse.csr_array(
                (np.ones(len(starts)), (starts, np.repeat(numbers, sizes))),
                shape=(len(products), len(known)),
            ),
            sizes,
            sparse.csr_array((misses, (numbers, ends)), shape=(len(known), len(products))),
        )


@dataclass(frozen=True)
class RuleScores:
    """1 less the product of 1 less the confidence of each rule that starts from what was bought.

    Attributes
    ----------
    starts : (products, rules), 1 where a rule starts from a product. sizes : (rules,), products
        that it starts from. misses : (rules, products), the log of 1 less the confidence.
    """

    starts: sparse.csr_array
    sizes: np.ndarray
    misses: sparse.csr_array

    def score(self, purchases: Purchases) -> np.ndarray:
        """Return the scores; nothing is said of what no rule leads to."""
        held = (purchases.bought() @ self.starts).tocoo()
        row, rule = held.coords
        is_whole = held.data >= self.sizes[rule]
        whole = sparse.csr_array(
            (np.ones(is_whole.sum()), (row[is_whole], rule[is_whole])), shape=held.shape
        )
        found = whole @ self.misses
        found.data = -np.expm1(found.data)
        return found.toarray()
