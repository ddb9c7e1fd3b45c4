"""Similar items: scikit-learn's cosine, ties by key, typed when empty."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from python_ml.recommendations import (
    NEIGHBOUR_TYPES,
    draw_customers,
    find_similar_items,
    similarity,
)

PAIRS = st.sets(st.tuples(st.integers(0, 9), st.sampled_from("abcdef")), min_size=1)


def to_frame(pairs):
    rows = [(f"C{customer}", product) for customer, product in pairs]
    return pd.DataFrame(rows, columns=["customer_id", "product_id"])


@settings(max_examples=60, deadline=None)
@given(pairs=PAIRS)
def test_similarities_are_those_of_scikit_learn(pairs):
    purchases = to_frame(sorted(pairs))
    table = pd.crosstab(purchases["product_id"], purchases["customer_id"])
    expected = pd.DataFrame(cosine_similarity(table), index=table.index, columns=table.index)
    found = find_similar_items(purchases, min_customers=1)
    for row in found.itertuples():
        assert row.similarity == pytest.approx(
            expected.loc[row.product_id, row.neighbour_id], abs=1e-9
        )
    off_diagonal = expected.to_numpy()[~np.eye(len(expected), dtype=bool)]
    assert len(found) == (off_diagonal > 0).sum()
    assert (found["product_id"] != found["neighbour_id"]).all()


def test_the_most_similar_come_first_and_ties_by_key():
    purchases = to_frame(
        [(c, p) for c in range(4) for p in "abc"] + [(c, "d") for c in range(3)] + [(9, "e")]
    )
    found = find_similar_items(purchases, max_neighbours=2)
    assert found[found["product_id"] == "a"]["neighbour_id"].tolist() == ["b", "c"]
    assert found[found["product_id"] == "d"]["neighbour_id"].tolist() == ["a", "b"]
    assert "e" not in set(found["product_id"]) | set(found["neighbour_id"])


def test_one_common_customer_is_a_coincidence():
    purchases = to_frame([(1, "a"), (1, "b"), (2, "a"), (3, "b")])
    assert find_similar_items(purchases).empty
    assert len(find_similar_items(purchases, min_customers=1)) == 2


def test_neither_order_nor_repeats_nor_parts_change_anything(monkeypatch):
    generator = np.random.default_rng(2)
    purchases = pd.DataFrame(
        {
            "customer_id": generator.integers(0, 200, 3_000).astype(str),
            "product_id": generator.integers(0, 60, 3_000).astype(str),
        }
    ).drop_duplicates()
    usual = find_similar_items(purchases, max_neighbours=5)
    assert len(usual) == 300
    messy = pd.concat([purchases, purchases.head(99)]).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(find_similar_items(messy, max_neighbours=5), usual)
    monkeypatch.setattr(similarity, "ITEMS_AT_A_TIME", 7)
    pd.testing.assert_frame_equal(find_similar_items(purchases, max_neighbours=5), usual)


def test_of_many_customers_the_same_are_drawn_whatever_their_order():
    customers = pd.Series([f"C{number}" for number in range(1_000)], name="customer_id")
    drawn = draw_customers(customers, max_customers=100)
    assert drawn.is_unique
    assert len(drawn) == 100
    assert drawn.isin(customers).all()
    shuffled = customers.sample(frac=1, random_state=1)
    pd.testing.assert_series_equal(draw_customers(shuffled, max_customers=100), drawn)
    assert set(draw_customers(customers, max_customers=100, seed=7)) != set(drawn)
    assert draw_customers(shuffled, max_customers=1_000).tolist() == sorted(customers)


@pytest.mark.parametrize(
    "purchases",
    [to_frame([]), to_frame([(1, "a")]), to_frame([(1, None)])],
    ids=["none", "one", "no product"],
)
def test_little_gives_a_typed_empty_frame(purchases):
    found = find_similar_items(purchases)
    assert found.empty
    types = {row[0]: row[1] for row in duckdb.sql("describe from found").fetchall()}
    assert types == dict(zip(NEIGHBOUR_TYPES, ["VARCHAR", "VARCHAR", "DOUBLE"], strict=True))
