"""Methods of recommendation: against plain references, on planted tastes, and on odd shops."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.metrics import pairwise

from python_ml.recommendations import (
    SETTINGS,
    Ease,
    Frequency,
    NeighbourFrequency,
    Popularity,
    Rule,
    Rules,
    SimilarCustomers,
    SimilarProducts,
    choose_settings,
    compare,
    find_offers,
    make_method,
    measure,
    read_days,
    read_purchases,
    try_methods,
)
from python_ml.recommendations.comparison import REGIMES, Later
from python_ml.recommendations.offers import find_top

METHODS = {
    "popularity": [Popularity()],
    "cosine": [SimilarProducts()],
    "BM25": [SimilarProducts(by="BM25")],
    "customers": [SimilarCustomers(neighbours=20)],
    "EASE": [Ease(regularisation=20)],
    "frequency": [Frequency()],
    "neighbour frequency": [NeighbourFrequency(neighbours=20)],
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
    customers, products = (
        pd.Index(frame[key]).unique().sort_values() for key in ("customer_id", "product_id")
    )
    told = {"customers": customers, "products": products}
    past = frame[frame["days_ago"] >= until]
    known = read_purchases(past.assign(days_ago=past["days_ago"] - until), **told)
    later = read_purchases(frame[frame["days_ago"] < until], **told).bought()
    return known, Later(later, np.ones(len(products), dtype=bool), np.full(len(products), 30.0))


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
    scores = Ease(30, half_life_days).fit(read).score(read)
    np.testing.assert_allclose(scores, x @ weights, atol=1e-9, rtol=0)
    # Of fewer products it is the same formula of the most bought.
    fewer = Ease(30, half_life_days, max_products=10).fit(read).score(read)
    most = np.sort(np.argsort(-(x > 0).sum(axis=0), kind="stable")[:10])
    inverse = np.linalg.inv(x[:, most].T @ x[:, most] + 30 * np.eye(10))
    weights = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0)
    is_known = (x[:, most] > 0).any(axis=1)
    np.testing.assert_allclose(
        fewer[np.ix_(is_known, most)], x[np.ix_(is_known, most)] @ weights, atol=1e-9, rtol=0
    )
    # The rare ones: the mean of which share of a product's customers bought them, shrunk.
    rare = np.setdiff1d(np.arange(x.shape[1]), most)
    shares = x.T @ x / ((x**2).sum(axis=0)[:, None] + 30)
    np.fill_diagonal(shares, 0)
    for column in range(x.shape[1]):
        shares[shares[:, column] < np.sort(shares[:, column])[-30], column] = 0
    expected = x @ shares[:, rare] / x.sum(axis=1)[:, None]
    np.testing.assert_allclose(np.maximum(fewer[:, rare], 0), expected, atol=1e-9, rtol=0)


def test_long_histories_weigh_less_where_that_is_asked():
    read = read_purchases(draw_purchases(2))
    x = read.bought().toarray()
    weighed = x / np.sqrt(x.sum(axis=1))[:, None]
    inverse = np.linalg.inv(weighed.T @ weighed + 5 * np.eye(x.shape[1]))
    weights = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0)
    scores = Ease(5, length_power=1.0).fit(read).score(read)
    np.testing.assert_allclose(scores, x @ weights, atol=1e-9, rtol=0)


def test_similarities_of_products_are_those_of_scikit_learn():
    read = read_purchases(draw_purchases(3))
    bought = read.bought().toarray()
    similar = pairwise.cosine_similarity(bought.T)
    np.fill_diagonal(similar, 0)
    scores = SimilarProducts(shrinkage=0).fit(read).score(read)
    np.testing.assert_allclose(np.maximum(scores, 0), bought @ similar, atol=1e-9)
    both = bought.T @ bought
    scores = SimilarProducts(shrinkage=7).fit(read).score(read)
    np.testing.assert_allclose(
        np.maximum(scores, 0), bought @ (similar * both / (both + 7)), atol=1e-9
    )


def test_neighbours_are_those_of_a_plain_loop():
    read = read_purchases(draw_purchases(4, customers=60, rows=900))
    summed = read.summed(half_life_days=180).toarray()
    unit = summed / np.linalg.norm(summed, axis=1)[:, None]
    alike = unit @ unit.T
    np.fill_diagonal(alike, 0)
    scores = NeighbourFrequency(180, neighbours=5, share=0.4).fit(read).score(read)
    for row in range(60):
        nearest = np.argsort(-alike[row])[:5]
        others = np.average(unit[nearest], axis=0, weights=alike[row, nearest])
        expected = 0.6 * unit[row] + 0.4 * others
        np.testing.assert_allclose(np.maximum(scores[row], 0), expected, atol=1e-9)


@pytest.mark.parametrize("method", [SimilarCustomers, NeighbourFrequency])
def test_neighbours_among_a_sample_are_of_the_sample(method):
    read = read_purchases(draw_purchases(4, customers=60, rows=900))
    everyone = method(neighbours=5).fit(read).score(read)
    np.testing.assert_array_equal(method(neighbours=5, asked=60).fit(read).score(read), everyone)
    scorer = method(neighbours=5, asked=20).fit(read)
    asked = scorer.neighbourhood
    assert len(asked.keys) == 20
    assert set(asked.keys) < set(read.customers)
    some = scorer.score(read)
    assert not np.array_equal(some, everyone)
    # Scored in parts it is the same, and nobody is a neighbour of their own.
    parts = [read.take(np.arange(7)), read.take(np.arange(7, 60))]
    np.testing.assert_array_equal(np.vstack([scorer.score(part) for part in parts]), some)
    alike = asked.find_alike(asked.asked, asked.keys)
    assert (np.diag(alike) == 0).all()
    assert (alike.sum(axis=1) > 0).all()


def test_the_top_is_that_of_a_stable_sort():
    generator = np.random.default_rng(5)
    for k, products in ((1, 8), (3, 8), (8, 8), (12, 8), (3, 700), (20, 700)):
        scores = generator.integers(-1, 4, size=(200, products)).astype(float)
        found, values = find_top(scores, k)
        for row, top, value in zip(scores, found, values, strict=True):
            order = [one for one in np.argsort(-row, kind="stable")[:k] if row[one] > 0]
            assert top.tolist() == order + [-1] * (k - len(order))
            assert value[: len(order)].tolist() == row[order].tolist()
            assert np.isnan(value[len(order) :]).all()


@pytest.mark.parametrize("regime", REGIMES)
def test_measures_are_those_of_a_plain_loop(regime):
    purchases, later = split(draw_purchases(6))
    scorer = Ease(20).fit(purchases)
    tested = measure([scorer], purchases, later, regime=regime, k=5)
    last = -np.log2(np.maximum(purchases.latest(half_life_days=1.0).toarray(), 1e-300))
    bought = purchases.bought().toarray() > 0
    held = {"lists": bought & (last.round(6) < 30), "new": bought, "all": ~bought & bought}[regime]
    all_scores = scorer.score(purchases)
    rows = []
    for row in range(purchases.shape[0]):
        could_be = ~held[row]
        wanted = set(np.flatnonzero((later.bought[[row]].toarray().reshape(-1) > 0) & could_be))
        if not wanted:
            continue
        scores = np.where(could_be, all_scores[row].round(9), 0)
        top = [one for one in np.argsort(-scores, kind="stable")[:5] if scores[one] > 0]
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
        measure([Popularity().fit(purchases)], purchases, later, regime="some")
    with pytest.raises(ValueError, match="the baseline best is none of popularity"):
        compare({"popularity": [Popularity()]}, purchases, later, regime="all", baseline="best")
    with pytest.raises(ValueError, match="regularisation is above 0, not 0"):
        Ease(regularisation=0).fit(purchases)
    with pytest.raises(ValueError, match="by is cosine or BM25, not dice"):
        SimilarProducts(by="dice").fit(purchases)
    with pytest.raises(ValueError, match="days_ago is missing or below 0"):
        read_purchases(draw_purchases(1).assign(days_ago=-1))


def test_each_method_fills_up_what_those_before_it_leave():
    purchases, _ = split(draw_purchases(12))
    turns = [Frequency().fit(purchases), Popularity().fit(purchases)]
    held = sparse.random_array(purchases.shape, density=0.4, rng=13, format="csr")
    is_offered = np.arange(40) % 5 > 0
    offers, scores, turn = find_offers(turns, purchases, is_offered=is_offered, held=held, k=12)
    could_be = is_offered & ~(held.toarray() > 0)
    own, popular = (could_be * one.score(purchases).round(9) for one in turns)
    for row in range(purchases.shape[0]):
        first = [one for one in np.argsort(-own[row], kind="stable") if own[row, one] > 0]
        behind = [
            one
            for one in np.argsort(-popular[row], kind="stable")
            if popular[row, one] > 0 and one not in first
        ]
        expected = [*first, *behind][:12]
        assert offers[row][: len(expected)].tolist() == expected
        assert (offers[row][len(expected) :] == -1).all()
        assert turn[row][: len(first)].tolist() == [0] * min(len(first), 12)
        assert (turn[row][len(first) : len(expected)] == 1).all()
        values = [*own[row, first], *popular[row, behind]][:12]
        assert scores[row][: len(expected)].tolist() == values


def test_rules_are_taken_as_if_they_were_independent():
    frame = pd.DataFrame(
        [("C1", "A"), ("C1", "B"), ("C2", "A"), ("C3", "X")], columns=["customer_id", "product_id"]
    ).assign(days_ago=0)
    read = read_purchases(frame, products=pd.Index(["A", "B", "X", "Y"]))
    rules = [
        Rule(["A"], "X", 0.5),
        Rule(["A", "B"], "X", 0.4),
        Rule(["A"], "Y", 1.0),
        Rule(["Z"], "X", 1.0),
        Rule(["X"], "Q", 1.0),
    ]
    scores = Rules(rules).fit(read).score(read)
    assert scores[0].tolist() == pytest.approx([0, 0, 0.7, 0.999999])
    assert scores[1].tolist() == pytest.approx([0, 0, 0.5, 0.999999])
    assert (scores[2] == 0).all()
    assert (Rules([]).fit(read).score(read) == 0).all()


def test_segments_buy_what_their_customers_buy():
    frame = pd.DataFrame(
        [("C1", "A"), ("C2", "A"), ("C2", "B"), ("C3", "B"), ("C4", "A")],
        columns=["customer_id", "product_id"],
    ).assign(days_ago=0)
    read = read_purchases(frame)
    segments = pd.Series({"C1": "loyal", "C2": "loyal", "C3": "new", "C9": "lost"})
    scores = Popularity(segments=segments).fit(read).score(read)
    assert scores.tolist() == [[1, 0.5], [1, 0.5], [0, 1], [1, 0]]
    # Who is not known is of those without a segment.
    stranger = read_purchases(
        frame.head(1).assign(customer_id="C7"), products=pd.Index(["A", "B"])
    )
    assert Popularity(segments=segments).fit(read).score(stranger).tolist() == [[1, 0]]


def test_some_customers_are_the_same_as_of_all():
    read = read_purchases(draw_purchases(14))
    rows = np.array([0, 3, 4, 120, 299])
    some = read.take(rows)
    for whole, part in (
        (read.bought(), some.bought()),
        (read.summed(half_life_days=30), some.summed(half_life_days=30)),
        (read.withheld(np.full(40, 90.0)), some.withheld(np.full(40, 90.0))),
    ):
        np.testing.assert_array_equal(whole[rows].toarray(), part.toarray())
    none = read.take(np.zeros(0, dtype=int))
    assert none.bought().shape == (0, 40)
    assert none.take(np.zeros(0, dtype=int)).last().shape == (0,)


def test_whole_days_count_once():
    frame = draw_purchases(15, customers=50, rows=3_000)
    once = read_purchases(frame.drop_duplicates())
    read = read_days(
        *(pd.factorize(frame[key], sort=True)[0] for key in ("customer_id", "product_id")),
        frame["days_ago"].to_numpy(),
        customers=once.customers,
        products=once.products,
    )
    assert len(frame) > len(once.days_ago)
    np.testing.assert_array_equal(read.days_ago, once.days_ago)
    np.testing.assert_array_equal(read.starts, once.starts)
    np.testing.assert_array_equal(read.product, once.product)


def test_settings_are_chosen_on_what_came_after_and_told_as_tried():
    purchases, later = split(draw_purchases(16, rows=8_000))
    segments = pd.Series("one", index=purchases.customers)
    choices = choose_settings(purchases, purchases, later, segments=segments)
    assert len(choices) == 30
    for row in choices.query("regime == 'new'").itertuples():
        precisions = [
            measure(
                [one.fit(purchases) for one in make_method(row.method, told, segments=segments)],
                purchases,
                later,
                regime="new",
            ).average_precision.mean()
            for told in map(json.dumps, SETTINGS[row.method])
        ]
        assert row.mean_average_precision == max(precisions)
        assert row.settings == json.dumps(SETTINGS[row.method][int(np.argmax(precisions))])
    tried = try_methods(choices, purchases, purchases, later, segments=segments)
    first = tried[tried["place"] <= 5]
    hits = first.groupby(["regime", "method"])["is_hit"].sum()
    found = measure(
        [one.fit(purchases) for one in make_method("popularity", "{}")],
        purchases,
        later,
        regime="all",
    )
    assert hits["all", "popularity"] == found.is_hit.sum()
    with pytest.raises(ValueError, match="a method is one of popularity, segment"):
        make_method("guess", "{}")


def test_nothing_is_ahead_of_popularity_where_purchases_are_dealt_at_random():
    """In eight shuffled shops: no method by three standard errors on what is new."""
    for seed in range(8):
        frame = draw_purchases(100 + seed, rows=6_000)
        order = np.random.default_rng(seed).permutation(len(frame))
        frame = frame.assign(product_id=frame["product_id"].to_numpy()[order])
        told = compare(METHODS, *split(frame), regime="new").set_index("method")
        assert not (told["gain"] > 2.95 * told["gain_se"]).any(), told
