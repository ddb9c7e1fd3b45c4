"""Categories from names: sensible, the same every time, and nothing out of nothing."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from python_ml.products import CATEGORY_TYPES, NO_WORDS, form_categories

KINDS = {
    "lunch bag": ["LUNCH BAG", "LUNCH BAG SPACEBOY", "lunch bag dolly"],
    "party bunting": ["PARTY BUNTING", "bunting party flags", "PARTY BUNTING SPOTTY"],
    "tea towel": ["TEA TOWEL", "TEA TOWEL KITCHEN", "tea towel cups"],
}


def catalogue(*, of_each=12):
    rows = [
        (f"{kind[:2]}{number:02d}", f"{colour} {names[number % len(names)]} {number} ")
        for kind, names in KINDS.items()
        for number in range(of_each)
        for colour in [("RED", "blue", "Pink")[number % 3]]
    ]
    return pd.DataFrame(rows, columns=["product_id", "product_name"])


def form(products, **parameters):
    return form_categories(products, **{"numbers": [2, 3, 4], "min_products": 3} | parameters)


def test_products_of_a_kind_share_a_category_named_by_their_words():
    formed = form(catalogue(), numbers=[2, 3])
    kinds = formed["product_id"].str[:2]
    assert formed.groupby(kinds)["category"].nunique().tolist() == [1, 1, 1]
    assert set(formed["category"]) == {"bag, lunch", "bunting, party", "tea, towel"}
    assert set(formed["categories"]) == {3}
    assert formed["silhouette"].iloc[0] > 0.5
    assert (
        formed["clean_name"].iloc[0] == "pink lunch bag dolly"
        or "lunch bag" in (formed["clean_name"].iloc[0])
    )


def test_row_order_changes_nothing():
    products = catalogue()
    pd.testing.assert_frame_equal(
        form(products), form(products.sample(frac=1, random_state=5).reset_index(drop=True))
    )


def test_colours_codes_and_spaces_do_not_make_a_category():
    formed = form(catalogue())
    assert not formed["category"].str.contains("red|blue|pink|[0-9]").any()


def test_names_without_words_that_count_are_other():
    odd = pd.DataFrame({"product_id": ["x1", "x2", "x3"], "product_name": ["?", None, "12 99"]})
    formed = form(pd.concat([catalogue(), odd])).set_index("product_id")
    assert (formed.loc[["x1", "x2", "x3"], "category"] == NO_WORDS).all()


@pytest.mark.parametrize(
    "products",
    [
        catalogue().head(0),
        catalogue().head(4),
        pd.DataFrame({"product_id": ["a", "b"], "product_name": [None, None]}),
        pd.DataFrame({"product_id": [], "product_name": []}),
    ],
    ids=["none", "four", "no names", "untyped"],
)
def test_too_few_names_give_a_typed_empty_frame(products):
    formed = form(products)
    assert formed.empty
    described = {row[0]: row[1] for row in duckdb.sql("describe from formed").fetchall()}
    assert list(described) == list(CATEGORY_TYPES)
    assert described["category"] == "VARCHAR"
    assert described["silhouette"] == "DOUBLE"


def test_the_number_of_categories_is_the_one_with_the_best_silhouette():
    products = catalogue()
    alone = {number: form(products, numbers=[number]) for number in (2, 3, 4)}
    silhouettes = {number: one["silhouette"].iloc[0] for number, one in alone.items()}
    chosen = form(products)
    assert chosen["silhouette"].iloc[0] == pytest.approx(max(silhouettes.values()))
    assert np.isfinite(list(silhouettes.values())).all()


def test_a_key_that_occurs_twice_is_named():
    products = pd.concat([catalogue(), catalogue().head(1)])
    with pytest.raises(ValueError, match="lu00 more than once"):
        form(products)
