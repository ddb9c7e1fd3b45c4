from python_ml.baskets import find_frequent_itemsets


def model(dbt, session):
    """One row per frequent itemset of the baskets that are mined."""
    items = dbt.ref("basket_items")
    thresholds = dbt.ref("basket_thresholds")
    meta = dbt.config.get("meta")
    min_support, baskets = thresholds.project("min_support, baskets").fetchall()[0]
    return find_frequent_itemsets(
        items.filter("is_mined").order("basket_id, item").df(),
        n_baskets=baskets,
        min_support=min_support,
        **meta,
    )
