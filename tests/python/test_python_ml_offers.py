"""Methods of recommendation: against plain references, on planted tastes, and on odd shops."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.metrics import pairwise

from python_ml.recommendations import (
    Ease,
    Frequency,
    NeighbourFrequency,
    Popularity,
    SimilarCustomers,
    SimilarProducts,
    compare,
    measure,
    read_purchases,
)
from python_ml.recommendations.comparison import REGIMES, Later, find_top

METHODS = {
    "popularity": Popularity(),
    "cosine": SimilarProducts(),
    "BM25": SimilarProducts(by="BM25"),
    "customers": SimilarCustomers(neighbours=20),
    "EASE": Ease(regularisation=20),
    "frequency": Frequency(),
    "neighbour frequency": NeighbourFrequency(neighbours=20),
}


def draw_purchases(seed: int, *, customers: int = 300, products: int = 40, rows: int = 4_000):
    """Purchases of customers of four tastes, each of products of its own; some are of all."""
    generator = np.random.default_rng(seed)
    customer = generator.integers(customers, size=rows)
    liked = generator.integers(products // 4, size=rows) * 4 + customer % 4
    any_product = generator.integers(products, size=rows)
    return pd.DataFrame(
        {
            "customer_id": [f"C{one:03d}" for one in customer],
            "product_id": [
                f"P{one:03d}" for one in np.where(generator.random(rows) < 0.7, liked, any_product)
            ],
            "days_ago": generator.integers(0, 365, size=rows),
        }
    )


def split(frame: pd.DataFrame, *, until: int = 60) -> tuple:
    """Purchases up to so many days ago, and what came after."""
    customers, products = (pd.Index(frame[key]).unique() for key in ("customer_id", "product_id"))
    told = {"customers": customers, "products": products}
    past = frame[frame["days_ago"] >= until]
    known = read_purchases(past.assign(days_ago=past["days_ago"] - until), **told)
    later = read_purchases(frame[frame["days_ago"] < until], **told).bought()
    latest = known.latest(half_life_days=30)
    withheld = sparse.csr_array(latest > 0.5)
    return known, Later(later, np.ones(len(products), dtype=bool), withheld)


def test_purchases_are_counted_as_a_plain_loop_counts_them():
    frame = draw_purchases(1)
    read = read_purchases(frame)
    latest, summed = (one(half_life_days=50).toarray() for one in (read.latest, read.summed))
    for (customer, product), rows in frame.groupby(["customer_id", "product_id"]):
        place = np.searchsorted(read.customers, customer), np.searchsorted(read.products, product)
        weights = 0.5 ** (rows["days_ago"].to_numpy() / 50)
        assert latest[place] == pytest.approx(weights.max(), abs=1e-12)
        assert summed[place] == pytest.approx(weights.sum(), abs=1e-12)
    assert (latest > 0).sum() == frame[["customer_id", "product_id"]].drop_duplicates().shape[0]
    assert (read.bought().toarray() == (latest > 0)).all()


@pytest.mark.parametrize("half_life_days", [None, 90.0])
def test_ease_is_its_formula(half_life_days):
    """Steck (2019), equation 8, with NumPy's inverse."""
    read = read_purchases(draw_purchases(2))
    x = read.latest(half_life_days=half_life_days).toarray()
    inverse = np.linalg.inv(x.T @ x + 30 * np.eye(x.shape[1]))
    weights = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0)
    scores = Ease(30, half_life_days).fit(read).score(np.arange(len(x)))
    np.testing.assert_allclose(scores, x @ weights, atol=1e-9, rtol=0)
    # Of fewer products it is the same formula of the most bought.
    fewer = Ease(30, half_life_days, max_products=10).fit(read).score(np.arange(len(x)))
    most = np.sort(np.argsort(-(x > 0).sum(axis=0), kind="stable")[:10])
    inverse = np.linalg.inv(x[:, most].T @ x[:, most] + 30 * np.eye(10))
    weights = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0)
    is_known = (x[:, most] > 0).any(axis=1)
    np.testing.assert_allclose(
        fewer[np.ix_(is_known, most)], x[np.ix_(is_known, most)] @ weights, atol=1e-9, rtol=0
    )
    assert np.isneginf(np.delete(fewer, most, axis=1)).all()


def test_similarities_of_products_are_those_of_scikit_learn():
    read = read_purchases(draw_purchases(3))
    bought = read.bought().toarray()
    similar = pairwise.cosine_similarity(bought.T)
    np.fill_diagonal(similar, 0)
    rows = np.arange(len(bought))
    scores = SimilarProducts(shrinkage=0).fit(read).score(rows)
    np.testing.assert_allclose(np.maximum(scores, 0), bought @ similar, atol=1e-9)
    both = bought.T @ bought
    scores = SimilarProducts(shrinkage=7).fit(read).score(rows)
    np.testing.assert_allclose(
        np.maximum(scores, 0), bought @ (similar * both / (both + 7)), atol=1e-9
    )


def test_neighbours_are_those_of_a_plain_loop():
    read = read_purchases(draw_purchases(4, customers=60, rows=900))
    summed = read.summed(half_life_days=180).toarray()
    unit = summed / np.linalg.norm(summed, axis=1)[:, None]
    alike = unit @ unit.T
    np.fill_diagonal(alike, 0)
    scores = NeighbourFrequency(180, neighbours=5, share=0.4).fit(read).score(np.arange(60))
    for row in range(60):
        nearest = np.argsort(-alike[row])[:5]
        others = np.average(unit[nearest], axis=0, weights=alike[row, nearest])
        expected = 0.6 * unit[row] + 0.4 * others
        np.testing.assert_allclose(np.maximum(scores[row], 0), expected, atol=1e-9)


@pytest.mark.parametrize("method", [SimilarCustomers, NeighbourFrequency])
def test_neighbours_among_a_sample_are_of_the_sample(method):
    read = read_purchases(draw_purchases(4, customers=60, rows=900))
    rows = np.arange(60)
    everyone = method(neighbours=5).fit(read).score(rows)
    np.testing.assert_array_equal(method(neighbours=5, asked=60).fit(read).score(rows), everyone)
    scorer = method(neighbours=5, asked=20).fit(read)
    asked = scorer.neighbourhood.asked
    assert len(asked) == 20
    assert (np.diff(asked) > 0).all()
    some = scorer.score(rows)
    assert not np.array_equal(some, everyone)
    # Scored in parts it is the same, and nobody is a neighbour of their own.
    np.testing.assert_array_equal(
        np.vstack([scorer.score(rows[:7]), scorer.score(rows[7:])]), some
    )
    assert (
        scorer.neighbourhood.find_alike(asked).toarray()[np.arange(20), np.arange(20)] == 0
    ).all()


def test_the_top_is_that_of_a_stable_sort():
    generator = np.random.default_rng(5)
    for k in (1, 3, 8, 12):
        scores = generator.integers(0, 4, size=(200, 8)).astype(float)
        scores[generator.random(scores.shape) < 0.2] = -np.inf
        found = find_top(scores, k)
        for row, top in zip(scores, found, strict=True):
            order = [one for one in np.argsort(-row, kind="stable")[:k] if row[one] > -np.inf]
            assert top.tolist() == order + [-1] * (k - len(order))


@pytest.mark.parametrize("regime", REGIMES)
def test_measures_are_those_of_a_plain_loop(regime):
    purchases, later = split(draw_purchases(6))
    scorer = Ease(20).fit(purchases)
    tested = measure(scorer, purchases, later, regime=regime, k=5)
    held = {"lists": later.withheld, "new": purchases.bought(), "all": None}[regime]
    rows = []
    for row in range(purchases.shape[0]):
        could_be = np.ones(purchases.shape[1], dtype=bool)
        if held is not None:
            could_be &= ~(held[[row]].toarray().reshape(-1) > 0)
        wanted = set(np.flatnonzero((later.bought[[row]].toarray().reshape(-1) > 0) & could_be))
        if not wanted:
            continue
        scores = np.where(could_be, scorer.score(np.array([row]))[0], -np.inf)
        top = [one for one in np.argsort(-scores, kind="stable")[:5] if scores[one] > -np.inf]
        hits, precision = 0, 0.0
        for place, one in enumerate(top, start=1):
            if one in wanted:
                hits += 1
                precision += hits / place
        rows.append((row, len(wanted), hits, precision / min(5, len(wanted))))
    expected = pd.DataFrame(rows, columns=["row", "wanted", "hits", "average_precision"])
    assert tested.rows.tolist() == expected["row"].tolist()
    assert tested.wanted.tolist() == expected["wanted"].tolist()
    assert tested.is_hit.sum(axis=1).tolist() == expected["hits"].tolist()
    np.testing.assert_allclose(tested.average_precision, expected["average_precision"])


def test_tastes_are_found_and_none_where_there_is_none():
    frame = draw_purchases(7, rows=8_000)
    purchases, later = split(frame)
    found = compare(METHODS, purchases, later, regime="all").set_index("method")
    ahead = found.drop(index="popularity")
    assert (ahead["gain"] > 5 * ahead["gain_se"]).all()
    assert found.loc["popularity", "gain"] == 0
    # Each purchase moved to another customer: nothing is left but what is popular.
    shuffled = frame.assign(
        customer_id=np.random.default_rng(8).permutation(frame["customer_id"].to_numpy())
    )
    none = compare(METHODS, *split(shuffled), regime="new").set_index("method")
    assert (none["gain"] < 3 * none["gain_se"].fillna(0) + 1e-12).all()


def test_neither_the_order_of_rows_nor_a_second_run_changes_a_figure():
    frame = draw_purchases(9)
    one = compare(METHODS, *split(frame), regime="lists")
    for again in (frame, frame.sample(frac=1, random_state=1)):
        pd.testing.assert_frame_equal(compare(METHODS, *split(again), regime="lists"), one)


def make_shop(kind: str) -> pd.DataFrame:
    frame = draw_purchases(10, customers=30, products=8, rows=300)
    if kind == "one product":
        return frame.assign(product_id="P")
    if kind == "everybody buys all":
        pairs = (
            frame[["customer_id"]]
            .drop_duplicates()
            .merge(frame[["product_id"]].drop_duplicates(), how="cross")
        )
        return pd.concat([pairs.assign(days_ago=days) for days in (10, 200)])
    if kind == "no repeats":
        return frame.drop_duplicates(["customer_id", "product_id"])
    return frame.head(0)


@pytest.mark.parametrize("kind", ["one product", "everybody buys all", "no repeats", "nobody"])
@pytest.mark.parametrize("regime", REGIMES)
def test_odd_shops_have_figures_or_none(kind, regime):
    told = compare(METHODS, *split(make_shop(kind)), regime=regime, k=5)
    assert told["method"].tolist() == list(METHODS)
    shares = told[["hit_rate", "precision", "recall", "mean_average_precision", "coverage"]]
    assert shares.stack().dropna().between(0, 1).all()
    if kind == "nobody" or (kind != "no repeats" and regime == "new"):
        assert (told["customers"] == 0).all()
        assert shares.isna().all(axis=None)


def test_what_cannot_be_is_named():
    purchases, later = split(draw_purchases(11))
    with pytest.raises(ValueError, match="the regime is one of lists, new, all, not some"):
        measure(Popularity().fit(purchases), purchases, later, regime="some")
    with pytest.raises(ValueError, match="the baseline best is none of popularity"):
        compare({"popularity": Popularity()}, purchases, later, regime="all", baseline="best")
    with pytest.raises(ValueError, match="regularisation is above 0, not 0"):
        Ease(regularisation=0).fit(purchases)
    with pytest.raises(ValueError, match="by is cosine or BM25, not dice"):
        SimilarProducts(by="dice").fit(purchases)
    with pytest.raises(ValueError, match="days_ago is missing or below 0"):
        read_purchases(draw_purchases(1).assign(days_ago=-1))
