"""Categories formed from what products are called, where a dataset has none.

References
----------
Salton, Buckley (1988), Term-weighting approaches in automatic text retrieval, Inf. Process. Manag.
24: TF-IDF. Deerwester et al. (1990), Indexing by latent semantic analysis, JASIS 41.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.metrics import silhouette_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from threadpoolctl import threadpool_limits

from python_ml.frames import check_columns, sort_by_key, to_typed

TOKENS = r"[^\W\d_]{3,}"
"""A word is three letters or more: codes, sizes and counts say nothing about a category."""

LOOKS = (
    *("red", "blue", "green", "pink", "white", "black", "ivory", "silver", "gold", "purple"),
    *("orange", "yellow", "brown", "grey", "cream", "turquoise", "assorted", "colour", "color"),
    *("set", "sets", "pack", "large", "small", "mini", "medium", "jumbo", "tiny", "design"),
)
"""Words of colour, size and count: they tell variants of a thing, not what it is."""

NO_WORDS = "other"
"""Category of products whose name shares no word with others."""

CATEGORY_TYPES = {
    "product_id": "str",
    "category": "str",
    "clean_name": "str",
    "categories": "int64",
    "silhouette": "float64",
}


@threadpool_limits.wrap(limits=1)
def form_categories(
    products: pd.DataFrame,
    *,
    numbers: Sequence[int] = (10, 15, 20, 25, 30, 40),
    min_products: int = 5,
    dimensions: int = 50,
    sample_size: int = 2_000,
    seed: int = 42,
) -> pd.DataFrame:
    """Group products by the words of their names.

    Names become TF-IDF weights of their words, reduced to `dimensions` (latent semantic analysis)
    and scaled to length one, so that k-means compares directions. Of the `numbers` of groups the
    one with the highest silhouette is taken. A group is named by the words that weigh most in it.

    Parameters
    ----------
    products : one row per product: `product_id` and `product_name` (text, may be missing).
    numbers : numbers of groups to choose from; those over a third of the products are passed over.
    min_products : products that must share a word for it to count; and three times as many that
        must have one for groups to be formed at all.
    sample_size : products on which the silhouette is taken, drawn without replacement.

    Returns
    -------
    One row per product, by key: `category` ("other" where the name has no word that counts), the
    `clean_name` it was formed from (lower case, words alone), the number of `categories` formed
    and their `silhouette` in [-1, 1]. No rows where there are too few names to form groups from.

    Raises
    ------
    ValueError : a column is missing, or a key is missing or occurs twice.
    """
    check_columns(products, columns=["product_id", "product_name"], name="products")
    products = sort_by_key(products, key="product_id", name="products")
    clean = products["product_name"].astype("str").fillna("").str.lower()
    clean = clean.str.findall(TOKENS).str.join(" ")
    vectorizer = TfidfVectorizer(
        token_pattern=TOKENS,
        stop_words=sorted(ENGLISH_STOP_WORDS.union(LOOKS)),
        min_df=min_products,
        sublinear_tf=True,
    )
    try:
        weights = vectorizer.fit_transform(clean)
    except ValueError:
        # No word occurs in so many names.
        return to_typed([], types=CATEGORY_TYPES)
    has_words = np.asarray(weights.sum(axis=1)).reshape(-1) > 0
    numbers = [number for number in numbers if 3 * number <= has_words.sum()]
    if not numbers or weights.shape[1] < 3:
        return to_typed([], types=CATEGORY_TYPES)

    places = _place_names(weights[has_words], dimensions=dimensions, seed=seed)
    draw = np.random.default_rng(seed).permutation(len(places))[:sample_size]
    best, chosen = -np.inf, np.zeros(len(places), dtype=int)
    for number in numbers:
        labels = KMeans(number, n_init=3, random_state=seed).fit_predict(places)
        if len(np.unique(labels[draw])) < 2:
            continue
        silhouette = silhouette_score(places[draw], labels[draw])
        if silhouette > best:
            best, chosen = silhouette, labels
    words = vectorizer.get_feature_names_out()
    names = _name_groups(weights[has_words], labels=chosen, words=words)
    category = np.full(len(products), NO_WORDS, dtype=object)
    category[has_words] = [names[label] for label in chosen]
    return to_typed(
        products.assign(
            category=category,
            clean_name=clean,
            categories=len(names),
            silhouette=best if np.isfinite(best) else np.nan,
        ),
        types=CATEGORY_TYPES,
    )


def _place_names(weights, *, dimensions: int, seed: int) -> np.ndarray:
    dimensions = min(dimensions, weights.shape[1] - 1, weights.shape[0] - 1)
    reduce = TruncatedSVD(dimensions, random_state=seed)
    return make_pipeline(reduce, Normalizer(copy=False)).fit_transform(weights)


def _name_groups(weights, *, labels: np.ndarray, words: np.ndarray) -> dict[int, str]:
    """Call each group by its two heaviest words, by more where two would be called alike."""
    ranked = {}
    for label in np.unique(labels):
        weight = np.asarray(weights[labels == label].mean(axis=0)).reshape(-1)
        order = np.lexsort((words, -weight))
        ranked[label] = [words[place] for place in order if weight[place] > 0]
    names = {label: ", ".join(own[:2]) for label, own in ranked.items()}
    for count in range(3, 10):
        taken = pd.Series(names)
        for label in taken.index[taken.duplicated(keep=False)]:
            names[label] = ", ".join(ranked[label][:count])
    taken = pd.Series(names).sort_index()
    for label in taken.index[taken.duplicated()]:
        names[label] = f"{names[label]} ({label})"
    return names
